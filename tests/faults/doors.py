"""The city's other doors: the TLS proxy, and Telegram."""

import re
import ssl
import time
from itertools import count

import httpx

from tests.bot.telegram.fake_telegram import message
from tests.faults.conftest import PLACE, FragileCity, Resident

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


class TlsResident(Resident):
    """Somebody in a conversation through the API, who comes in through the proxy."""

    def connect(self) -> httpx.Client:
        return open_tls_door(self.city, "CHAT_HOST")


def shows_services(answer: str) -> bool:
    """Whether an answer on Telegram has the address of a service in it."""
    return bool(re.search(r"\bLS\d+ \d[A-Z]{2}\b", answer))


class TelegramResident:
    """Somebody in a chat with the bot, through Telegram's servers."""

    def __init__(self, city: FragileCity) -> None:
        self._city = city
        self._telegram = city.telegram
        self.chat = 1000 + next(NUMBERS)

    def write(self, text: str) -> None:
        """Send a message and wait for nothing."""
        self._telegram.push(message(next(NUMBERS), chat=self.chat, text=text))

    def heard(self) -> int:
        """How many messages have come so far."""
        return len(self._telegram.texts(self.chat))

    def all_since(self, before: int) -> str:
        """Everything that came after the first `before` messages."""
        return "\n".join(self._telegram.texts(self.chat)[before:])

    def say(self, text: str) -> str:
        """Send a message and return what came back, once it is quiet."""
        before = self.heard()
        self.write(text)
        answer = self.wait_for_answer(before)
        if text == PLACE:
            self._city.asked.add(f"telegram-{self.chat}")
            if shows_services(answer):
                self._city.served.add(f"telegram-{self.chat}")
        return answer

    def wait_for_answer(self, before: int, seconds: float = 60) -> str:
        """Return what came after the first `before` messages, once nothing has come for a second."""
        give_up, seen, since = time.monotonic() + seconds, before, time.monotonic()
        while seen == before or time.monotonic() - since < 1:
            assert time.monotonic() < give_up, "no answer through Telegram"
            time.sleep(0.1)
            if (now := self.heard()) != seen:
                seen, since = now, time.monotonic()
        return self.all_since(before)
