"""Conversations, in memory only: they vanish 24 hours after the last message and when this process stops."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.errors import ConversationBusy, ConversationNotFound
from bot.messages import Card, Message, Reply, Understood

# Enough for a long talk; older lines leave the page but the assistant keeps its own state.
TRANSCRIPT_LINES = 80
OFFERED_PAYLOADS = 200
REMEMBERED_REPLIES = 20
WAITING_TURNS = 5
# Characters of words that wait for an answer: as many as one message may have (bot/turn.py).
WAITING_LIMIT = 2000
# A message is sent again within a minute or not at all.
REMEMBERED_BEGINNINGS = 500
# 192 random bits: nobody can guess a conversation (OWASP asks for at least 64).
ID_BYTES = 24


@dataclass
class Line:
    """One line of the transcript: what the resident wrote (redacted) or what the assistant said.

    `unanswered` marks words of the resident that no assistant has read, because it could not be reached.
    """

    number: int
    message: Message
    from_resident: bool = False
    unanswered: bool = False


@dataclass(frozen=True)
class GivenCode:
    """The code for a person that was given last: what it carries, the words that gave it, and when."""

    carried: object
    message: Message
    given_at: datetime


@dataclass
class Conversation:
    """One conversation with one resident, of whom nothing identifying is held."""

    id: str
    channel: str
    last_message_at: datetime
    transcript: list[Line] = field(default_factory=list)
    understood: Understood = field(default_factory=Understood)
    # Settled by the first real message or by choice, and then kept (bot/languages.py). None means English so far.
    language: str | None = None
    language_settled: bool = False
    offered_languages: set[str] = field(default_factory=set)
    unanswered_text: str | None = None
    reminded: bool = False
    forgotten: bool = False
    # The services that the resident put on their list, by id; and the code for a person, and how many there were.
    kept: dict[str, Card] = field(default_factory=dict)
    code: GivenCode | None = None
    codes_given: int = 0
    # The needs of which the resident said whether the services helped.
    said_of: set[str] = field(default_factory=set)
    _offered: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _replies: OrderedDict[str, tuple[str, Reply]] = field(default_factory=OrderedDict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    # The idempotency keys of the turns that are under way or wait, None for a turn without one.
    _waiting: list[str | None] = field(default_factory=list)
    _lines_ever: int = 0

    @property
    def sender(self) -> str:
        """The name under which Rasa knows this conversation."""
        return f"{self.channel}-{self.id}"

    def is_answering_another(self, key: str | None) -> bool:
        """Whether the turn that is under way is for another message than the one with this idempotency key."""
        return self._lock.locked() and (key is None or key not in self._waiting)

    @asynccontextmanager
    async def one_turn_at_a_time(self, key: str | None = None) -> AsyncIterator[None]:
        """Hold back other turns of this conversation, in the order in which they came.

        Raises ConversationBusy if too many wait already, ConversationNotFound if it was forgotten meanwhile.
        """
        if len(self._waiting) >= WAITING_TURNS:
            raise ConversationBusy
        self._waiting.append(key)
        try:
            async with self._lock:
                if self.forgotten:
                    raise ConversationNotFound
                yield
        finally:
            self._waiting.remove(key)

    async def wait_for_running_turns(self) -> None:
        """Return when no turn of this conversation is under way."""
        async with self._lock:
            return

    def record_line(self, message: Message, *, from_resident: bool = False, unanswered: bool = False) -> None:
        """Add a line to the transcript and let the oldest go."""
        self._lines_ever += 1
        self.transcript.append(Line(self._lines_ever, message, from_resident, unanswered))
        del self.transcript[:-TRANSCRIPT_LINES]
        for button in message.buttons:
            self._offered[button.payload] = button.title
            self._offered.move_to_end(button.payload)
        while len(self._offered) > OFFERED_PAYLOADS:
            self._offered.popitem(last=False)

    def record_unanswered(self, text: str) -> None:
        """Keep the (redacted) words that nobody could answer, so that they can be tried again.

        Words are added to those that already wait; a button pressed meanwhile does not push them out.
        """
        waiting = self.unanswered_text
        if waiting is None or waiting.startswith("/"):
            self.unanswered_text = text
        elif not text.startswith("/") and text not in waiting:
            # The latest words come last, and are the ones to lose least of.
            self.unanswered_text = f"{waiting}. {text}"[-WAITING_LIMIT:]
        self.reminded = False
        self.transcript[-1].unanswered = True

    def record_answered(self) -> None:
        """Note that the words that were kept have their answer."""
        self.unanswered_text = None
        for line in self.transcript:
            line.unanswered = False

    def find_offered_title(self, payload: str) -> str | None:
        """Return the title of the button with this payload, if this conversation offered one."""
        return self._offered.get(payload)

    def find_reply(self, key: str | None, text: str) -> Reply | None:
        """Return the reply already given to this idempotency key and this (redacted) text, if there is one."""
        earlier = None if key is None else self._replies.get(key)
        # A page that was left open can send an old key with new words: those are a new message.
        return earlier[1] if earlier and earlier[0] == text else None

    def record_reply(self, key: str | None, text: str, reply: Reply) -> None:
        """Remember the reply given to this idempotency key, if there is one."""
        if key is None:
            return
        self._replies[key] = (text, reply)
        while len(self._replies) > REMEMBERED_REPLIES:
            self._replies.popitem(last=False)


class Conversations:
    """All conversations of this process, oldest first."""

    def __init__(self, clock: Clock, keep_for: timedelta, limit: int) -> None:
        self._clock = clock
        self._keep_for = keep_for
        self._limit = limit
        self._latest = clock()
        self._by_id: OrderedDict[str, Conversation] = OrderedDict()
        # By id: a conversation that is forgotten must not live on here.
        self._begun_with: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_id)

    def now(self) -> datetime:
        """Return the moment by the clock that conversations live by."""
        return self._clock()

    def start(self, channel: str, conversation_id: str | None = None) -> Conversation:
        """Return a new conversation; if memory is full, the one that was quiet longest goes.

        `conversation_id` is for a door whose residents have a lasting address, and must be unguessable too.
        """
        self.forget_expired()
        while len(self._by_id) >= self._limit:
            _, oldest = self._by_id.popitem(last=False)
            oldest.forgotten = True
        conversation = Conversation(
            conversation_id or secrets.token_urlsafe(ID_BYTES), channel, self._clock()
        )
        self._by_id[conversation.id] = conversation
        return conversation

    def get(self, conversation_id: str) -> Conversation:
        """Return the conversation; raises ConversationNotFound."""
        conversation = self.find(conversation_id)
        if conversation is None:
            raise ConversationNotFound
        return conversation

    def find(self, conversation_id: str) -> Conversation | None:
        """Return the conversation, or None if there is none (any more)."""
        self.forget_expired()
        return self._by_id.get(conversation_id)

    def record_beginning(self, key: str, conversation: Conversation) -> None:
        """Remember that the message with this idempotency key began the conversation.

        Whoever lost the first answer on its way does not know the conversation's id yet, and sends the message again.
        """
        self._begun_with[key] = conversation.id
        while len(self._begun_with) > REMEMBERED_BEGINNINGS:
            self._begun_with.popitem(last=False)

    def find_begun_with(self, key: str) -> Conversation | None:
        """Return the conversation that the message with this key began, if it is still there."""
        return self.find(self._begun_with.get(key, ""))

    def record_activity(self, conversation: Conversation) -> None:
        """Start the 24 hours of this conversation anew."""
        conversation.last_message_at = self._clock()
        if conversation.id in self._by_id:
            self._by_id.move_to_end(conversation.id)

    def forget(self, conversation: Conversation) -> None:
        """Drop the conversation and everything in it."""
        conversation.forgotten = True
        self._by_id.pop(conversation.id, None)

    def forget_expired(self) -> None:
        """Drop the conversations whose last message is too long ago."""
        now = self._clock()
        if now < self._latest:
            # The clock ran ahead and was put right: what it wrote meanwhile counts from now.
            for conversation in self._by_id.values():
                conversation.last_message_at = min(conversation.last_message_at, now)
        self._latest, too_old = now, now - self._keep_for
        while self._by_id:
            oldest = next(iter(self._by_id.values()))
            if oldest.last_message_at > too_old:
                return
            self.forget(oldest)
