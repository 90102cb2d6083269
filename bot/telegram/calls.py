"""The one module that calls Telegram's Bot API, with python-telegram-bot."""

import os
from typing import Any

import telegram
from telegram.request import HTTPXRequest

# Telegram holds a request for updates this long when there are none; the connection waits a little longer.
LONG_POLL_SECONDS = 25
SECONDS = 10.0
CONNECTIONS = 32
# Updates that Telegram may push at the same time (1 to 100).
PUSHED_AT_ONCE = 10


class RawBot(telegram.Bot):
    """The library's bot, which can also hand over updates as they came."""

    async def get_raw_updates(self, offset: int, allowed: tuple[str, ...]) -> list[Any]:
        """Wait for updates from `offset` on and return them; the ones before are acknowledged by this.

        The library's own method gives up on a whole batch when one update in it is malformed. Raises TelegramError.
        """
        options = {"offset": offset, "timeout": LONG_POLL_SECONDS, "allowed_updates": allowed, "limit": 100}
        raw: Any = await self._post("getUpdates", options, read_timeout=LONG_POLL_SECONDS + SECONDS)
        return raw if isinstance(raw, list) else []

    async def close_connections(self) -> None:
        """Close the connections, also those of a bot that Telegram never answered."""
        for request in self._request:
            await request.shutdown()


def build_bot(token: str, api_url: str) -> RawBot:
    """Return the bot, not yet connected. `api_url` is Telegram's, or that of an own Bot API server.

    Raises telegram.error.InvalidToken for a token that can be none; its message holds the token and is not for logs.
    """
    # The library says how long to wait as a timedelta from now on, and warns whoever has not decided yet.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    # An own server is next door: a proxy from the environment would carry residents' words elsewhere.
    own_server = "api.telegram.org" not in api_url
    options = {"trust_env": False} if own_server else {}

    def connect(size: int) -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=size,
            read_timeout=SECONDS,
            connect_timeout=SECONDS,
            pool_timeout=60.0,
            httpx_kwargs=dict(options),
        )

    address = api_url.rstrip("/")
    return RawBot(
        token,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        request=connect(CONNECTIONS),
        get_updates_request=connect(1),
    )
