"""The starter file: data/starter/services.csv, one service a line, read and checked.

Columns are explained beside the file. A row that is wrong is reported with its line and left out; the rest
load.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path

from referral_directory.catalogue.sites import (
    open_places,
    place_columns,
    read_degrees,
    read_more_places,
    read_site,
)
from referral_directory.errors import BadFile, BadHours
from referral_directory.needs import RISKS, Needs
from referral_directory.opening import read_times

ACCESS = ("walk_in", "phone", "online", "self_referral", "staff_referral")
COVERAGE = ("local", "citywide", "national", "online")
CONFIDENCE = ("high", "medium", "low")
LONGEST_NAME = 300
IDENTITY = re.compile(r"[a-z0-9][a-z0-9-]{0,119}")
NUMBER = re.compile(r"\+?[0-9][0-9 ]{1,18}")
LINK = re.compile(r"https?://[^\s<>\"']+")
AREA = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?|E05[0-9]{6}")


@dataclass(frozen=True, slots=True)
class StarterRow:
    """One service as filed: lists keep their order, degrees are floats, and what is not known is empty."""

    id: str
    organisation: str
    name: str
    needs: tuple[str, ...]
    risks: tuple[str, ...]
    what: str
    who_for: str
    how_to_get_help: str
    access: tuple[str, ...]
    phone: str
    phone_note: str
    email: str
    website: str
    address: str
    postcode: str
    lat: float | None
    lon: float | None
    ward_code: str
    coverage: str
    areas: tuple[str, ...]
    opening_hours: str
    opening_status: str
    opening_note: str
    languages: tuple[str, ...]
    accessibility: str
    cost: str
    documents: str
    referral_possible: bool
    source_name: str
    source_url: str
    source_note: str
    source_date: str
    checked_on: date | None
    confidence: str
    published: bool
    curator_note: str
    # The address is stored and never shown: not on cards, not in feeds, exports or histories.
    confidential: bool = False
    # Places beside the one above, as texts (catalogue.sites), in an order of their own.
    more_places: tuple[str, ...] = ()


COLUMNS = tuple(column.name for column in fields(StarterRow))
# What a file may leave out.
OPTIONAL = ("confidential", "more_places")
LISTS = ("needs", "risks", "access", "areas", "languages", "more_places")


@dataclass(slots=True)
class Starter:
    """A starter file: its good rows, what is wrong with the others, and the digest of the whole file."""

    rows: list[StarterRow]
    digest: str
    faults: list[BadFile] = field(default_factory=list)


def read_starter(path: Path, needs: Needs) -> Starter:
    """Every row of the file. Raises BadFile if the file itself, or its header, is wrong."""
    try:
        raw = path.read_bytes()
        lines = csv.DictReader(raw.decode("utf-8").splitlines(keepends=True))
        header = tuple(lines.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(path.name, None, f"cannot be read ({type(error).__name__})") from error
    check_header(path.name, header)
    starter = Starter([], hashlib.sha256(raw).hexdigest())
    seen: set[str] = set()
    for values in lines:
        try:
            row = read_row(values, needs)
            if row.id in seen:
                raise ValueError(f"the id {row.id} comes twice")
        except (ValueError, BadHours) as error:
            starter.faults.append(BadFile(path.name, lines.line_num, str(error)))
            continue
        seen.add(row.id)
        starter.rows.append(row)
    return starter


def check_header(name: str, header: Iterable[str]) -> None:
    """Raises BadFile if the header of a file lacks a column."""
    found = [*header, *OPTIONAL]
    if missing := [column for column in COLUMNS if column not in found]:
        raise BadFile(name, 1, f"lacks the columns {', '.join(missing)}")


def read_row(values: Mapping[str, str | None], needs: Needs) -> StarterRow:
    """One row from its texts. Raises ValueError or BadHours saying what is wrong."""
    text = {column: (values.get(column) or "").strip() for column in COLUMNS}
    lists = {
        column: tuple(part.strip() for part in text[column].split("|") if part.strip()) for column in LISTS
    }
    lists["more_places"] = read_more_places(lists["more_places"])
    plain = {column: value for column, value in text.items() if column not in LISTS}
    row = StarterRow(
        **{  # type: ignore[arg-type]
            **plain,
            **lists,
            "lat": read_degrees(text["lat"], 90),
            "lon": read_degrees(text["lon"], 180),
            "referral_possible": _yes_or_no(text["referral_possible"], "referral_possible"),
            "published": _yes_or_no(text["published"], "published"),
            "confidential": _yes_or_no(text["confidential"] or "no", "confidential"),
            "checked_on": date.fromisoformat(text["checked_on"]) if text["checked_on"] else None,
        }
    )
    _check_words(row, needs)
    _check_texts(row)
    read_times(row.opening_hours, row.opening_status, None, has_phone=bool(row.phone))
    return _with_first_place(row)


def texts_of(row: StarterRow) -> dict[str, str]:
    """A row as texts by column: the inverse of read_row."""
    return {column: text_of(getattr(row, column)) for column in COLUMNS}


def text_of(value: object, between: str = "|") -> str:
    """A value of a row as a text: yes or no, a list as in a file, and nothing for what is not known."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return between.join(value)
    return "" if value is None else str(value)


