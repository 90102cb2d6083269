"""One message of a resident, from door to answer. Knows no channel: web and Telegram both call `take_turn`.

The steps, in order: check, screen for risk, redact, keep, find places, ask Rasa, compose.
"""

import asyncio
import re
from dataclasses import dataclass, field

import structlog

from bot.conversations import Conversation, Conversations
from bot.directory_client import DirectoryClient, FoundPlace
from bot.errors import DirectoryFailed, EmptyMessage, MessageTooLong, RasaFailed
from bot.logs import describe_failure
from bot.messages import Button, Heard, Message, Reply, Understood, read_rasa_messages
from bot.metrics import Metrics
from bot.privacy import PrivacyFilter, Redacted, strip_unseen
from bot.privacy_addresses import spell_postcode
from bot.rasa_client import RasaClient
from bot.safety import Screen, Screening
from bot.urgent import DEFAULT, UrgentHelp

log = structlog.get_logger()

MESSAGE_LIMIT = 2000
# Somebody who lists more postcodes than this is not saying where they are.
PLACES_PER_MESSAGE = 3
# The bot's own button: it never reaches Rasa.
TRY_AGAIN = "/try_again"

POSTCODE_TOKEN = re.compile(r"\[postcode\]")
# Tokens are written by the door alone; the same written by a resident is only text.
FORGED_TOKEN = re.compile(r"\[(?=\s*(?:place\s*:|postcode))", re.IGNORECASE)

WELCOME = Message(
    text=(
        "Hello, I am Signpost Leeds. Tell me what is wrong in your own words, and I will look for help near "
        "you in Leeds. It is free, and I do not need your name."
    ),
    buttons=[
        Button(title="Food", payload='/choose_topic{"topic": "food"}'),
        Button(title="Gas and electric", payload='/choose_topic{"topic": "fuel"}'),
        Button(title="Housing", payload='/choose_topic{"topic": "housing"}'),
        Button(title="Money and debt", payload='/choose_topic{"topic": "money"}'),
        Button(title="Internet and devices", payload='/choose_topic{"topic": "digital"}'),
        Button(title="Furniture, clothes, baby things", payload='/choose_topic{"topic": "essentials"}'),
        Button(title="Feeling low or lonely", payload='/choose_topic{"topic": "wellbeing"}'),
    ],
)

ALSO_HERE = Message(
    text="When you are ready, I can also look for help with food, heating, housing, money or somebody to talk to."
)


@dataclass(frozen=True)
class FrontDesk:
    """Everything that is needed to answer a message. Built once by `bot.application`."""

    conversations: Conversations
    rasa: RasaClient
    directory: DirectoryClient
    privacy: PrivacyFilter
    safety: Screen
    urgent: UrgentHelp
    metrics: Metrics
    deadline: float
    # Senders that Rasa should forget but could not be told to.
    owed: set[str] = field(default_factory=set)


def start_conversation(desk: FrontDesk, channel: str) -> tuple[Conversation, Reply]:
    """Start a conversation on `channel` ("web", "api" or "telegram") and return it with the welcome."""
    conversation = desk.conversations.start(channel)
    desk.metrics.conversations.set(len(desk.conversations))
    conversation.record_line(WELCOME)
    return conversation, Reply(messages=[WELCOME], understood=conversation.understood)


def check_message(text: str) -> str:
    """Return the message without what nobody sees and without spaces around it.

    Raises MessageTooLong (more than 2,000 characters) or EmptyMessage (nothing left, not even after slashes).
    """
    checked = strip_unseen(text).strip()
    if len(checked) > MESSAGE_LIMIT:
        raise MessageTooLong(len(checked), MESSAGE_LIMIT)
    if not checked.strip("/ \n\t"):
        raise EmptyMessage
    return FORGED_TOKEN.sub("(", checked)


async def take_turn(
    desk: FrontDesk,
    conversation: Conversation,
    text: str,
    key: str | None = None,
    *,
    place: FoundPlace | None = None,
) -> Reply:
    """Answer one message. Always returns something useful once the message is accepted.

    With a `place` that was shared rather than written, the place is the message.
    `key` is an idempotency key: the same key with the same words is handled once and answered the same.
    Raises MessageRejected, ConversationBusy, ConversationNotFound.
    """
    text = check_message(text)
    async with conversation.one_turn_at_a_time():
        payload = text if conversation.find_offered_title(text) is not None else None
        screening = screen_message(desk, text)
        redacted = _redact(desk, text, payload) if place is None else Redacted(describe_place(place))
        if key is not None and (earlier := conversation.find_reply(key, redacted.text)):
            return earlier
        desk.conversations.record_activity(conversation)
        reply = await _answer(desk, conversation, redacted, payload, screening)
        if key is not None:
            conversation.record_reply(key, redacted.text, reply)
        return reply


