"""What somebody asked to search for, read from the parameters of the API and of the search page alike."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from referral_directory.catalogue.asking import split_place
from referral_directory.catalogue.fitting import Asker, Filters
from referral_directory.catalogue.index import Index, get_index, is_due, refresh
from referral_directory.catalogue.moments import say_moment, split_moment
from referral_directory.catalogue.search import Found, Wanted, search
from referral_directory.clock import in_leeds
from referral_directory.errors import InvalidInput
from referral_directory.needs import expand_needs
from referral_directory.place_tables import Place, Tables
from referral_directory.places import PlaceAnswer, find_place, find_point, find_ward
from referral_directory.postcodes import read_postcode
from referral_directory.web.context import Directory

# The codes of design section 6, and the names that the catalogue files languages under.
LANGUAGES = {
    "en": "English", "pl": "Polish", "ro": "Romanian", "ar": "Arabic", "ur": "Urdu", "fa": "Persian", "es":
    "Spanish", "pt": "Portuguese", "zh": "Chinese",
}  # fmt: skip
Way = Literal["walk_in", "phone", "online", "self_referral", "staff_referral"]
About = Literal[
    "woman", "man", "refugee", "traveller", "carer", "self_employed", "private_renter", "social_tenant"
]
LONGEST_WORDS = 500
MOST_EXCLUDED = 200
FURTHEST_DAYS = 366


class Asked(BaseModel):
    """The parameters as they came."""

    model_config = ConfigDict(frozen=True)

    q: str = Field("", max_length=LONGEST_WORDS, description="Words to search for.")
    need: list[Annotated[str, Field(max_length=30)]] = Field(
        [], max_length=30, description="A need or a topic; may repeat."
    )
    postcode: str | None = Field(None, max_length=20, description="A postcode, or its first part.")
    ward: str | None = Field(None, max_length=80, description="A ward's code or full name.")
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False, description="Degrees.")
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False, description="Degrees.")
    open_at: str | None = Field(None, max_length=40, description="Ask about this time, not now (ISO).")
    when: str = Field(
        "", max_length=100, description='The same in words, "open on Sunday", which `q` may hold as well.'
    )
    language: str | None = Field(None, max_length=10, description="Put services in this language first.")
    limit: int = Field(10, ge=1, le=50)
    exclude: str | None = Field(None, max_length=10_000, description="Ids to leave out, with commas.")
    open_only: bool = Field(False, description="Leave out what is closed, or not known to be open.")
    speaks: str | None = Field(None, max_length=10, description="Only services in this language.")
    step_free: bool = Field(False, description="Only services known to be step-free.")
    free: bool = Field(False, description="Only services known to be free.")
    way: list[Way] = Field([], max_length=5, description="Only services with this way in; may repeat.")
    within_km: float | None = Field(
        None, gt=0, le=100, description="Only addresses this near; what needs no address stays."
    )
    age: int | None = Field(None, ge=0, le=120, description="Puts last what is for people of other ages.")
    about: list[About] = Field([], max_length=8, description="Puts last what is not for these people.")


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found, where, and at what moment; `about` says that moment if it is not the clock's, else it is ""."""

    found: Found
    place: Place | None
    as_of: datetime
    about: str = ""


async def current_index(directory: Directory) -> Index:
    """The index, brought up to date first if it is time to look: that part waits for the database, in a
    thread.
    """
    if is_due(directory.catalogue) or directory.catalogue.index is None:
        index = await run_in_threadpool(refresh, directory.catalogue)
        directory.metrics.services.set(len(index.entries))
        return index
    return get_index(directory.catalogue)


async def run_search(directory: Directory, asked: Asked) -> Searched:
    """Search as asked. Raises InvalidInput naming the parameter that cannot be used."""
    place, outside = read_place(directory.tables, asked)
    as_of, is_live, words = read_when(asked, directory.clock())
    place_words = ""
    if place is None and not outside and words.strip():
        place, place_words, words = split_place(directory.tables, words)
    wanted = Wanted(
        needs=tuple(expand_needs(directory.needs, asked.need)),
        words=words,
        place_words=place_words,
        place=place,
        outside=outside,
        language=read_language(asked.language),
        exclude=read_ids(asked.exclude),
        limit=asked.limit,
        asker=Asker(asked.age, frozenset(asked.about)),
        filters=Filters(
            free=asked.free,
            step_free=asked.step_free,
            ways=frozenset(asked.way),
            speaks=read_language(asked.speaks, "speaks"),
            within_km=asked.within_km,
            open_only=asked.open_only,
        ),
    )
    index = await current_index(directory)
    found = search(index, directory.needs, wanted, as_of, is_live)
    return Searched(found, place, as_of, "" if is_live else f"Opening times for {say_moment(as_of)}")