def row_digest(row: StarterRow) -> str:
    """The same for two rows that say the same."""
    says = asdict(row)
    if not row.confidential:
        # As before there were such columns, so that digests kept from then still hold.
        del says["confidential"]
    if not row.more_places:
        del says["more_places"]
    return hashlib.sha256(json.dumps(says, default=str, sort_keys=True).encode()).hexdigest()


def _check_words(row: StarterRow, needs: Needs) -> None:
    allowed = {
        "needs": (row.needs, tuple(needs)),
        "risks": (row.risks, RISKS),
        "access": (row.access, ACCESS),
        "coverage": ((row.coverage,), COVERAGE),
        "confidence": ((row.confidence,), CONFIDENCE),
    }
    for column, (words, known) in allowed.items():
        if unknown := [word for word in words if word not in known]:
            raise ValueError(f"{column}: {unknown[0]!r} is none of {', '.join(known)}")
        if len(set(words)) != len(words):
            raise ValueError(f"{column}: a word comes twice")
    if row.published and row.confidence == "low":
        raise ValueError("published: a low-confidence row is never published")
    if unknown := [area for area in row.areas if not AREA.fullmatch(area)]:
        raise ValueError(f"areas: {unknown[0]!r} is neither an outcode nor a ward code")


def _check_texts(row: StarterRow) -> None:
    if not IDENTITY.fullmatch(row.id):
        raise ValueError("id: use small letters, digits and hyphens, at most 120")
    if not row.name or not row.organisation or max(len(row.name), len(row.organisation)) > LONGEST_NAME:
        raise ValueError(f"name, organisation: needed, at most {LONGEST_NAME} characters")
    if row.phone and not NUMBER.fullmatch(row.phone):
        raise ValueError("phone: one number that can be dialled, digits and spaces only")
    for column, link in (("website", row.website), ("source_url", row.source_url)):
        if link and not LINK.fullmatch(link):
            raise ValueError(f"{column}: not a web address")
    if (row.lat is None) != (row.lon is None):
        raise ValueError("lat, lon: give both or neither")


def _with_first_place(row: StarterRow) -> StarterRow:
    """Without a first place the first of the further ones that may be shown is it."""
    has_first = row.address or row.postcode or row.lat is not None or row.ward_code or row.confidential
    shown = open_places(row.more_places)
    if has_first or not shown:
        return row
    others = [text for text in row.more_places if text != shown[0]]
    return replace(row, **place_columns([read_site(text) for text in (shown[0], *others)]))


def _yes_or_no(text: str, column: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"{column}: yes or no")
    return text == "yes"