def screen_message(desk: FrontDesk, text: str) -> Screening:
    """Return what danger the message speaks of; a screen that fails counts as danger of an unknown kind."""
    with desk.metrics.time_step("screen"):
        try:
            return desk.safety.screen(text)
        except Exception as failure:  # noqa: BLE001 - the comment below says why
            # Design rule 2: a screen that is broken must never hide a danger, so the default card is shown.
            desk.metrics.failures.labels("screen").inc()
            log.error("the safety screen failed", **describe_failure(failure))
            return Screening("sure", (DEFAULT,))


def _redact(desk: FrontDesk, text: str, payload: str | None) -> Redacted:
    if payload is not None:
        return Redacted(payload)
    with desk.metrics.time_step("redact"):
        # Rasa takes a text that starts with a slash for a command, which only our own buttons may give.
        redacted = desk.privacy.redact(text.lstrip("/ \n\t"))
        return Redacted(redacted.text.lstrip("/ \n\t"), redacted.postcodes)


async def _answer(
    desk: FrontDesk, conversation: Conversation, redacted: Redacted, payload: str | None, screening: Screening
) -> Reply:
    shown = redacted.text if payload is None else (conversation.find_offered_title(payload) or redacted.text)
    conversation.record_line(Message(text=shown), from_resident=True)
    try:
        async with asyncio.timeout(desk.deadline):
            heard = await _listen(desk, conversation, redacted, payload)
        outcome = "answered"
    except Exception as failure:  # noqa: BLE001 - the comment below says why
        # Whatever went wrong behind the door, the resident gets words and numbers, not an error.
        outcome = "unanswered"
        heard = _apologise(desk, conversation, redacted, payload, failure)
    desk.metrics.turns.labels(conversation.channel, outcome).inc()
    with desk.metrics.time_step("compose"):
        return _compose(desk, conversation, heard, screening)


async def _listen(
    desk: FrontDesk, conversation: Conversation, redacted: Redacted, payload: str | None
) -> Heard:
    """Return Rasa's answer to this message, or to the one that was left unanswered if that is asked for."""
    waiting = conversation.unanswered_text
    if payload == TRY_AGAIN and waiting is None:
        return Heard(
            messages=[Message(text="All your messages have an answer. What else can I help you with?")]
        )
    text = waiting if payload == TRY_AGAIN and waiting else await _place(desk, redacted)
    heard = await _ask_rasa(desk, conversation, text)
    if payload == TRY_AGAIN or text == waiting:
        conversation.record_answered()
    elif waiting and not conversation.reminded:
        conversation.reminded = True
        heard.messages[-1].buttons.append(Button(title="Answer my earlier message", payload=TRY_AGAIN))
    return heard


async def _ask_rasa(desk: FrontDesk, conversation: Conversation, text: str) -> Heard:
    with desk.metrics.time_step("rasa"):
        heard = read_rasa_messages(await desk.rasa.send(conversation.sender, text))
    if heard.unreadable:
        desk.metrics.failures.labels("rasa_part_unreadable").inc(heard.unreadable)
        log.warning("parts of an answer were not readable", count=heard.unreadable)
    if not heard.messages:
        raise RasaFailed("empty")
    return heard


async def _place(desk: FrontDesk, redacted: Redacted) -> str:
    """Return the text with a place token for each postcode; without a postcode nobody is asked."""
    if not redacted.postcodes:
        return redacted.text
    asked = redacted.postcodes[:PLACES_PER_MESSAGE]
    with desk.metrics.time_step("places"):
        tokens = iter(await asyncio.gather(*(_find_place_token(desk, postcode) for postcode in asked)))
    return POSTCODE_TOKEN.sub(lambda _: next(tokens, "[place:unknown]"), redacted.text)


