"""A resident at the chat API: says things, presses buttons, remembers what was offered."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

# The bar for the worst case: with a part of the system dead, an answer still comes within this many seconds.
DEADLINE_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """What came back for one message: the HTTP status and the JSON body."""

    status: int
    body: dict[str, Any]
    media_type: str = "application/json"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", []))

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def cards(self) -> list[dict[str, Any]]:
        return [card for message in self.messages for card in message["services"]]

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for message in self.messages for button in message["buttons"]]

    @property
    def titles(self) -> list[str]:
        return [button["title"] for button in self.buttons]

    @property
    def urgent(self) -> bool:
        """Whether the first thing that the resident reads is an urgent-help card."""
        return bool(self.messages) and bool(self.messages[0]["urgent"])

    @property
    def understood(self) -> dict[str, Any]:
        return dict(self.body.get("understood", {}))

    @property
    def needs(self) -> list[str]:
        return list(self.understood.get("needs", []))

    @property
    def ward(self) -> str | None:
        place = self.understood.get("place")
        return place["ward"] if place else None


@dataclass
class Resident:
    """One conversation over the real HTTP API. Every request must be answered within the deadline."""

    bot_url: str
    transcript: list[str] = field(default_factory=list)
    conversation: str = ""
    welcome: Answer = Answer(0, {})
    _offered: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._http = httpx.Client(base_url=self.bot_url, timeout=DEADLINE_SECONDS, trust_env=False)
        self.welcome = _read(self._http.post("/api/conversations"))
        self.conversation = self.welcome.body["conversation"]
        self._note("(starts)", self.welcome)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        if error is not None:
            error.add_note("\n".join(["What was said:", *self.transcript]))

    def say(self, text: str, *, key: str | None = None) -> Answer:
        """Send words, or the payload of a button; `key` is an idempotency key."""
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/api/conversations/{self.conversation}/messages"
        answer = _read(self._http.post(path, json={"text": text}, headers=headers))
        self._note(text, answer)
        return answer

    def press(self, title: str) -> Answer:
        """Press the newest button whose title begins so."""
        payloads = [payload for offered, payload in self._offered.items() if offered.startswith(title)]
        assert payloads, f"no button {title!r} was offered, only {list(self._offered)}"
        return self.say(payloads[-1])

    def forget(self) -> int:
        """Ask for the conversation to be forgotten and return the HTTP status."""
        status = self._http.delete(f"/api/conversations/{self.conversation}").status_code
        self.transcript.append(f"(forget: {status})")
        return status

    def _note(self, said: str, answer: Answer) -> None:
        for button in answer.buttons:
            # Put in anew, so that the newest button of a title comes last.
            self._offered.pop(button["title"], None)
            self._offered[button["title"]] = button["payload"]
        shown = said if len(said) <= 120 else f"{said[:120]}… ({len(said)} characters)"
        self.transcript.append(f"> {shown!r} ({answer.status})")
        for message in answer.messages:
            extra = (
                f" [{', '.join(card['name'] for card in message['services'])}]" if message["services"] else ""
            )
            self.transcript.append(f"  < {message['text'][:200]!r}{extra}")
        self.transcript.append(f"  = {answer.understood or answer.body}")


def _read(response: httpx.Response) -> Answer:
    media_type = response.headers.get("content-type", "").partition(";")[0]
    return Answer(response.status_code, response.json(), media_type)