def read_place(tables: Tables, asked: Asked) -> tuple[Place | None, bool]:
    """The place to search from, and whether one was given that lies outside Leeds.

    A ward with a point is that point with the ward's own area; without one it is the ward's centre.
    """
    if (asked.lat is None) != (asked.lon is None):
        raise InvalidInput("lat" if asked.lat is None else "lon", "Give lat and lon together, in degrees.")
    if asked.postcode is not None:
        return _read_postcode(tables, asked.postcode)
    ward = None
    if asked.ward is not None:
        ward = find_ward(tables, asked.ward)
        if ward is None:
            raise InvalidInput(
                "ward", "Use the code (like E05011394) or the full name of one of the 33 Leeds wards."
            )
    if asked.lat is None or asked.lon is None:
        return ward, False
    if ward is not None:
        return Place(ward.name, "point", ward.ward, asked.lat, asked.lon, ward.outcodes), False
    place = find_point(tables, asked.lat, asked.lon)
    return place, place is None


def read_when(asked: Asked, now: datetime) -> tuple[datetime, bool, str]:
    """The moment asked about, whether that is `now`, and the words without those that say when.

    What is chosen counts before what is said.
    """
    moment, words = read_moment(asked.open_at, now), asked.q
    in_words, apart = split_moment(words, now), split_moment(asked.when, now)
    if in_words is not None:
        words = in_words.rest
    said = apart or in_words
    if asked.open_at is None and said is not None:
        moment = said.moment
    return moment, asked.open_at is None and moment == now, words


def read_moment(text: str | None, now: datetime) -> datetime:
    """The moment asked about, or `now`. Without an offset it is Leeds time."""
    if text is None:
        return now
    try:
        # In an address "+01:00" arrives as " 01:00" unless it was escaped.
        moment = in_leeds(datetime.fromisoformat(re.sub(r"(T[\d:.]+) (\d\d:\d\d)$", r"\1+\2", text.strip())))
        if abs((moment - now).days) <= FURTHEST_DAYS:
            return moment
    except (ValueError, OverflowError):
        pass
    raise InvalidInput("open_at", "Use a date and time like 2026-11-02T10:00, at most a year from now.")


def read_language(text: str | None, field: str = "language") -> str:
    """The name of a language from its two-letter code; "" when none is wanted."""
    if not text:
        return ""
    if text.lower() not in LANGUAGES:
        raise InvalidInput(field, "Use one of these codes: " + ", ".join(LANGUAGES) + ".")
    name = LANGUAGES[text.lower()]
    # Every service here speaks English, so to ask for it asks for nothing.
    return "" if name == "English" else name


def read_ids(text: str | None) -> frozenset[str]:
    """Ids of services already seen, separated by commas."""
    parts: Iterable[str] = [part.strip() for part in (text or "").split(",") if part.strip()]
    try:
        ids = frozenset(str(UUID(part)) for part in parts)
    except ValueError:
        raise InvalidInput("exclude", "Use service ids (UUIDs), separated by commas.") from None
    if len(ids) > MOST_EXCLUDED:
        raise InvalidInput("exclude", f"Use at most {MOST_EXCLUDED} ids.")
    return ids


def _read_postcode(tables: Tables, text: str) -> tuple[Place | None, bool]:
    answer: PlaceAnswer = find_place(tables, text) if read_postcode(text) else PlaceAnswer("not_found", "")
    if answer.status == "not_found":
        raise InvalidInput("postcode", "Use a postcode or its first part, like LS9 6AB, LS9 6 or LS9.")
    if answer.place is None and answer.options:
        # An outcode that only partly lies in Leeds: its largest part here is where to look from.
        return answer.options[0], False
    return answer.place, answer.status == "outside_leeds"
