"""The city's other doors: the TLS proxy, and Telegram."""

import ssl
import time
from itertools import count

import httpx

from tests.bot.telegram.fake_telegram import FakeTelegram, message
from tests.faults.conftest import FragileCity

NUMBERS = count(1)


def open_tls_door(stack: FragileCity, host: str) -> httpx.Client:
    """Return a client of the host that this setting names, which trusts the proxy's own certificate alone."""
    environment = stack.city.environment
    own = stack.city.state / "proxy/caddy/pki/authorities/local/root.crt"
    return httpx.Client(
        transport=_ByName(environment[host], verify=ssl.create_default_context(cafile=own)),
        base_url=f"https://127.0.0.1:{environment['PROXY_PORT']}",
        headers={"Host": f"{environment[host]}:{environment['PROXY_PORT']}"},
        timeout=20,
    )


class _ByName(httpx.HTTPTransport):
    """Asks for a host by its name without looking the name up."""

    def __init__(self, name: str, verify: ssl.SSLContext) -> None:
        super().__init__(verify=verify)
        self._name = name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = self._name
        return super().handle_request(request)


class TelegramResident:
    """Somebody in a chat with the bot, through Telegram's servers."""

    def __init__(self, telegram: FakeTelegram) -> None:
        self._telegram = telegram
        self.chat = 1000 + next(NUMBERS)

    def write(self, text: str) -> None:
        """Send a message and wait for nothing."""
        self._telegram.push(message(next(NUMBERS), chat=self.chat, text=text))

    def say(self, text: str) -> str:
        """Send a message and return what came back, once it is quiet."""
        before = len(self._telegram.texts(self.chat))
        self.write(text)
        return self.wait_for_answer(before)

    def wait_for_answer(self, before: int = 0, seconds: float = 60) -> str:
        """Return what came after the first `before` messages, once nothing has come for a second."""
        give_up, seen, since = time.monotonic() + seconds, before, time.monotonic()
        while seen == before or time.monotonic() - since < 1:
            assert time.monotonic() < give_up, "no answer through Telegram"
            time.sleep(0.1)
            if (now := len(self._telegram.texts(self.chat))) != seen:
                seen, since = now, time.monotonic()
        return "\n".join(self._telegram.texts(self.chat)[before:])
