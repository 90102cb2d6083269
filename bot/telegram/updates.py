"""Reads what Telegram sends: one raw update becomes one thing to do, or nothing.

Nothing here keeps more than is needed to answer: of a picture or a voice message only that there was one, of a
location only a point of about 1 km.
"""

import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from telegram import CallbackQuery, Chat, Message, Update

# What we ask Telegram to send; everything else stays with it.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
COMMAND = re.compile(r"/([a-z_]{1,32})(?:@\w+)?(?:\s|\Z)", re.IGNORECASE)
# What a link to the bot may carry behind "/start", by the rules of Telegram: nobody has typed it.
LINKED = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Two decimals are about a kilometre: enough to know what is near, too little to know who it is.
PLACE_DECIMALS = 2

# Telegram's name of a kind of message, and what people call it. The first that is there counts.
MEDIA = {
    "sticker": "stickers",
    "photo": "pictures",
    "voice": "voice messages",
    "audio": "sound files",
    "video_note": "video messages",
    "video": "videos",
    "animation": "moving pictures",
    "document": "files",
    "contact": "contact cards",
    "poll": "polls",
    "dice": "dice",
    "story": "stories",
    "game": "games",
    "paid_media": "paid pictures",
    "live_photo": "moving pictures",
    "checklist": "checklists",
    "gift": "gifts",
    "unique_gift": "gifts",
    "invoice": "invoices",
    "giveaway": "giveaways",
    "giveaway_winners": "giveaways",
    "passport_data": "documents",
    # What Telegram has invented since, and the library does not know.
    "api_kwargs": "something new",
}

Kind = Literal["text", "command", "button", "location", "media", "blocked", "group"]


@dataclass(frozen=True)
class Incoming:
    """One thing that a resident did. `message` names it within the chat: the same name is the same thing.

    Two edits in one second have the same name: `edited` says that the words belong to it too.

    `text` holds the words, the name of the command, the short id of the button, or what kind of media it was;
    with media, and behind a command, the words are in `caption`. `lat` and `lon` are degrees, rounded. `callback` is
    what Telegram wants back for a pressed button, and `button_message` the message that the button is under.
    """

    update_id: int
    chat_id: int
    message: str
    kind: Kind
    text: str = ""
    caption: str = ""
    lat: float = 0.0
    lon: float = 0.0
    callback: str = ""
    button_message: int = 0
    edited: bool = False

    def as_body(self) -> dict[str, Any]:
        """Return what has to be kept until this is handled: not the chat id, which has a place of its own."""
        return {name: value for name, value in asdict(self).items() if name != "chat_id" and value}


def read_body(body: dict[str, Any]) -> Incoming:
    """Return what `Incoming.as_body` wrote, without the chat id."""
    return Incoming(chat_id=0, **body)


def read_update(raw: Any) -> Incoming | None:
    """Return what the update means, or None if there is nothing to do.

    Raises ValueError if it does not have the shape of an update.
    """
    try:
        update = Update.de_json(raw, None)
        return _read(update)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError) as failure:
        # The message of the failure may quote the update, so it is not passed on.
        raise ValueError("not an update of Telegram") from failure


def _read(update: Update) -> Incoming | None:
    chat = update.effective_chat
    if chat is None:
        return None
    if not all(isinstance(number, int) for number in (update.update_id, chat.id)):
        raise ValueError("not a number")
    number = update.update_id
    if member := update.my_chat_member:
        if chat.type == Chat.PRIVATE:
            blocked = member.new_chat_member.status == "kicked"
            return Incoming(number, chat.id, "blocked", "blocked") if blocked else None
        inside = member.new_chat_member.status not in ("left", "kicked")
        return Incoming(number, chat.id, "group", "group") if inside else None
    if chat.type != Chat.PRIVATE:
        return Incoming(number, chat.id, "group", "group")
    if update.callback_query:
        return _read_button(number, chat.id, update.callback_query)
    if message := update.message or update.edited_message:
        return _read_message(number, chat.id, message, edited=update.message is None)
    return None


def _read_button(number: int, chat_id: int, query: CallbackQuery) -> Incoming:
    under = query.message.message_id if query.message else 0
    return Incoming(
        number,
        chat_id,
        f"callback {query.id}",
        "button",
        text=query.data or "",
        callback=query.id,
        button_message=under,
    )


def _read_message(number: int, chat_id: int, message: Message, *, edited: bool) -> Incoming | None:
    if message.from_user and message.from_user.is_bot:
        return None
    name = f"message {message.message_id}"
    if edited:
        # Each edit is new words to answer, once.
        name += f" edited {message.edit_date.timestamp() if message.edit_date else number}"
    if message.location:
        # A live location comes as an endless row of edits; one place is enough.
        return None if edited else _read_location(number, chat_id, name, message)
    if message.text is not None:
        command = None if edited else COMMAND.match(message.text)
        if command:
            rest = message.text[command.end() :].strip()
            if command[1].lower() == "start" and LINKED.fullmatch(rest):
                rest = ""
            return Incoming(number, chat_id, name, "command", text=command[1].lower(), caption=rest)
        return Incoming(number, chat_id, name, "text", text=message.text, edited=edited)
    kind = next((kind for kind in MEDIA if getattr(message, kind, None)), None)
    if kind is None:
        return None
    if message.media_group_id and not message.caption:
        # An album is several messages, and one line about it is enough.
        name, edited = f"album {message.media_group_id}", False
    return Incoming(number, chat_id, name, "media", text=kind, caption=message.caption or "", edited=edited)


def _read_location(number: int, chat_id: int, name: str, message: Message) -> Incoming | None:
    if message.location is None:
        return None
    lat = round(float(message.location.latitude), PLACE_DECIMALS)
    lon = round(float(message.location.longitude), PLACE_DECIMALS)
    return Incoming(number, chat_id, name, "location", lat=lat, lon=lon)
