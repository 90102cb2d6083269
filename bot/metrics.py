"""What operators may watch: turns, seconds by step, failures by kind. Nothing about needs or risks.

Live counts of needs could point at people in a small place, so they are published elsewhere and later
(design rule 5); nothing here may take a label that comes from a conversation's content.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# What is counted for each channel, and the failures that ring. Figures begin at 0 for all of them: to Prometheus a
# figure that begins at 1 has never risen, and the first failure would be silent.
CHANNELS = ("web", "api", "telegram")
OUTCOMES = ("answered", "unanswered", "crowded", "closed", "urgent")
RINGING_FAILURES = ("screen", "telegram_connect", "telegram_poll", "telegram_unreachable")
# What Rasa's workers share in a city: PostgreSQL has their conversations, Redis their locks.
STORES = ("conversations", "locks")
STEP_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8)


class Metrics:
    """The figures of one bot process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turns = Counter(
            "bot_turns", "Messages answered.", ["channel", "outcome"], registry=self.registry
        )
        self.failures = Counter("bot_failures", "Failures, by kind.", ["kind"], registry=self.registry)
        self.conversations = self._gauge("bot_conversations", "Conversations in memory.")
        self.not_understood = Counter(
            "bot_not_understood", "Messages in which the assistant found no need.", registry=self.registry
        )
        self.workers_away = self._gauge(
            "bot_rasa_workers_away", "Rasa workers that did not answer when last asked."
        )
        self.stores_away = self._gauge(
            "bot_rasa_stores_away",
            "1 if a Rasa worker did without this server when these figures were asked for, else 0.",
            "store",
        )
        self.ready = self._gauge(
            "bot_ready", "1 if Rasa and the directory answered when these figures were asked for, else 0."
        )
        self.waiting = self._gauge("bot_messages_waiting", "Messages that queue for an answer.")
        self.telegram_chats = self._gauge(
            "bot_telegram_chats_waiting",
            "Telegram chats with something to answer or to send, at the last sweep.",
        )
        steps = ["step"]
        self.steps = Histogram(
            "bot_turn_step_seconds",
            "Seconds per step of a turn.",
            steps,
            buckets=STEP_BUCKETS,
            registry=self.registry,
        )
        self._begin_at_zero()

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self.registry)

    def _begin_at_zero(self) -> None:
        for channel in CHANNELS:
            for outcome in OUTCOMES:
                self.turns.labels(channel, outcome)
        for store in STORES:
            self.stores_away.labels(store)
        for kind in RINGING_FAILURES:
            self.failures.labels(kind)
        self.steps.labels("rasa")

    @contextmanager
    def time_step(self, step: str) -> Iterator[None]:
        """Record the seconds that the block takes under `step`."""
        started = perf_counter()
        try:
            yield
        finally:
            self.steps.labels(step).observe(perf_counter() - started)

    def export(self) -> bytes:
        """Return all figures in the Prometheus text format."""
        return generate_latest(self.registry)
