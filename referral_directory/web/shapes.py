"""The shapes of answers, for the OpenAPI document and for the people who read it."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """One field that could not be read."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong and what to do (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


class PlaceShape(BaseModel):
    """Somewhere in Leeds; points that come from a postcode are rounded to about a kilometre."""

    name: str
    kind: Literal["ward", "area", "postcode", "sector", "outcode"]
    ward_code: str
    ward: str
    committee: str
    lat: float
    lon: float


class PlaceFound(BaseModel):
    """The answer to "where is this?"."""

    status: Literal["found", "outside_leeds", "not_found", "ambiguous"]
    query: str = Field(description="What was understood; never a full postcode.")
    place: PlaceShape | None
    options: list[PlaceShape] = Field(description="The choice, when status is ambiguous.")


class OpenShape(BaseModel):
    """Whether a service is open at the moment asked about."""

    state: Literal["open", "closed", "unknown"]
    text: str


class DayShape(BaseModel):
    """The opening times of one day."""

    day: str
    text: str


class CheckedShape(BaseModel):
    """When a record was checked, from what, and how far to believe it."""

    date: str | None
    date_text: str
    source: str
    source_url: str | None
    confidence: Literal["high", "medium"]


class CardShape(BaseModel):
    """One service as people are shown it."""

    id: UUID
    external_id: str
    name: str
    organisation: str
    what: str
    how_to_get_help: str
    phone: str | None
    phone_note: str | None
    email: str | None
    address: str | None
    postcode: str | None
    ward: str | None
    lat: float | None
    lon: float | None
    distance_km: float | None
    open: OpenShape
    opening_note: str | None
    week: list[DayShape]
    cost: str
    who_for: str
    documents: str | None
    accessibility: str | None
    why_this: str
    needs: list[str]
    coverage: Literal["local", "citywide", "national", "online"]
    languages: list[str]
    checked: CheckedShape
    url: str
    website: str | None


class SearchFound(BaseModel):
    """Services that match, best first."""

    services: list[CardShape]
    total: int = Field(description="How many match in all.")
    place: PlaceShape | None
    outcome: Literal["matched", "none_matched", "closed_now"]
    as_of: str = Field(description="The moment that opening states are about (ISO 8601).")


class GuidanceShape(BaseModel):
    """A short text about a scheme or a first step."""

    id: str
    need: list[str]
    title: str
    text: str
    steps: list[str]
    review_by: str
    checked: str
    source: str
    source_url: str
    region: str


class GuidanceFound(BaseModel):
    """Guidance, the most specific first."""

    guidance: list[GuidanceShape]


class Health(BaseModel):
    """Whether the process lives, or can answer."""

    status: Literal["ok"]