async def _find_place_token(desk: FrontDesk, postcode: str) -> str:
    spelled = spell_postcode(postcode)
    try:
        return describe_place(await desk.directory.get_place(spelled))
    except DirectoryFailed as failure:
        desk.metrics.failures.labels(f"directory_{failure.kind}").inc()
        log.warning("a place could not be asked for", service="directory", kind=failure.kind)
        # The sector ("LS9 6") covers thousands of homes, so it may go on where the postcode may not.
        return spelled[:-2]


def describe_place(place: FoundPlace) -> str:
    """Return the token that stands for a place in what Rasa reads: ward and a point of about 1 km."""
    if place.status == "found":
        return f"[place:{place.ward_code}:{place.lat:.2f}:{place.lon:.2f}]"
    return "[place:outside]" if place.status == "outside_leeds" else "[place:unknown]"


def _apologise(
    desk: FrontDesk, conversation: Conversation, redacted: Redacted, payload: str | None, failure: Exception
) -> Heard:
    kind = f"rasa_{failure.kind}" if isinstance(failure, RasaFailed) else "turn"
    if isinstance(failure, TimeoutError):
        kind = "deadline"
    desk.metrics.failures.labels(kind).inc()
    log.error("a message could not be answered", kind=kind, **describe_failure(failure))
    if payload != TRY_AGAIN:
        conversation.record_unanswered(redacted.text)
    text = (
        "Sorry, I cannot look for help just now. The fault is on our side. Your message is kept here. In a "
        "minute or two, press Try again, or write again: I will answer as soon as I can. If you cannot wait, "
        "these numbers need no computer:\n"
        f"{desk.urgent.list_numbers()}"
    )
    message = Message(text=text, buttons=[Button(title="Try again", payload=TRY_AGAIN)])
    return Heard(messages=[message], out_of_order=True)


def _compose(desk: FrontDesk, conversation: Conversation, heard: Heard, screening: Screening) -> Reply:
    messages = list(heard.messages)
    if screening.level == "sure":
        rest = messages if _belongs_after_urgent_help(heard, screening) else [ALSO_HERE]
        messages = list_urgent_messages(desk, screening) + rest
    elif screening.level == "unsure" and screening.risk:
        messages.append(desk.urgent.get_gentle_line(screening.risk))
    earlier = conversation.understood
    risk = None if screening.risk == DEFAULT else screening.risk
    understood = Understood(
        needs=earlier.needs if heard.needs is None else heard.needs,
        risk=risk,
        language=earlier.language,
        place=heard.place if heard.place_reported else earlier.place,
    )
    # The risk belongs to this message only; it is not kept with the conversation.
    conversation.understood = understood.model_copy(update={"risk": None})
    for message in messages:
        conversation.record_line(message)
    if heard.forget:
        desk.conversations.forget(conversation)
    return Reply(messages=messages, understood=understood)


def _belongs_after_urgent_help(heard: Heard, screening: Screening) -> bool:
    """Return whether an answer may follow an urgent card.

    With a need it may; "I have not understood" would be the wrong thing to hear now. If the screen itself is
    broken everybody gets the card, and if Rasa is down its numbers are the answer: then nothing is held back.
    """
    offers_help = bool(heard.needs) or any(message.services for message in heard.messages)
    return offers_help or heard.out_of_order or screening.risk == DEFAULT


def list_urgent_messages(desk: FrontDesk, screening: Screening) -> list[Message]:
    """Return the urgent-help cards for the dangers that were found, most important first."""
    # Two cards at most: somebody in danger reads the first lines, not a list.
    cards = [desk.urgent.get_card(risk) for risk in screening.risks[:2]]
    return [card.as_message() for card in cards]


async def forget_conversation(desk: FrontDesk, conversation: Conversation) -> None:
    """Drop the conversation here at once, and have Rasa delete what it holds on it."""
    desk.conversations.forget(conversation)
    desk.metrics.conversations.set(len(desk.conversations))
    # A message still under way would make Rasa remember the conversation again after it forgot.
    await conversation.wait_for_running_turns()
    try:
        await desk.rasa.forget(conversation.sender)
    except RasaFailed as failure:
        desk.metrics.failures.labels("forget").inc()
        log.warning("rasa could not be told to forget", service="rasa", kind=failure.kind)
        desk.owed.add(conversation.sender)


async def forget_owed(desk: FrontDesk) -> None:
    """Tell Rasa again of the conversations that it could not be told to forget."""
    for sender in list(desk.owed):
        try:
            await desk.rasa.forget(sender)
        except RasaFailed:
            return
        desk.owed.discard(sender)
