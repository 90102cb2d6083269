"""The one module that knows Rasa's REST channel."""

from typing import Any

import httpx

from bot.errors import RasaFailed

# Telling Rasa to forget must not keep a resident waiting who wants to be gone.
FORGET_SECONDS = 2.0


class RasaClient:
    """Talks to one Rasa server over connections that stay open."""

    def __init__(self, url: str, timeout: float) -> None:
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(2.0, timeout)),
            limits=httpx.Limits(max_connections=100, max_keepalive_connections=50),
            # Rasa is next door: a proxy from the environment would carry residents' words elsewhere.
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, sender: str, text: str, *, seconds: float | None = None) -> list[dict[str, Any]]:
        """Send one message and return the parts of the answer, which may be none.

        A refused connection is tried once more, because Rasa has then not seen the message; after a timeout
        it may have, so the message is not sent again. Raises RasaFailed.
        """
        body = {"sender": sender, "message": text}
        for last_try in (False, True):
            try:
                return _read_parts(await self._post(body, seconds))
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as failure:
                # A kept connection that Rasa closed in the meantime looks like a read error on first use.
                if last_try:
                    raise RasaFailed("refused") from failure
            except httpx.TimeoutException as failure:
                raise RasaFailed("timeout") from failure
            except httpx.HTTPError as failure:
                raise RasaFailed("refused") from failure
        raise AssertionError("the second try returns or raises")

    async def _post(self, body: dict[str, str], seconds: float | None) -> httpx.Response:
        if seconds is None:
            return await self._http.post("/webhooks/rest/webhook", json=body)
        return await self._http.post("/webhooks/rest/webhook", json=body, timeout=seconds)

    async def forget(self, sender: str) -> None:
        """Have Rasa delete all it holds on this sender. Raises RasaFailed."""
        await self.send(sender, "/forget_me", seconds=FORGET_SECONDS)

    async def is_ready(self) -> bool:
        """Return whether Rasa's REST channel answers."""
        try:
            return (await self._http.get("/webhooks/rest/", timeout=FORGET_SECONDS)).is_success
        except httpx.HTTPError:
            return False


def _read_parts(response: httpx.Response) -> list[dict[str, Any]]:
    if not response.is_success:
        raise RasaFailed("status")
    try:
        parts = response.json()
    except ValueError as failure:
        raise RasaFailed("unreadable") from failure
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise RasaFailed("unreadable")
    return parts
