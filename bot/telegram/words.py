"""What the Telegram door says of its own accord, in the resident's language (bot/translations)."""

from bot.handover import HAND_OVER
from bot.messages import Button, Message
from bot.sayings import language_menu, topic_buttons, welcome
from bot.translations import ENGLISH, get_words, list_languages
from bot.urgent import DEFAULT, UrgentHelp

# Shown by Telegram beside the box where people write, in the language of their Telegram.
COMMANDS = ("start", "urgent", "code", "help", "restart", "language", "forget")
# Commands that are something a button does too: they are handled as if it had been pressed.
PAYLOADS = {
    "code": Button(title="A code for a person to help", payload=HAND_OVER),
    "help": Button(title="Help", payload="/help"),
    "restart": Button(title="Start again", payload="/start_again"),
}
PERSON = Button(title="Talk to a person", payload="/talk_to_person")
# What the menu says of a command, where a button says it already.
SAID_BY_BUTTON = {"code": "handover_button"}
URGENT_PAYLOAD = "telegram urgent "
LOCATION_SHARED = "My location"
# A group is left before anybody has said anything, so nobody knows its language.
GROUP = (
    "Sorry, I only talk to one person at a time, because what people tell me is private. I keep nothing of this "
    "group and leave it now. Write to me in a chat of your own."
)


def list_commands(language: str = ENGLISH) -> list[tuple[str, str]]:
    """Return Telegram's menu: each command and what it does."""
    words = get_words(language)
    return [(command, words(SAID_BY_BUTTON.get(command, f"command_{command}"))) for command in COMMANDS]


def welcome_here(language: str | None) -> list[Message]:
    """Return the welcome, with what a resident should know about Telegram before the menu."""
    words = get_words(language)
    others = ", ".join(known.name for known in list_languages() if known is not words)
    return [Message(text=words("telegram_note")), Message(text=f"{others}: /language"), welcome(language)]


def choose_language_here(language: str | None) -> Message:
    """Return a button for each language."""
    return language_menu(language)


def forgotten(language: str | None) -> Message:
    """Return that the conversation is forgotten here, and what Telegram still has."""
    words = get_words(language)
    return Message(
        text=f"{words('telegram_forgotten')} {words('telegram_copy')} {words('telegram_write_again')}"
    )


def telegram_copy(language: str | None) -> Message:
    """Return what Telegram still has of a conversation that is forgotten here."""
    return Message(text=get_words(language)("telegram_copy"))


def stale_button(language: str | None) -> Message:
    """Return the answer to a button of an earlier conversation."""
    return _with_topics(language, "telegram_stale")


def empty(language: str | None) -> Message:
    """Return the answer to a message without words."""
    return _with_topics(language, "telegram_empty")


def lost_message(language: str | None) -> Message:
    """Return that the message to try again is gone."""
    return _with_topics(language, "telegram_lost")


def answer_media(language: str | None) -> Message:
    """Return the answer to something that is not words."""
    return _with_topics(language, "telegram_media")


def no_location(language: str | None) -> Message:
    """Return what to write instead of a location."""
    return Message(text=get_words(language)("telegram_no_location"))


def lead_for_caption(language: str | None) -> str:
    """Return the line before the answer to words that came with something else."""
    return get_words(language)("telegram_caption")


def lead_for_choice(language: str | None, title: str) -> str:
    """Return the line before the answer to a pressed button."""
    return get_words(language)("telegram_chose", title=title)


def too_long(language: str | None, limit: int) -> Message:
    """Return what to do about a message that is too long."""
    return Message(text=get_words(language)("telegram_too_long", limit=f"{limit:,}"))


def could_not_answer(urgent: UrgentHelp, language: str | None = None) -> Message:
    """Return the last resort: the fault is ours, and these numbers work without us."""
    numbers = urgent.in_language(language).list_numbers()
    return Message(text=f"{get_words(language)('telegram_failed')}\n{numbers}")


def urgent_menu(urgent: UrgentHelp, language: str | None) -> list[Message]:
    """Return the urgent-help card for every danger, and a button for each kind."""
    help_here = urgent.in_language(language)
    buttons = [
        Button(title=card.title, payload=f"{URGENT_PAYLOAD}{risk}")
        for risk, card in help_here.cards.items()
        if risk != DEFAULT
    ]
    more = Message(text=get_words(language)("telegram_more"), buttons=buttons)
    return [help_here.get_card(DEFAULT).as_message(), more]


def _with_topics(language: str | None, key: str) -> Message:
    words = get_words(language)
    return Message(text=words(key), buttons=topic_buttons(words))
