"""The Telegram door as a whole: takes updates in, has them answered in order, has the answers delivered."""

import asyncio
import fcntl
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import structlog

from bot.clock import Clock
from bot.logs import describe_failure
from bot.messages import Button
from bot.telegram import queues, words
from bot.telegram.answering import Answer, Asked, answer, name_sender
from bot.telegram.calls import PUSHED_AT_ONCE, RawBot
from bot.telegram.delivering import Delivery
from bot.telegram.groups import Groups
from bot.telegram.lanes import Lanes
from bot.telegram.pace import Pace, backoff
from bot.telegram.sealing import Keys
from bot.telegram.storage import Storage
from bot.telegram.updates import ALLOWED_UPDATES, Incoming, read_body, read_update
from bot.telegram.writing import Draft, lay_out, write_drafts
from bot.translations import ENGLISH, list_languages
from bot.turn import FrontDesk

log = structlog.get_logger()

# Rasa answers one message in tens of milliseconds on one core: more at once would only make the web chat wait.
ANSWERED_AT_ONCE = 8
# After so many tries an update that always fails gets an apology, so that those behind it are answered.
ATTEMPTS = 3
# How long answers and sends under way may take when the process stops; what is cut off is done again later.
STOP_SECONDS = 9.0
SEND_SECONDS = 3.0
SWEEP_SECONDS = 60.0
LOCK_SECONDS = 0.5


