"""Urgent-help cards: fixed, checked texts shown before anything else when somebody may be in danger."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from bot.messages import Message
from bot.translations import isolate, isolate_numbers

DATA = Path(__file__).parent / "data"
TRANSLATIONS = Path(__file__).parent / "translations" / "urgent"
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
    # In a translation the name as it is in English too: that is what is said when somebody answers the call.
    english_name: str = ""

    @property
    def full_name(self) -> str:
        """The name, and in a translation the English one beside it."""
        return _beside(self.name, self.english_name) if self.english_name else self.name

    @property
    def address(self) -> str:
        """The `tel:` or `sms:` address that a phone opens."""
        to_text = self.number_text.lower().lstrip("\u2066").startswith("text")
        return f"sms:{self.number}" if to_text else f"tel:{self.number}"


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
            f"• {contact.full_name}: {contact.number_text}. {contact.what_happens}"
            for contact in self.contacts
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
    translations: Mapping[str, "UrgentHelp"] = field(default_factory=dict)

    def in_language(self, language: str | None) -> "UrgentHelp":
        """Return the same in another language, or this if it is not translated."""
        return self.translations.get(language or "", self)

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
    english = UrgentHelp(by_risk, lines["gentle"], numbers)
    return replace(english, translations=_read_translations(english))


def _read_translations(english: UrgentHelp) -> dict[str, UrgentHelp]:
    """Return the translations by language. Numbers and sources always come from the English file."""
    return {path.stem: _translate(english, _read(path)) for path in sorted(TRANSLATIONS.glob("*.yml"))}


def _translate(english: UrgentHelp, words: dict[str, Any]) -> UrgentHelp:
    backwards = words["direction"] == "rtl"
    keep = isolate_numbers if backwards else str
    cards = {
        risk: _translate_card(card, words["cards"][risk], backwards) for risk, card in english.cards.items()
    }
    gentle = {risk: keep(words["gentle"][risk]) for risk in english.gentle}
    numbers = tuple(
        PlainNumber(_beside(keep(said["name"]), line.name), keep(line.number), keep(said["note"]))
        for line, said in zip(english.without_computer, words["without_computer"], strict=True)
    )
    return UrgentHelp(cards, gentle, numbers)


def _translate_card(card: UrgentCard, words: dict[str, Any], backwards: bool) -> UrgentCard:
    keep = isolate_numbers if backwards else str
    contacts = tuple(
        replace(
            contact,
            name=keep(said["name"]),
            english_name=contact.name,
            number_text=isolate(contact.number_text) if backwards else contact.number_text,
            when=keep(said["when"]),
            what_happens=keep(said["what_happens"]),
        )
        for contact, said in zip(card.contacts, words["lines"], strict=True)
    )
    return UrgentCard(card.risk, keep(words["title"]), keep(words["text"].strip()), contacts)


def _beside(name: str, english: str) -> str:
    return name if name == english else f"{name} ({english})"


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _read_card(entry: dict[str, Any]) -> UrgentCard:
    contacts = tuple(UrgentContact(**line) for line in entry["lines"])
    return UrgentCard(entry["risk"], entry["title"], entry["text"].strip(), contacts)
