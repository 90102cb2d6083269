"""One message of a resident, from door to answer. Knows no channel: web and Telegram both call `take_turn`.

The steps, in order: check, screen for risk, redact, keep, find places, ask Rasa, compose.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.admission import Admission
from bot.conversations import Conversation, Conversations
from bot.directory_client import DirectoryClient, FoundPlace
from bot.errors import (
    ChatClosed,
    ConversationNotFound,
    DirectoryFailed,
    EmptyMessage,
    MessageTooLong,
    NotServed,
    RasaFailed,
)
from bot.feedback import could_not_count, is_feedback, offer_question, take_feedback
from bot.handover import HAND_OVER, HAND_OVER_AGAIN, could_not_hand_over, hand_over, handover_button
from bot.language_reader import ENGLISH, LanguageReader
from bot.languages import CHANGE_LANGUAGE, Spoken, guess_language, hear_language
from bot.logs import describe_failure
from bot.messages import Heard, Message, Reply, Understood, read_rasa_messages
from bot.metrics import Metrics
from bot.privacy import PrivacyFilter, Redacted, strip_unseen
from bot.privacy_addresses import spell_postcode
from bot.rasa_client import RasaClient
from bot.safety import Screen, Screening
from bot.sayings import (
    TRY_AGAIN,
    all_answered,
    also_here,
    offer_language,
    say_language,
    sorry,
    try_again_button,
    welcome,
)
from bot.switch import Switch
from bot.urgent import DEFAULT, UrgentHelp

log = structlog.get_logger()

MESSAGE_LIMIT = 2000
# Somebody who lists more postcodes than this is not saying where they are.
PLACES_PER_MESSAGE = 3
POSTCODE_TOKEN = re.compile(r"\[postcode\]")
# Tokens are written by the door alone; the same written by a resident is only text.
FORGED_TOKEN = re.compile(r"\[(?=\s*(?:place\s*:|postcode))", re.IGNORECASE)


@dataclass(frozen=True)
class FrontDesk:
    """Everything that is needed to answer a message. Built once by `bot.application`."""

    conversations: Conversations
    rasa: RasaClient
    directory: DirectoryClient
    privacy: PrivacyFilter
    safety: Screen
    urgent: UrgentHelp
    languages: LanguageReader
    metrics: Metrics
    admission: Admission
    switch: Switch
    deadline: float
    # Senders that Rasa should forget but could not be told to.
    owed: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Said:
    """What a resident said: the words for Rasa or the `payload` of a pressed button, and the words to show.

    `spoken` is what it did to the language of the conversation.
    """

    redacted: Redacted
    payload: str | None
    shown: str
    spoken: Spoken = field(default_factory=Spoken)


def start_conversation(
    desk: FrontDesk, channel: str, language: str | None = None, *, chosen: bool = False
) -> tuple[Conversation, Reply]:
    """Start a conversation on `channel` ("web", "api" or "telegram") and return it with the welcome.

    The welcome is in `language`; unless the resident has chosen that, the first real message settles the language.
    """
    conversation = desk.conversations.start(channel)
    desk.metrics.conversations.set(len(desk.conversations))
    conversation.language, conversation.language_settled = language, chosen
    conversation.understood = Understood(language=language or ENGLISH)
    hello = welcome(language)
    conversation.record_line(hello)
    return conversation, Reply(messages=[hello], understood=conversation.understood)


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
    screening = screen_message(desk, text)
    if screening.level == "sure" and conversation.is_answering_another(key):
        return _show_urgent_help(desk, conversation, text, screening, key)
    async with conversation.one_turn_at_a_time(key):
        payload = text if conversation.find_offered_title(text) is not None else None
        redacted = _redact(desk, text, payload) if place is None else Redacted(describe_place(place))
        if earlier := conversation.find_reply(key, redacted.text):
            return earlier
        desk.conversations.record_activity(conversation)
        said = _hear(desk, conversation, redacted, payload, shared=place is not None)
        reply = await _answer(desk, conversation, said, screening)
        conversation.record_reply(key, redacted.text, reply)
        return reply


def _show_urgent_help(
    desk: FrontDesk, conversation: Conversation, text: str, screening: Screening, key: str | None
) -> Reply:
    """Answer a message of danger with its cards at once: it does not wait for the answer to an earlier one.

    The words are kept, and can be asked about once the earlier one is answered. Raises ConversationNotFound.
    """
    if conversation.forgotten:
        raise ConversationNotFound
    redacted = _redact(desk, text, None)
    if earlier := conversation.find_reply(key, redacted.text):
        return earlier
    desk.conversations.record_activity(conversation)
    conversation.record_line(Message(text=redacted.text), from_resident=True)
    conversation.record_unanswered(redacted.text)
    desk.metrics.turns.labels(conversation.channel, "urgent").inc()
    reply = _compose(desk, conversation, Heard(messages=[]), screening, Spoken())
    conversation.record_reply(key, redacted.text, reply)
    return reply


async def warn_of_danger(desk: FrontDesk, conversation: Conversation | None, text: str) -> list[Message]:
    """Record and return the urgent cards for a message that cannot be answered: too long, or without a conversation.

    It is still read for danger (design rule 2), and nothing of it is kept.
    """
    # In a thread: a text as long as the door lets in takes a second.
    screening = await asyncio.to_thread(screen_message, desk, text)
    if screening.level != "sure":
        return []
    if conversation is None:
        return list_urgent_messages(desk, screening, guess_language(desk.languages, text))
    cards = list_urgent_messages(desk, screening, conversation.language)
    for card in cards:
        conversation.record_line(card)
    return cards


def _hear(
    desk: FrontDesk, conversation: Conversation, redacted: Redacted, payload: str | None, *, shared: bool
) -> Said:
    """Return what was said with its language; a wish for another language becomes the button that stands for it."""
    shown = redacted.text if payload is None else (conversation.find_offered_title(payload) or redacted.text)
    if shared:
        return Said(redacted, payload, shown)
    with desk.metrics.time_step("language"):
        spoken = hear_language(desk.languages, conversation, redacted.text, payload)
    if spoken.chosen:
        return Said(Redacted(CHANGE_LANGUAGE), CHANGE_LANGUAGE, shown, spoken)
    return Said(redacted, payload, shown, spoken)


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


async def _answer(desk: FrontDesk, conversation: Conversation, said: Said, screening: Screening) -> Reply:
    conversation.record_line(Message(text=said.shown), from_resident=True)
    try:
        async with asyncio.timeout(desk.deadline), desk.admission.admit(urgent=screening.level == "sure"):
            if desk.switch.is_closed(conversation.channel):
                raise ChatClosed
            heard = await _listen(desk, conversation, said)
        outcome = "answered"
    except Exception as failure:  # noqa: BLE001 - the comment below says why
        # Whatever went wrong behind the door, the resident gets words and numbers, not an error.
        outcome = failure.kind if isinstance(failure, NotServed) else "unanswered"
        heard = _apologise(desk, conversation, said, failure)
    desk.metrics.turns.labels(conversation.channel, outcome).inc()
    if heard.needs == []:
        desk.metrics.not_understood.inc()
    with desk.metrics.time_step("compose"):
        return _compose(desk, conversation, heard, screening, said.spoken)


async def _listen(desk: FrontDesk, conversation: Conversation, said: Said) -> Heard:
    """Return Rasa's answer to this message, or to the one that was left unanswered if that is asked for."""
    waiting = conversation.unanswered_text
    if said.payload == TRY_AGAIN and waiting is None:
        return Heard(messages=[all_answered(conversation.language)])
    if said.payload in (HAND_OVER, HAND_OVER_AGAIN):
        return await _ask_directory(
            desk,
            hand_over(desk.directory, conversation, again=said.payload == HAND_OVER_AGAIN),
            lambda: could_not_hand_over(conversation.language),
        )
    if said.payload is not None and is_feedback(said.payload):
        payload = said.payload
        return await _ask_directory(
            desk,
            take_feedback(desk.directory, conversation, payload),
            lambda: could_not_count(conversation.language, payload),
        )
    text = waiting if said.payload == TRY_AGAIN and waiting else await _place(desk, said.redacted)
    heard = await _ask_rasa(desk, conversation, text, chosen=text == CHANGE_LANGUAGE and said.spoken.chosen)
    if said.payload == TRY_AGAIN or text == waiting:
        conversation.record_answered()
    elif waiting and not conversation.reminded:
        conversation.reminded = True
        heard.messages[-1].buttons.append(try_again_button(conversation.language, "answer_earlier"))
    return heard