class TelegramDoor:
    """Started and stopped with the bot process; `receive` may be called once it is open."""

    def __init__(
        self,
        bot: RawBot,
        desk: FrontDesk,
        keys: Keys,
        folder: Path,
        *,
        clock: Clock,
        pace: Pace,
        hours: float,
    ) -> None:
        self.keys = keys
        self._bot = bot
        self._desk = desk
        self._clock = clock
        self._keep_seconds = timedelta(hours=hours).total_seconds()
        self._lock = folder / "telegram.lock"
        self._storage = Storage(folder / "telegram.db")
        self._delivery = Delivery(bot, self._storage, keys, pace, desk.metrics, self._forget_everything)
        self._answering = Lanes(self._answer_next, ANSWERED_AT_ONCE)
        self._sending = Lanes(self._delivery.deliver_next)
        self._groups = Groups(bot, keys, desk.metrics)
        self._task: asyncio.Task[None] | None = None
        self._held: IO[str] | None = None
        self.is_open = False

    def start(self, webhook_url: str | None) -> None:
        """Open in the background, so that the web chat never waits for Telegram. Without an address: polling."""
        self._task = asyncio.create_task(self._run(webhook_url))

    async def stop(self) -> None:
        """Take nothing more in, let answers under way be written down, and close."""
        self.is_open = False
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._groups.stop()
        await asyncio.gather(self._answering.stop(STOP_SECONDS), self._sending.stop(SEND_SECONDS))
        await self._storage.close()
        await self._bot.close_connections()
        if self._held:
            self._held.close()

    async def receive(self, raw_updates: Iterable[Any]) -> None:
        """Store updates for good; when this returns Telegram may forget them."""
        arrivals, refused = [], []
        for raw in raw_updates:
            try:
                incoming = read_update(raw)
            except ValueError:
                # It will not be better when it is sent again.
                self._count("telegram_malformed")
                continue
            if incoming is None:
                continue
            if incoming.kind == "group":
                refused.append(incoming.chat_id)
            else:
                arrivals.append(self._seal_arrival(incoming))
        recorded = await self._storage.run(queues.record_arrivals, arrivals, self._now(), self._keep_seconds)
        if recorded.repeats:
            self._desk.metrics.failures.labels("telegram_repeated_update").inc(recorded.repeats)
        for chat in recorded.blocked:
            self._drop_conversation(chat)
        for chat in recorded.chats:
            self._sending.wake(chat)
            self._answering.wake(chat)
        for chat_id in refused:
            self._groups.refuse(chat_id)

    def _seal_arrival(self, incoming: Incoming) -> queues.Arrival:
        chat = self.keys.hash_chat(incoming.chat_id)
        acknowledgement = None
        if incoming.callback:
            acknowledgement = self.keys.seal(chat, {"kind": "acknowledge", "callback": incoming.callback})
        name = incoming.message
        if incoming.edited:
            name += f" {self.keys.hash_short(chat, incoming.text + incoming.caption)}"
        return queues.Arrival(
            incoming.update_id,
            chat,
            name,
            None if incoming.kind == "blocked" else self.keys.seal(chat, incoming.as_body()),
            self.keys.seal(chat, incoming.chat_id),
            acknowledgement,
        )

    async def _answer_next(self, chat: str) -> bool:
        """Answer the oldest update of the chat and queue the answer; False if there is none."""
        waiting = await self._storage.run(queues.claim_next, chat)
        if waiting is None:
            return False
        incoming = read_body(self.keys.unseal(chat, waiting.body))
        said = await self._answer(chat, incoming, waiting.attempts)
        if said is None:
            return True
        parts, buttons = self._seal_answer(chat, incoming, said)
        if said.forget and name_sender(chat) in self._desk.owed:
            await self._storage.run(queues.record_owed, chat)
        await self._storage.run(
            queues.record_answer, waiting.update_id, chat, parts, buttons, self._now(), forget=said.forget
        )
        self._sending.wake(chat)
        return True

    async def _answer(self, chat: str, incoming: Incoming, attempts: int) -> Answer | None:
        """Return the answer, or None if it failed and should be tried again."""
        # More attempts than failures are counted for: then the process itself died over this update each time.
        if attempts <= 2 * ATTEMPTS:
            try:
                return await answer(
                    self._desk, Asked(chat, incoming, await self._find_button(chat, incoming))
                )
            except Exception as failure:  # noqa: BLE001 - the comment below says why
                # Whatever it was, it must not stop this chat; the update is still in the store.
                self._count("telegram_answer")
                log.error("an update could not be answered", channel="telegram", **describe_failure(failure))
                if attempts < ATTEMPTS:
                    return None
        return Answer([words.could_not_answer(self._desk.urgent)])

    async def _find_button(self, chat: str, incoming: Incoming) -> Button | None:
        if incoming.kind != "button":
            return None
        sealed = await self._storage.run(queues.find_button, chat, incoming.text)
        return None if sealed is None else Button.model_validate(self.keys.unseal(chat, sealed))

    def _seal_answer(
        self, chat: str, incoming: Incoming, said: Answer
    ) -> tuple[list[bytes], list[queues.Kept]]:
        drafts = write_drafts(said.messages, said.lead, said.language)
        parts = [self._seal_draft(chat, draft) for draft in drafts]
        if said.stale and incoming.button_message:
            parts.append(self.keys.seal(chat, {"kind": "unbutton", "message": incoming.button_message}))
        if said.forget:
            return parts, []
        buttons = [button for draft in drafts for button in draft.buttons]
        kept = [
            queues.Kept(self._shorten(chat, button), self.keys.seal(chat, button.model_dump()))
            for button in buttons
        ]
        return parts, kept

    def _seal_draft(self, chat: str, draft: Draft) -> bytes:
        rows = [
            [(button.title, self._shorten(chat, button)) for button in row] for row in lay_out(draft.buttons)
        ]
        return self.keys.seal(chat, {"kind": "message", "text": draft.text, "rows": rows})

    def _shorten(self, chat: str, button: Button) -> str:
        return self.keys.hash_short(chat, button.payload)

    async def _forget_everything(self, chat: str) -> None:
        """Drop what is queued for somebody who blocked the bot, and what was said."""
        self._drop_conversation(chat)
        await self._storage.run(queues.record_gone, chat)

    def _drop_conversation(self, chat: str) -> None:
        if conversation := self._desk.conversations.find(chat):
            self._desk.conversations.forget(conversation)
        self._desk.owed.add(name_sender(chat))

    async def _run(self, webhook_url: str | None) -> None:
        await self._open_storage()
        await self._connect(webhook_url)
        self.is_open = True
        log.info("telegram is open", channel="telegram", kind="webhook" if webhook_url else "polling")
        sweeping = asyncio.create_task(self._sweep())
        try:
            if webhook_url:
                await sweeping
            await self._poll()
        finally:
            sweeping.cancel()

    async def _open_storage(self) -> None:
        failures = 0
        while True:
            try:
                await self._hold_lock()
                await self._storage.open(self.keys.fingerprint())
                owed = await self._storage.run(queues.list_owed)
                self._desk.owed.update(name_sender(chat) for chat in owed)
                return
            except Exception as failure:  # noqa: BLE001 - a full disk or a wrong owner can be put right meanwhile
                failures += 1
                self._count("telegram_storage")
                log.error("the store cannot be opened", channel="telegram", **describe_failure(failure))
                await asyncio.sleep(backoff(failures))

    async def _hold_lock(self) -> None:
        """Wait until no other process works on this state folder: two would answer everything twice."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        self._held = self._held or self._lock.open("w")
        while True:
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(LOCK_SECONDS)
            else:
                return

    async def _connect(self, webhook_url: str | None) -> None:
        """Tell Telegram how updates reach us; tried until it works."""
        failures = 0
        while True:
            try:
                await self._bot.initialize()
                await self._introduce(webhook_url)
            except Exception as failure:  # noqa: BLE001 - whatever is wrong over there may be put right
                failures += 1
                self._count("telegram_connect")
                log.warning("telegram cannot be reached yet", channel="telegram", **describe_failure(failure))
                await asyncio.sleep(backoff(failures))
            else:
                return

    async def _introduce(self, webhook_url: str | None) -> None:
        if webhook_url:
            await self._bot.set_webhook(
                webhook_url,
                secret_token=self.keys.webhook_secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=PUSHED_AT_ONCE,
            )
        else:
            await self._bot.delete_webhook()
        others = [known.language for known in list_languages() if known.language != ENGLISH]
        await asyncio.gather(
            self._bot.set_my_commands(words.list_commands()),
            *(
                self._bot.set_my_commands(words.list_commands(language), language_code=language)
                for language in others
            ),
        )

    async def _poll(self) -> None:
        offset, failures = 0, 0
        while True:
            try:
                raw = await self._bot.get_raw_updates(offset, ALLOWED_UPDATES)
                # The next request acknowledges these, so they are on disk before it is made.
                await self.receive(raw)
                numbers = [update["update_id"] for update in raw if _has_number(update)]
                offset = max([offset, *(number + 1 for number in numbers)])
                failures = 0
            except Exception as failure:  # noqa: BLE001 - a door that fails once must not stay shut
                failures += 1
                self._count("telegram_poll")
                log.warning("updates could not be fetched", channel="telegram", **describe_failure(failure))
                await asyncio.sleep(backoff(failures))

    async def _sweep(self) -> None:
        """Take up what an earlier process or a failure left, and let old conversations vanish."""
        while True:
            try:
                now = self._now()
                await self._storage.run(queues.correct_times, now)
                await self._storage.run(queues.forget_expired, now - self._keep_seconds)
                owed = await self._storage.run(queues.list_owed)
                paid = [chat for chat in owed if name_sender(chat) not in self._desk.owed]
                await self._storage.run(queues.record_paid, paid)
                to_answer, to_send = await self._storage.run(queues.list_chats)
                self._desk.metrics.telegram_chats.set(len({*to_answer, *to_send}))
                for chat in to_send:
                    self._sending.wake(chat)
                for chat in to_answer:
                    self._answering.wake(chat)
            except Exception as failure:  # noqa: BLE001 - a sweep that fails once must not be the last one
                self._count("telegram_sweep")
                log.error("the sweep failed", channel="telegram", **describe_failure(failure))
            await asyncio.sleep(SWEEP_SECONDS)

    def _count(self, kind: str) -> None:
        self._desk.metrics.failures.labels(kind).inc()

    def _now(self) -> float:
        return self._clock().timestamp()


def _has_number(update: Any) -> bool:
    return isinstance(update, dict) and isinstance(update.get("update_id"), int)
