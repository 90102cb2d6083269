"""A resident wants a person: a short code that carries needs, area, language and list, and not who they are."""

from bot.conversations import Conversation
from bot.directory_client import DirectoryClient
from bot.messages import Button, Card, Message
from bot.translations import get_words

# The bot's own button: it never reaches Rasa.
HAND_OVER = "/hand_over"
MOST_ON_LIST = 10


def handover_button(language: str | None) -> Button:
    """Return the button that asks for a code."""
    return Button(title=get_words(language)("handover_button"), payload=HAND_OVER)


def list_chosen(conversation: Conversation) -> list[Card]:
    """Return the services that go with a code: those on the list, or else those that were shown last."""
    if conversation.kept:
        return list(conversation.kept.values())
    shown = (line.message.services for line in reversed(conversation.transcript) if line.message.services)
    return [card for card in next(shown, []) if card.id][:MOST_ON_LIST]


def carries_anything(conversation: Conversation) -> bool:
    """Return whether a code would tell staff anything: a need, or a service."""
    return bool(conversation.understood.needs or list_chosen(conversation))


def offer_code(messages: list[Message], language: str | None) -> None:
    """Put the button that asks for a code under an answer that shows services."""
    shows = any(message.services for message in messages)
    if not shows or messages[-1].urgent or _is_offered(messages):
        return
    messages[-1].buttons.append(handover_button(language))


def _is_offered(messages: list[Message]) -> bool:
    return any(button.payload == HAND_OVER for message in messages for button in message.buttons)


async def hand_over(directory: DirectoryClient, conversation: Conversation) -> Message:
    """Return the words that give the resident a code; the same code while what it carries is the same.

    Raises DirectoryFailed.
    """
    services = [card.id for card in list_chosen(conversation)]
    carried = (conversation.understood.model_dump_json(exclude={"risk"}), tuple(services))
    if conversation.code is not None and conversation.code[0] == carried:
        return conversation.code[1]
    made = await directory.hand_over(conversation.understood, services)
    text = get_words(conversation.language)(
        "handover", code=made.code, spoken=made.spoken, date=made.last_day
    )
    message = Message(text=text)
    conversation.code = (carried, message)
    return message


def could_not_hand_over(language: str | None) -> Message:
    """Return what to do while no code can be made."""
    return Message(text=get_words(language)("handover_failed"), buttons=[handover_button(language)])


def find_shown(conversation: Conversation, service: str) -> Card | None:
    """Return the card of a service that this conversation has shown."""
    for line in reversed(conversation.transcript):
        for card in line.message.services:
            if card.id == service:
                return card
    return None