async def _ask_directory(
    desk: FrontDesk, asked: Awaitable[Message], apologise: Callable[[], Message]
) -> Heard:
    """Return what the directory has to say to a button in which Rasa has no part, or that it could not."""
    try:
        return Heard(messages=[await asked])
    except DirectoryFailed as failure:
        desk.metrics.failures.labels(f"directory_{failure.kind}").inc()
        log.warning("a button could not be answered", service="directory", kind=failure.kind)
        return Heard(messages=[apologise()])


async def _ask_rasa(desk: FrontDesk, conversation: Conversation, text: str, *, chosen: bool = False) -> Heard:
    about = {"language": conversation.language, "language_chosen": chosen} if conversation.language else None
    with desk.metrics.time_step("rasa"):
        heard = read_rasa_messages(await desk.rasa.send(conversation.sender, text, about=about))
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


def _apologise(desk: FrontDesk, conversation: Conversation, said: Said, failure: Exception) -> Heard:
    kind = f"rasa_{failure.kind}" if isinstance(failure, RasaFailed) else "turn"
    if isinstance(failure, TimeoutError):
        kind = "deadline"
    if isinstance(failure, NotServed):
        kind = failure.kind
    desk.metrics.failures.labels(kind).inc()
    log.error("a message could not be answered", kind=kind, **describe_failure(failure))
    if said.payload != TRY_AGAIN:
        conversation.record_unanswered(said.redacted.text)
    numbers = desk.urgent.in_language(conversation.language).list_numbers()
    why = failure.kind if isinstance(failure, NotServed) else "sorry"
    return Heard(messages=[sorry(conversation.language, numbers, why)], out_of_order=True)


