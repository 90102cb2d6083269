"""Urgent-help cards: fixed, checked texts shown before anything else when somebody may be in danger."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.messages import Message

DATA = Path(__file__).parent / "data"
DEFAULT = "default"


@dataclass(frozen=True)
class UrgentContact:
    """One way to reach help: what to dial, how that is shown, when it is open and what happens when you call.

    `checked` is the date of the source (ISO), or "" if the source has none.
    """

    name: str
    number: str
    number_text: str
    when: str
    what_happens: str
    source_name: str
    source_url: str
    checked: str

    @property
    def address(self) -> str:
        """The `tel:` or `sms:` address that a phone opens."""
        return f"sms:{self.number}" if self.number_text.lower().startswith("text") else f"tel:{self.number}"


@dataclass(frozen=True)
class UrgentCard:
    """What to say and whom to call in one kind of danger."""

    risk: str
    title: str
    text: str
    contacts: tuple[UrgentContact, ...]

    def as_message(self) -> Message:
        """Return the card in plain lines, which read the same on every channel."""
        contacts = (
            f"• {contact.name}: {contact.number_text}. {contact.what_happens}" for contact in self.contacts
        )
        return Message(text="\n".join([f"{self.title}.", self.text, *contacts]), urgent=True)


@dataclass(frozen=True)
class PlainNumber:
    """A number for when nothing here works."""

    name: str
    number: str
    note: str


@dataclass(frozen=True)
class UrgentHelp:
    """All urgent-help cards by risk, with a default, and the short lines that point to them."""

    cards: dict[str, UrgentCard]
    gentle: dict[str, str]
    without_computer: tuple[PlainNumber, ...]

    def get_card(self, risk: str) -> UrgentCard:
        """Return the card for this risk, or the default card if there is none: never nothing."""
        return self.cards.get(risk) or self.cards[DEFAULT]

    def get_gentle_line(self, risk: str) -> Message:
        """Return one line that points to urgent help without assuming that it is needed."""
        return Message(text=self.gentle.get(risk) or self.gentle[DEFAULT], points_to_urgent_help=True)

    def list_numbers(self) -> str:
        """Return the numbers that need no computer, one a line."""
        return "\n".join(f"• {line.name}: {line.number}. {line.note}" for line in self.without_computer)


def load_urgent_help(folder: Path = DATA) -> UrgentHelp:
    """Read the cards. A file that is not as agreed stops the process at its start: better than no card later.

    Raises ValueError, KeyError or TypeError, which name what is missing.
    """
    cards = [_read_card(entry) for entry in _read(folder / "urgent_help.yaml")]
    lines = _read(folder / "urgent_lines.yaml")
    by_risk = {card.risk: card for card in cards}
    if DEFAULT not in by_risk or DEFAULT not in lines["gentle"]:
        raise ValueError(f"urgent help has no entry called {DEFAULT!r}")
    numbers = tuple(PlainNumber(**line) for line in lines["without_computer"])
    return UrgentHelp(by_risk, lines["gentle"], numbers)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _read_card(entry: dict[str, Any]) -> UrgentCard:
    contacts = tuple(UrgentContact(**line) for line in entry["lines"])
    return UrgentCard(entry["risk"], entry["title"], entry["text"].strip(), contacts)
