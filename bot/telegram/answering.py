"""From one thing a resident did in Telegram to the messages that answer it: the shared conversation, in this door."""

from dataclasses import dataclass

import structlog

from bot.conversations import Conversation
from bot.errors import DirectoryFailed, EmptyMessage, MessageTooLong, RasaFailed
from bot.forgetting import forget_conversation
from bot.handover import HAND_OVER, HAND_OVER_AGAIN, carries_anything, offer_code
from bot.messages import Button, Message
from bot.sayings import TRY_AGAIN, welcome
from bot.telegram import words
from bot.telegram.updates import Incoming
from bot.turn import (
    MESSAGE_LIMIT,
    FrontDesk,
    take_turn,
    warn_of_danger,
)

log = structlog.get_logger()

CHANNEL = "telegram"


@dataclass
class Answer:
    """What to say. `forget` drops everything of the chat; `stale` takes the quick replies off the old message.

    `language` is that of the conversation, for the labels of cards.
    """

    messages: list[Message]
    lead: str = ""
    forget: bool = False
    stale: bool = False
    language: str | None = None


@dataclass
class Asked:
    """What came in: `chat` is its keyed hash, `pressed` the button that the short id stands for, if it is known."""

    chat: str
    incoming: Incoming
    pressed: Button | None = None


async def answer(desk: FrontDesk, asked: Asked) -> Answer:
    """Return the answer to what a resident did in a private chat."""
    before = _language(desk, asked)
    said = await _answer(desk, asked)
    said.language = _language(desk, asked) or before
    return said


async def _answer(desk: FrontDesk, asked: Asked) -> Answer:
    incoming = asked.incoming
    match incoming.kind:
        case "command":
            return await _answer_command(desk, asked)
        case "button":
            return await _answer_button(desk, asked)
        case "location":
            return await _answer_location(desk, asked)
        case "media" if incoming.caption.strip():
            said = await _take_turn(desk, asked, incoming.caption)
            said.lead = words.lead_for_caption(_language(desk, asked))
            return said
        case "media":
            return Answer([_offer(desk, asked, words.answer_media(_language(desk, asked)))])
        case _:
            return await _take_turn(desk, asked, incoming.text)


async def _answer_command(desk: FrontDesk, asked: Asked) -> Answer:
    name, words_behind = asked.incoming.text, asked.incoming.caption
    if words_behind:
        return await _answer_words_behind(desk, asked, name, words_behind)
    if name == "start":
        conversation = _get_conversation(desk, asked)
        conversation.record_line(welcome(conversation.language))
        return Answer(words.welcome_here(conversation.language))
    if name == "urgent":
        return Answer(words.urgent_menu(desk.urgent, _language(desk, asked)))
    if name == "language":
        return Answer([_offer(desk, asked, words.choose_language_here(_language(desk, asked)))])
    if name == "forget":
        language = _language(desk, asked)
        await forget_conversation(desk, _get_conversation(desk, asked))
        return Answer([words.forgotten(language)], forget=True)
    if name in words.PAYLOADS:
        return await _press(desk, asked, words.PAYLOADS[name])
    # Not a command of ours: then it is words.
    return await _take_turn(desk, asked, name.replace("_", " "))


async def _answer_words_behind(desk: FrontDesk, asked: Asked, command: str, words_behind: str) -> Answer:
    """Return the answer to words that came with a command: they count, and the command is one of them."""
    said = await _take_turn(desk, asked, f"{command.replace('_', ' ')} {words_behind}")
    if command == "urgent" and not any(message.urgent for message in said.messages):
        said.messages[:0] = words.urgent_menu(desk.urgent, _language(desk, asked))
    return said


