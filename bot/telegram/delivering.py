"""Sends what is in the delivery queue, chat by chat, at Telegram's pace, until Telegram has it.

At least once: Telegram has no idempotency key, so a part that was sent when the process died, before that was noted,
is sent again (tdlib/telegram-bot-api issue 126).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.logs import describe_failure
from bot.metrics import Metrics
from bot.telegram import queues
from bot.telegram.calls import RawBot
from bot.telegram.pace import Pace, backoff
from bot.telegram.sealing import Keys
from bot.telegram.storage import Storage
from bot.telegram.writing import strip_markup

log = structlog.get_logger()

# Limits of a chat count messages; these are answered at once.
UNPACED = ("acknowledge", "unbutton")


@dataclass
class Delivery:
    """Everything that sending needs. `failures` counts in a row, by chat; `forget` drops all that is kept of one."""

    bot: RawBot
    storage: Storage
    keys: Keys
    pace: Pace
    metrics: Metrics
    forget: Callable[[str], Awaitable[None]]
    failures: dict[str, int] = field(default_factory=dict)

    async def deliver_next(self, chat: str) -> bool:
        """Send the next part to the chat, or wait as long as Telegram asks; False if there is nothing to send."""
        due = await self.storage.run(queues.find_due, chat)
        if due is None:
            self.failures.pop(chat, None)
            return False
        part = self.keys.unseal(chat, due.body)
        if part["kind"] not in UNPACED:
            await self.pace.wait(chat)
        if await self._try(chat, self.keys.unseal(chat, due.chat_id), part):
            await self.storage.run(queues.record_delivered, chat, due.id)
        return True

    async def _try(self, chat: str, chat_id: int, part: dict[str, Any]) -> bool:
        """Send one part and return whether the queue is done with it."""
        try:
            await send_part(self.bot, chat_id, part)
        except RetryAfter as asked:
            self.metrics.failures.labels("telegram_retry_after").inc()
            wait = asked.retry_after
            await self._hold(chat, part, wait.total_seconds() if isinstance(wait, timedelta) else wait)
            return False
        except Forbidden:
            # Blocked by the resident, or the account is gone: nobody is there to read any of it.
            await self.forget(chat)
            return False
        except BadRequest as failure:
            # Telegram will never take this part, and the ones behind it must not wait for it.
            self._note(failure, "telegram_refused_part")
        except (TelegramError, NetworkError) as failure:
            self._note(failure, "telegram_unreachable")
            self.failures[chat] = self.failures.get(chat, 0) + 1
            await self._hold(chat, part, backoff(self.failures[chat]))
            return False
        self.failures.pop(chat, None)
        if part["kind"] not in UNPACED:
            self.pace.record_sent(chat)
        return True

    async def _hold(self, chat: str, part: dict[str, Any], seconds: float) -> None:
        self.pace.hold(chat, seconds)
        if part["kind"] in UNPACED:
            # Nobody waits before one of these is sent, so the wait is here.
            await self.pace.wait(chat)

    def _note(self, failure: Exception, kind: str) -> None:
        self.metrics.failures.labels(kind).inc()
        log.warning("telegram did not take a message", kind=kind, **describe_failure(failure))


async def send_part(bot: RawBot, chat_id: int, part: dict[str, Any]) -> None:
    """Make the call that a queued part stands for. Raises TelegramError."""
    match part["kind"]:
        case "acknowledge":
            await bot.answer_callback_query(part["callback"])
        case "unbutton":
            await bot.edit_message_reply_markup(chat_id=chat_id, message_id=part["message"])
        case _:
            await _send_message(bot, chat_id, part)


async def _send_message(bot: RawBot, chat_id: int, part: dict[str, Any]) -> None:
    rows = [[InlineKeyboardButton(title, callback_data=data) for title, data in row] for row in part["rows"]]
    # A preview would have Telegram fetch the page of a service that somebody in trouble looks at.
    options: dict[str, Any] = {
        "link_preview_options": LinkPreviewOptions(is_disabled=True),
        "reply_markup": InlineKeyboardMarkup(rows) if rows else None,
    }
    try:
        await bot.send_message(chat_id, part["text"], parse_mode=ParseMode.HTML, **options)
    except BadRequest as failure:
        if "entities" not in str(failure):
            raise
        # Telegram could not read our HTML: plain words are better than nothing.
        await bot.send_message(chat_id, strip_markup(part["text"]), **options)
