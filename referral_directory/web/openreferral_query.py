"""The parameters of the Open Referral feed: what they may be, and what they ask of the catalogue."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema

from referral_directory.catalogue.feed import Near, Served, Wanted
from referral_directory.catalogue.feed_hours import TimesAsked, minutes_of
from referral_directory.clock import in_leeds
from referral_directory.errors import InvalidInput
from referral_directory.place_tables import Tables
from referral_directory.postcodes import read_postcode
from referral_directory.web.searching import Asked, read_place

PER_PAGE, MOST_PER_PAGE = 50, 500
LAST_PAGE = 1_000_000_000
FURTHEST_METRES = 100_000
# Wide enough for any year, narrow enough that Leeds time and UTC are both inside the calendar.
FIRST_YEAR, LAST_YEAR = 1900, 2999
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class NeverNull:
    """A parameter that may be absent: the document must not offer the word "null" for it."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The shape without its null."""
        shapes = handler(schema)["anyOf"]
        return next(shape for shape in shapes if shape.get("type") != "null")


Some = TypeVar("Some")
Maybe = Annotated[Some | None, NeverNull()]


def _short_day(value: Any) -> Any:
    """MO from "MO", "mon" or "Monday"; anything else as it is, to be refused."""
    wanted = str(value).strip().casefold()
    names = [name for name in DAY_NAMES if wanted in (name[:2], name[:3], name)]
    return names[0][:2].upper() if names else value


def _with_plus(value: Any) -> Any:
    """In an address "+01:00" arrives as " 01:00" unless it was escaped."""
    return re.sub(r"(T[\d:.]+) (\d\d:\d\d)$", r"\1+\2", value) if isinstance(value, str) else value


Day = Annotated[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"], BeforeValidator(_short_day)]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$")]
Moment = Annotated[
    datetime,
    BeforeValidator(_with_plus),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
PageSize = Annotated[int, Field(ge=1, le=MOST_PER_PAGE)]
Postcode = Annotated[str, Field(max_length=20)]
Metres = Annotated[float, Field(ge=0, le=FURTHEST_METRES, allow_inf_nan=False)]
Age = Annotated[float, Field(ge=0, le=150, allow_inf_nan=False)]


class Paging(BaseModel):
    """What every list takes. Parameters that are not known are ignored."""

    page: Annotated[int, Field(ge=1, le=LAST_PAGE)] = 1
    per_page: Annotated[Maybe[PageSize], Field(description=f"Items on a page; {PER_PAGE} if not said.")] = (
        None
    )
    per_page_too: Annotated[Maybe[PageSize], Field(alias="perPage", description="The same as per_page.")] = (
        None
    )
    format: Annotated[
        Literal["json", "ndjson"], Field(description="ndjson streams all items, one a line, without pages.")
    ] = "json"
    search: Annotated[str, Field(max_length=200, description="Every word must occur.")] = ""

    def get_size(self, otherwise: int = PER_PAGE) -> int:
        """The number of items on a page. Raises InvalidInput if both spellings are given and differ."""
        if self.per_page and self.per_page_too and self.per_page != self.per_page_too:
            raise InvalidInput("perPage", "Give per_page or perPage, or the same number for both.")
        return self.per_page or self.per_page_too or otherwise

    @property
    def words(self) -> str:
        """The search's words. A NUL, which no record holds and PostgreSQL refuses, separates words."""
        return self.search.replace("\0", " ")


class ServicesAsked(Paging):
    """What lists of services take."""

    taxonomy_term_id: Annotated[
        Maybe[UUID], Field(description="Services with this term, or one below it.")
    ] = None
    taxonomy_id: Annotated[Maybe[UUID], Field(description="Services with any term of this taxonomy.")] = None
    organization_id: Maybe[UUID] = None
    modified_after: Annotated[
        Maybe[Moment],
        Field(description="Modified at this moment or later; Leeds time if it has no offset."),
    ] = None
    minimum_age: Annotated[Maybe[Age], Field(description="Services whose minimum_age is at least this.")] = (
        None
    )
    maximum_age: Annotated[Maybe[Age], Field(description="Services whose maximum_age is at most this.")] = (
        None
    )
    day: Annotated[Maybe[Day], Field(description="A schedule on this day; a day's name is read as well.")] = (
        None
    )
    start_time: Annotated[
        Maybe[ClockTime], Field(description="A schedule that opens at this time or later.")
    ] = None
    end_time: Annotated[
        Maybe[ClockTime], Field(description="A schedule that closes at this time or earlier.")
    ] = None
    minimal: Annotated[
        bool, Field(description="Only id and modified_date; all on one page unless per_page is given.")
    ] = False
    full: Annotated[bool, Field(description="Whole records, as /{id} gives them.")] = False


class PlacesAsked(ServicesAsked):
    """What the list of services at locations takes."""

    postcode: Annotated[
        Maybe[Postcode],
        Field(description="Services for people at this postcode, or near it with proximity."),
    ] = None
    proximity: Annotated[
        Maybe[Metres],
        Field(description="Metres from the postcode."),
    ] = None


class TermsAsked(Paging):
    """What the list of terms takes."""

    taxonomy_id: Maybe[UUID] = None
    parent_id: Annotated[Maybe[UUID], Field(description="Terms directly below this one.")] = None
    top_only: Annotated[bool, Field(description="Only terms that are below no other.")] = False


def read_wanted(asked: ServicesAsked, terms: tuple[UUID, ...]) -> Wanted:
    """The filters of a request for services that have one of `terms` (none: any).

    Raises InvalidInput for what cannot go together.
    """
    if asked.minimal and asked.full:
        raise InvalidInput("minimal", "Ask for minimal or for full, not for both.")
    return Wanted(
        words=asked.words,
        terms=terms,
        taxonomy=asked.taxonomy_id,
        organization=asked.organization_id,
        modified_after=_read_moment(asked.modified_after),
        minimum_age=asked.minimum_age,
        maximum_age=asked.maximum_age,
        times=_read_times(asked),
    )


def read_where(asked: PlacesAsked, tables: Tables) -> tuple[Near | None, Served | None]:
    """What postcode and proximity ask: a circle if both are given, else an area that services must serve."""
    if asked.postcode is None:
        if asked.proximity is not None:
            raise InvalidInput("proximity", "Give a postcode too: metres are counted from it.")
        return None, None
    place, is_outside = read_place(tables, Asked(postcode=asked.postcode))
    if asked.proximity is not None:
        if place is None:
            raise InvalidInput("postcode", "Distances can be measured from postcodes in Leeds only.")
        return Near(place.lat, place.lon, asked.proximity), None
    if place is None or is_outside:
        outwards = frozenset(reading.outward for reading in read_postcode(asked.postcode))
        return None, Served(outwards, in_leeds=False)
    return None, Served(place.outcodes | {place.ward.code}, in_leeds=True)


def _read_moment(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidInput("modified_after", f"Use a year from {FIRST_YEAR} to {LAST_YEAR}.")
    return in_leeds(moment)


def _read_times(asked: ServicesAsked) -> TimesAsked | None:
    if asked.day is None and asked.start_time is None and asked.end_time is None:
        return None
    return TimesAsked(
        day=asked.day,
        start=minutes_of(asked.start_time) if asked.start_time else None,
        end=minutes_of(asked.end_time) if asked.end_time else None,
    )
