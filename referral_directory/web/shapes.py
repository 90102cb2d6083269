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
    by: str = Field(description="Whom the check is owed to: the source named, the service itself, or us.")


class NoticeShape(BaseModel):
    """What is different at a service on these days."""

    kind: Literal["full", "closed", "hours"]
    text: str
    until: str = Field(description="The last day, included (ISO 8601).")


class FitShape(BaseModel):
    """Whether a service is for somebody who is as they said, as far as its record can be read."""

    state: Literal["fits", "ask", "excluded"]
    text: str


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
    placed: str = Field(description="How it is placed when it is not at one address; empty if it is.")
    open: OpenShape
    opening_note: str | None
    week: list[DayShape]
    cost: str
    who_for: str
    documents: str | None
    accessibility: str | None
    notice: NoticeShape | None
    fit: FitShape | None
    why_this: str
    needs: list[str]
    coverage: Literal["local", "citywide", "national", "online"]
    languages: list[str]
    checked: CheckedShape
    url: str
    report_url: str = Field(description="Where anybody can say that something here is wrong.")
    website: str | None


class SearchFound(BaseModel):
    """Services that match, best first."""

    services: list[CardShape]
    total: int = Field(description="How many match in all.")
    place: PlaceShape | None
    outcome: Literal["matched", "none_matched", "closed_now", "full", "not_eligible", "too_far"] = Field(
        description="What the statistics count: all but matched say why there is no help now, for every service."
    )
    as_of: str = Field(description="The moment that opening states are about (ISO 8601).")
    about: str = Field(description="The same in words if it is another than now, else empty.")


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
    url: str | None = Field(description="A page with more about the scheme, if there is one.")


class GuidanceFound(BaseModel):
    """Guidance, the most specific first."""

    guidance: list[GuidanceShape]


class Health(BaseModel):
    """Whether the process lives, or can answer."""

    status: Literal["ok"]
