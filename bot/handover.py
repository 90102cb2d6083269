"""A resident wants a person: a short code that carries needs, area, language and list, and not who they are."""

from datetime import timedelta

from bot.conversations import Conversation, GivenCode
from bot.directory_client import DirectoryClient
from bot.messages import Button, Card, Message
from bot.sayings import topic_buttons
from bot.translations import get_words

# The bot's own buttons: they never reach Rasa. The second asks for another code although nothing has changed.
HAND_OVER = "/hand_over"
HAND_OVER_AGAIN = "/hand_over_again"
MOST_ON_LIST = 10
# More than anybody loses; a script that asks for codes has to hold a conversation for each so many.
MOST_CODES = 5
# A code lasts seven days: one of the last day is not given again.
GIVEN_AGAIN_FOR = timedelta(days=6)


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


async def hand_over(
    directory: DirectoryClient, conversation: Conversation, *, again: bool = False
) -> Message:
    """Return the words that give the resident a code; the same code while what it carries is the same.

    With `again` it is a new one: the first may be used up or lost. Raises DirectoryFailed.
    """
    if not carries_anything(conversation):
        return ask_what_is_wrong(conversation.language)
    services = [card.id for card in list_chosen(conversation)]
    carried = (conversation.understood.model_dump_json(exclude={"risk"}), tuple(services))
    now, given = conversation.last_message_at, conversation.code
    if given and given.carried == carried and now - given.given_at < GIVEN_AGAIN_FOR and not again:
        return given.message
    if conversation.codes_given >= MOST_CODES:
        return Message(text=get_words(conversation.language)("handover_failed"))
    made = await directory.hand_over(conversation.understood, services)
    words = get_words(conversation.language)
    message = Message(
        text=words("handover", code=made.code, spoken=made.spoken, date=made.last_day),
        buttons=[Button(title=words("handover_again"), payload=HAND_OVER_AGAIN)],
    )
    conversation.code = GivenCode(carried, message, now)
    conversation.codes_given += 1
    return message


def ask_what_is_wrong(language: str | None) -> Message:
    """Return the answer to whoever wants a code before there is anything that it could tell staff."""
    words = get_words(language)
    return Message(text=words("telegram_empty"), buttons=topic_buttons(words))


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
