"""What the Telegram door says of its own accord, in plain words."""

from bot.messages import Button, Message
from bot.turn import WELCOME
from bot.urgent import DEFAULT, UrgentHelp

# Shown by Telegram beside the box where people write.
COMMANDS = {
    "start": "Begin, and see what I can help with",
    "urgent": "Numbers to ring if somebody is in danger",
    "help": "How this works",
    "restart": "Start again from the beginning",
    "language": "About other languages",
    "forget": "Forget this conversation",
}
# Commands that are something the assistant understands: they go to it as if a button had been pressed.
PAYLOADS = {
    "help": Button(title="Help", payload="/help"),
    "restart": Button(title="Start again", payload="/start_again"),
    "language": Button(title="Another language", payload="/change_language"),
}
URGENT_PAYLOAD = "telegram urgent "

TELEGRAM_NOTE = (
    "Telegram is another company, and it keeps what is written here. Please leave out names, addresses and numbers. "
    "Send /forget and I forget this conversation; /urgent shows numbers to ring."
)
TELEGRAM_COPY = (
    "Telegram still has its own copy, on your phone and on its machines: to remove it, delete this chat in Telegram, "
    "for both sides."
)
FORGOTTEN = f"I have forgotten this conversation. {TELEGRAM_COPY} Write again whenever you like."
GROUP = (
    "Sorry, I only talk to one person at a time, because what people tell me is private. I keep nothing of this "
    "group and leave it now. Write to me in a chat of your own."
)
STALE_BUTTON = Message(
    text="That button is from an earlier conversation. Tell me in your own words, or choose one:",
    buttons=WELCOME.buttons,
)
EMPTY = Message(text="Tell me in a few words what is wrong, or choose one:", buttons=WELCOME.buttons)
NO_LOCATION = Message(
    text="I cannot use your location just now. Write the name of your area, or the first half of the postcode."
)
LOST_MESSAGE = Message(
    text="I do not have your earlier message any more. Please write it again, or choose one:",
    buttons=WELCOME.buttons,
)
LOCATION_SHARED = "My location"


def welcome() -> list[Message]:
    """Return the welcome, with what a resident should know about Telegram before the menu."""
    return [Message(text=TELEGRAM_NOTE), WELCOME]


def answer_media(kind: str) -> Message:
    """Return the answer to something that is not words; `kind` is its name in the plural."""
    text = (
        f"I cannot look at {kind}, and I keep nothing of them. Tell me in words what is wrong, or choose one:"
    )
    return Message(text=text, buttons=WELCOME.buttons)


def lead_for_caption(kind: str) -> str:
    """Return the line before the answer to words that came with something else."""
    return f"I cannot look at {kind}, but I have read what you wrote."


def too_long(limit: int) -> Message:
    """Return what to do about a message that is too long."""
    return Message(
        text=f"That is more than I can read at once. Send it in parts of up to {limit:,} characters."
    )


def could_not_answer(urgent: UrgentHelp) -> Message:
    """Return the last resort: the fault is ours, and these numbers work without us."""
    text = "Sorry, something went wrong on our side and I could not answer that. Please write it again."
    return Message(
        text=f"{text} If you cannot wait, these numbers need no computer:\n{urgent.list_numbers()}"
    )


def urgent_menu(urgent: UrgentHelp) -> list[Message]:
    """Return the urgent-help card for every danger, and a button for each kind."""
    buttons = [
        Button(title=card.title, payload=f"{URGENT_PAYLOAD}{risk}")
        for risk, card in urgent.cards.items()
        if risk != DEFAULT
    ]
    more = Message(text="More about one of these:", buttons=buttons)
    return [urgent.get_card(DEFAULT).as_message(), more]
