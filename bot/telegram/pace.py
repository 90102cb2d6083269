"""Telegram's limits: so many messages a second in all, and one a second in each chat.

Source: https://core.telegram.org/bots/faq (broadcasting: about 30 a second; one a second in a chat). Telegram does
not promise these figures, so its own `retry_after` is obeyed as well.
"""

import asyncio
import random

# A chat that was quiet longer than any pause needs no entry.
PRUNE_AT = 1000
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0


class Pace:
    """Says when the next message may go out."""

    def __init__(self, per_second: float, chat_seconds: float) -> None:
        self._gap = 1 / per_second
        self._chat_seconds = chat_seconds
        self._next = 0.0
        self._next_in_chat: dict[str, float] = {}

    async def wait(self, chat: str) -> None:
        """Return when a message may be sent to this chat."""
        clock = asyncio.get_running_loop().time
        # First the chat's own pause: a slot of everybody's must not be held by a chat that may not use it yet.
        while (pause := self._next_in_chat.get(chat, 0.0) - clock()) > 0:
            await asyncio.sleep(pause)
        slot = max(clock(), self._next)
        self._next = slot + self._gap
        await asyncio.sleep(max(0.0, slot - clock()))

    def record_sent(self, chat: str) -> None:
        """Start the pause of the chat."""
        self.hold(chat, self._chat_seconds)

    def hold(self, chat: str, seconds: float) -> None:
        """Send nothing to this chat for so long."""
        now = asyncio.get_running_loop().time()
        self._next_in_chat[chat] = now + seconds
        if len(self._next_in_chat) > PRUNE_AT:
            self._next_in_chat = {chat: when for chat, when in self._next_in_chat.items() if when > now}


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: doubling, up to half a minute, with chance in it."""
    longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(failures - 1, 10))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - only to spread the tries