async def _answer_button(desk: FrontDesk, asked: Asked) -> Answer:
    pressed = asked.pressed
    if pressed is None:
        return Answer([_offer(desk, asked, words.stale_button(_language(desk, asked)))], stale=True)
    if pressed.payload.startswith(words.URGENT_PAYLOAD):
        risk = pressed.payload.removeprefix(words.URGENT_PAYLOAD)
        return Answer([desk.urgent.in_language(_language(desk, asked)).get_card(risk).as_message()])
    said = await _press(desk, asked, pressed)
    said.lead = words.lead_for_choice(_language(desk, asked), pressed.title)
    return said


async def _press(desk: FrontDesk, asked: Asked, button: Button) -> Answer:
    conversation = _get_conversation(desk, asked)
    if button.payload in (HAND_OVER, HAND_OVER_AGAIN) and not carries_anything(conversation):
        # After a restart only Rasa knows what was said: its answer brings that back, with a button for the code.
        button = words.PERSON
    if conversation.find_offered_title(button.payload) is None:
        if button.payload == TRY_AGAIN:
            return Answer([_offer(desk, asked, words.lost_message(conversation.language))])
        # Offered before this process started, or by Telegram's own menu: it is still a button of ours.
        conversation.record_line(Message(text=button.title, buttons=[button]))
    return await _take_turn(desk, asked, button.payload)


async def _answer_location(desk: FrontDesk, asked: Asked) -> Answer:
    try:
        place = await desk.directory.get_place_at(asked.incoming.lat, asked.incoming.lon)
    except DirectoryFailed as failure:
        desk.metrics.failures.labels(f"directory_{failure.kind}").inc()
        log.warning("a location could not be asked for", service="directory", kind=failure.kind)
        return Answer([words.no_location(_language(desk, asked))])
    await _pay(desk, asked)
    conversation = _get_conversation(desk, asked)
    reply = await take_turn(desk, conversation, words.LOCATION_SHARED, _name_turn(asked), place=place)
    offer_code(reply.messages, conversation.language)
    return Answer(reply.messages)


async def _take_turn(desk: FrontDesk, asked: Asked, text: str) -> Answer:
    await _pay(desk, asked)
    conversation = _get_conversation(desk, asked)
    try:
        reply = await take_turn(desk, conversation, text, _name_turn(asked))
    except MessageTooLong:
        urgent = await warn_of_danger(desk, conversation, text)
        return Answer([*urgent, words.too_long(conversation.language, MESSAGE_LIMIT)])
    except EmptyMessage:
        return Answer([_offer(desk, asked, words.empty(conversation.language))])
    if conversation.forgotten:
        return Answer([*reply.messages, words.telegram_copy(conversation.language)], forget=True)
    # There is no page with a list here, where the web has this button.
    offer_code(reply.messages, conversation.language)
    return Answer(reply.messages)


async def _pay(desk: FrontDesk, asked: Asked) -> None:
    """Have Rasa forget first what it could not be told to: a chat keeps its name, and this is a new conversation."""
    sender = name_sender(asked.chat)
    if sender not in desk.owed:
        return
    try:
        await desk.rasa.forget(sender)
    except RasaFailed:
        return
    desk.owed.discard(sender)


def name_sender(chat: str) -> str:
    """Return the name under which Rasa knows a chat."""
    return f"{CHANNEL}-{chat}"


def _get_conversation(desk: FrontDesk, asked: Asked) -> Conversation:
    """Return the conversation of this chat. After a restart Rasa still knows it, under the same name."""
    found = desk.conversations.find(asked.chat)
    return found or desk.conversations.start(CHANNEL, asked.chat)


def _language(desk: FrontDesk, asked: Asked) -> str | None:
    found = desk.conversations.find(asked.chat)
    return found.language if found else None


def _offer(desk: FrontDesk, asked: Asked, message: Message) -> Message:
    """Note in the conversation that these quick replies were offered, so that pressing one counts."""
    _get_conversation(desk, asked).record_line(message)
    return message


def _name_turn(asked: Asked) -> str:
    return f"telegram {asked.incoming.update_id}"
