"""Cards: what people are shown of one service. Nothing leaves the catalogue except through here.

A confidential address never gets on to a card, nor does the point it lies at.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from referral_directory.catalogue.starter import StarterRow
from referral_directory.clock import date_text

Card = dict[str, Any]
# Whom the last check is owed to, in the words of a card: "Checked by ...".
CHECKED_BY = {"source": "the source named", "service": "the service itself", "curator": "Signpost Leeds"}


def make_card(
    row: StarterRow,
    identity: str,
    wards: Mapping[str, str],
    public_url: str,
    hidden_place: bool,
    checked_by: str = "source",
) -> Card:
    """The part of a card that does not depend on who asks or when. `wards` gives names by code."""
    shows_place = not hidden_place
    return {
        "id": identity,
        "external_id": row.id,
        "name": row.name,
        "organisation": row.organisation,
        "what": row.what,
        "how_to_get_help": row.how_to_get_help,
        "phone": row.phone or None,
        "phone_note": row.phone_note or None,
        "email": row.email or None,
        "address": (row.address or None) if shows_place else None,
        "postcode": (row.postcode or None) if shows_place else None,
        "ward": wards.get(row.ward_code) if shows_place else None,
        "lat": row.lat if shows_place else None,
        "lon": row.lon if shows_place else None,
        "opening_note": row.opening_note or None,
        "cost": row.cost or "Not known: ask",
        "who_for": row.who_for or "Ask who it is for",
        "documents": row.documents or None,
        "accessibility": row.accessibility or None,
        "needs": list(row.needs),
        "coverage": row.coverage,
        "languages": list(row.languages),
        "checked": _checked(row, checked_by),
        "url": f"{public_url}/services/{identity}",
        "report_url": f"{public_url}/services/{identity}/report",
        "website": row.website or None,
    }


def _checked(row: StarterRow, checked_by: str) -> dict[str, str | None]:
    return {
        "date": row.checked_on.isoformat() if row.checked_on else None,
        "date_text": checked_text(row.checked_on, row.source_date),
        "source": row.source_name,
        "source_url": row.source_url or None,
        "confidence": row.confidence,
        "by": CHECKED_BY.get(checked_by, CHECKED_BY["source"]),
    }


def finish_place(row: StarterRow, has_point: bool, sites: int) -> str:
    """How a service is placed when it is not at one address: said on the card, so that nobody travels to a phone."""
    if has_point:
        return f"At {sites} places; the nearest is shown" if sites > 1 else ""
    how = "by phone" if row.phone and "phone" in row.access else "online" if "online" in row.access else ""
    whom = {
        "citywide": "For all of Leeds",
        "national": "For the whole country",
        "online": "Online, from anywhere",
    }.get(row.coverage, "")
    if not whom:
        return (
            "No address given: ask where to go" if not row.confidential else "The address is not shown: ring"
        )
    return f"{whom}, {how}" if how and row.coverage != "online" else whom


def checked_text(checked_on: date | None, source_date: str) -> str:
    """The date of a record no more exactly than its source gives it: "August 2024", "2015", "undated"."""
    if checked_on is None:
        return source_date or "undated"
    if re.fullmatch(r"\d{4}", source_date):
        return source_date
    if re.fullmatch(r"\d{4}-\d{2}", source_date):
        return f"{checked_on:%B %Y}"
    if checked_on.day == 1 and checked_on.isoformat() not in source_date:
        # The first of a month stands for a date that was given in words ("about 2023-24").
        return source_date or f"{checked_on:%B %Y}"
    return date_text(checked_on)


def year_of(row: StarterRow) -> str | None:
    """The year a record speaks of: "2023"."""
    if row.checked_on:
        return str(row.checked_on.year)
    found = re.search(r"\b(?:19|20)\d\d\b", row.source_date)
    return found[0] if found else None


def way_in(row: StarterRow) -> str:
    """How people get in, if the record is clear about it: "no referral needed", "you need a
    voucher", or "".
    """
    text = f"{row.documents} {row.how_to_get_help}".lower()
    if "voucher" in row.documents.lower():
        return "you need a voucher"
    if row.access == ("staff_referral",):
        return "somebody must refer you"
    open_ways = {"walk_in", "self_referral"} & set(row.access)
    if open_ways and "staff_referral" not in row.access and "refer" not in text and "voucher" not in text:
        return "no referral needed"
    return ""


def join_words(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    listed = list(words)
    return ", ".join(listed[:-1]) + " and " + listed[-1] if len(listed) > 1 else "".join(listed)
