"""Schemes: a page each about help with rules of its own, from data/schemes. One file a scheme: facts about it between
two lines of three hyphens (YAML), then the text (Markdown).

A scheme has days on which it opens and ends. Outside of them it is never shown as open, and the chat's guidance about
it goes.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from referral_directory.catalogue.guidance import Guidance
from referral_directory.errors import BadFile
from referral_directory.needs import Needs


class Standing(StrEnum):
    """Whether people can get help from a scheme."""

    OPEN = "open"
    TO_COME = "to come"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One scheme; `guidance` names the short texts that are about it, `replaced_by` the scheme that followed."""

    id: str
    title: str
    needs: tuple[str, ...]
    guidance: tuple[str, ...]
    opens_on: date | None
    ends_on: date | None
    replaced_by: str
    region: str
    sources: tuple[tuple[str, str], ...]
    checked_on: date | None
    review_by: date
    text: str


def load_schemes(folder: Path, needs: Needs) -> dict[str, Scheme]:
    """Every scheme of a folder by id, by title. Raises BadFile for one that lacks a source or a date."""
    paths = sorted(folder.glob("*.md")) if folder.is_dir() else []
    schemes = {path.stem: _read(path, needs) for path in paths}
    for scheme in schemes.values():
        if scheme.replaced_by and scheme.replaced_by not in schemes:
            raise BadFile(f"{scheme.id}.md", None, f"names the unknown scheme {scheme.replaced_by}")
    return dict(sorted(schemes.items(), key=lambda pair: pair[1].title))


def standing_of(scheme: Scheme, today: date) -> Standing:
    """Whether a scheme is open on a day; both its first and its last day are."""
    if scheme.ends_on is not None and today > scheme.ends_on:
        return Standing.ENDED
    if scheme.opens_on is not None and today < scheme.opens_on:
        return Standing.TO_COME
    return Standing.OPEN


def drop_ended(guidance: list[Guidance], schemes: dict[str, Scheme], today: date) -> list[Guidance]:
    """Guidance without the texts that are only about schemes that have ended."""
    about: dict[str, list[Scheme]] = {}
    for scheme in schemes.values():
        for name in scheme.guidance:
            about.setdefault(name, []).append(scheme)
    return [
        entry
        for entry in guidance
        if entry.id not in about
        or any(standing_of(scheme, today) is not Standing.ENDED for scheme in about[entry.id])
    ]


def find_scheme_about(entry: Guidance, schemes: dict[str, Scheme], today: date) -> Scheme | None:
    """The open scheme that a short text is about."""
    about = (scheme for scheme in schemes.values() if entry.id in scheme.guidance)
    return next((scheme for scheme in about if standing_of(scheme, today) is Standing.OPEN), None)


def _read(path: Path, needs: Needs) -> Scheme:
    try:
        _, head, text = path.read_text(encoding="utf-8").split("---\n", 2)
        facts: dict[str, Any] = yaml.load(head, Loader=yaml.CSafeLoader)
        scheme = Scheme(
            id=path.stem,
            title=str(facts["title"]),
            needs=tuple(facts["needs"]),
            guidance=tuple(facts["guidance"]),
            opens_on=_day(facts.get("opens_on")),
            ends_on=_day(facts.get("ends_on")),
            replaced_by=str(facts.get("replaced_by") or ""),
            region=str(facts["region"]),
            sources=tuple((str(one["name"]), str(one["url"])) for one in facts["sources"]),
            checked_on=_day(facts.get("checked_on")),
            review_by=_must(_day(facts["review_by"])),
            text=text.strip(),
        )
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise BadFile(path.name, None, f"cannot be read ({type(error).__name__}: {error})") from error
    if unknown := [code for code in scheme.needs if code not in needs]:
        raise BadFile(path.name, None, f"names the unknown need {unknown[0]}")
    if not scheme.sources or not scheme.text:
        raise BadFile(path.name, None, "needs a source, a date to review it by, and a text")
    return scheme


def _must(day: date | None) -> date:
    if day is None:
        raise ValueError("a date is missing")
    return day


def _day(value: object) -> date | None:
    if value is not None and not isinstance(value, date):
        raise ValueError(f"{value!r} is not a date")
    return value