def _compose(
    desk: FrontDesk, conversation: Conversation, heard: Heard, screening: Screening, spoken: Spoken
) -> Reply:
    if conversation.language is None and heard.language not in (None, ENGLISH):
        # This process was started anew, and Rasa still knows in which language it has answered.
        conversation.language = heard.language
    language = conversation.language
    messages = list(heard.messages)
    if heard.offers_person and messages:
        messages[-1].buttons.insert(0, handover_button(language))
    offer_question(messages, conversation, heard.ask_if_helped)
    if language and (spoken.changed or spoken.chosen):
        messages.insert(0, say_language(language))
    if spoken.offer:
        messages.append(offer_language(spoken.offer))
    if screening.level == "sure":
        rest = messages if _belongs_after_urgent_help(heard, screening) else [also_here(language)]
        messages = list_urgent_messages(desk, screening, language) + rest
    elif screening.level == "unsure" and screening.risk:
        messages.append(desk.urgent.in_language(language).get_gentle_line(screening.risk))
    earlier = conversation.understood
    risk = None if screening.risk == DEFAULT else screening.risk
    understood = Understood(
        needs=earlier.needs if heard.needs is None else heard.needs,
        risk=risk,
        language=language or ENGLISH,
        place=heard.place if heard.place_reported else earlier.place,
    )
    # The risk belongs to this message only; it is not kept with the conversation.
    conversation.understood = understood.model_copy(update={"risk": None})
    for message in messages:
        conversation.record_line(message)
    if heard.forget:
        desk.conversations.forget(conversation)
        if len(desk.rasa.workers) > 1:
            # Only the worker that answered has forgotten it: the sweep tells the others.
            desk.owed.add(conversation.sender)
    return Reply(messages=messages, understood=understood)


def _belongs_after_urgent_help(heard: Heard, screening: Screening) -> bool:
    """Return whether an answer may follow an urgent card.

    With a need it may; "I have not understood" would be the wrong thing to hear now. If the screen itself is
    broken everybody gets the card, and if Rasa is down its numbers are the answer: then nothing is held back.
    """
    offers_help = bool(heard.needs) or any(message.services for message in heard.messages)
    return offers_help or heard.out_of_order or screening.risk == DEFAULT


def list_urgent_messages(desk: FrontDesk, screening: Screening, language: str | None = None) -> list[Message]:
    """Return the urgent-help cards for the dangers that were found, most important first."""
    # Two cards at most: somebody in danger reads the first lines, not a list.
    urgent = desk.urgent.in_language(language)
    return [urgent.get_card(risk).as_message() for risk in screening.risks[:2]]
