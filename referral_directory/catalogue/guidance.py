"""Guidance: short true texts about schemes, from data/starter/guidance.yaml."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from referral_directory.errors import BadFile
from referral_directory.needs import Needs


@dataclass(frozen=True, slots=True)
class Guidance:
    """One text for some needs. Dates are ISO or "" when not known."""

    id: str
    needs: tuple[str, ...]
    risks: tuple[str, ...]
    title: str
    text: str
    steps: tuple[str, ...]
    source_name: str
    source_url: str
    checked_on: str
    review_by: str
    region: str


def load_guidance(path: Path, needs: Needs) -> list[Guidance]:
    """Every entry of the file. Raises BadFile for one that names an unknown need or lacks a title or text."""
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadFile(path.name, None, f"cannot be read ({type(error).__name__})") from error
    if not isinstance(entries, list):
        raise BadFile(path.name, None, "is not a list")
    return [_read(entry, needs, path.name) for entry in entries]


def list_guidance(guidance: list[Guidance], codes: list[str]) -> list[Guidance]:
    """What helps with any of these needs (all, without codes): the text written for fewest other
    needs first.
    """
    matching = [entry for entry in guidance if not codes or set(codes) & set(entry.needs)]
    return sorted(matching, key=lambda entry: len(entry.needs)) if codes else matching


def _read(entry: Any, needs: Needs, file: str) -> Guidance:
    try:
        read = Guidance(
            id=str(entry["id"]),
            needs=tuple(entry.get("needs") or ()),
            risks=tuple(entry.get("risks") or ()),
            title=str(entry["title"]).strip(),
            text=" ".join(str(entry["text"]).split()),
            steps=tuple(str(step) for step in entry.get("steps") or ()),
            source_name=str(entry.get("source_name") or ""),
            source_url=str(entry.get("source_url") or ""),
            checked_on=_date(entry.get("checked_on")),
            review_by=_date(entry.get("review_by")),
            region=str(entry.get("region") or ""),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadFile(file, None, f"an entry cannot be read ({type(error).__name__}: {error})") from error
    if unknown := [code for code in read.needs if code not in needs]:
        raise BadFile(file, None, f"{read.id} names the unknown need {unknown[0]}")
    return read


def _date(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")
