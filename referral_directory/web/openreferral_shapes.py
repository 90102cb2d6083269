"""The shapes of the Open Referral feed, for its OpenAPI document: what may be absent is absent, never null.

Every shape is closed, so the document also promises that nothing else leaves.
"""

from datetime import date, datetime
from typing import Annotated, Literal, NotRequired, TypedDict
from uuid import UUID

from pydantic import AnyUrl, ConfigDict, Field

CLOSED = ConfigDict(extra="forbid")
Text = Annotated[str, Field(min_length=1)]
Clock = Annotated[str, Field(pattern=r"^\d\d:\d\d$", description="On the clocks of Leeds.")]


class About(TypedDict):
    """What this feed is."""

    __pydantic_config__ = CLOSED
    version: Literal["HSDS-UK-3.0"]
    profile: AnyUrl
    openapi_url: AnyUrl


class Taxonomy(TypedDict):
    """A list of terms."""

    __pydantic_config__ = CLOSED
    id: UUID
    name: Text
    description: Text
    uri: AnyUrl


class TaxonomyTerm(TypedDict):
    """One term of a taxonomy."""

    __pydantic_config__ = CLOSED
    id: UUID
    code: Text
    name: Text
    description: Text
    parent_id: NotRequired[UUID]
    taxonomy: Text
    taxonomy_id: UUID
    term_uri: AnyUrl


class FullTaxonomy(Taxonomy):
    """A taxonomy with its terms."""

    __pydantic_config__ = CLOSED
    taxonomy_terms: NotRequired[list[TaxonomyTerm]]


class Organization(TypedDict):
    """Who provides a service."""

    __pydantic_config__ = CLOSED
    id: UUID
    name: Text
    description: Text
    email: NotRequired[Text]
    website: NotRequired[AnyUrl]


class Address(TypedDict):
    """A whole postal address."""

    __pydantic_config__ = CLOSED
    id: UUID
    location_id: UUID
    address_1: Text
    city: Text
    state_province: Text
    postal_code: Text
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    address_type: Literal["physical", "postal", "virtual"]


class Accessibility(TypedDict):
    """What is known about access for disabled people."""

    __pydantic_config__ = CLOSED
    id: UUID
    location_id: UUID
    description: Text


class Location(TypedDict):
    """A place where services are given."""

    __pydantic_config__ = CLOSED
    id: UUID
    location_type: Literal["physical", "postal", "virtual"]
    name: NotRequired[Text]
    description: NotRequired[Text]
    latitude: NotRequired[float]
    longitude: NotRequired[float]
    addresses: NotRequired[list[Address]]
    accessibility: NotRequired[list[Accessibility]]


class Phone(TypedDict):
    """A telephone number."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    number: Text
    type: NotRequired[Text]
    description: NotRequired[Text]


class Contact(TypedDict):
    """A person or desk to ask for."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    name: NotRequired[Text]
    title: NotRequired[Text]
    email: NotRequired[Text]


class Schedule(TypedDict):
    """When a service is given: one repetition, or words where none can say it."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    valid_from: NotRequired[date]
    valid_to: NotRequired[date]
    freq: NotRequired[Literal["WEEKLY", "MONTHLY"]]
    byday: NotRequired[Annotated[str, Field(pattern=r"^(-?[1-5])?[A-Z]{2}(,(-?[1-5])?[A-Z]{2})*$")]]
    opens_at: NotRequired[Clock]
    closes_at: NotRequired[Clock]
    description: NotRequired[Text]
    notes: NotRequired[Text]


class Language(TypedDict):
    """A language a service can be used in."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    name: Text
    code: NotRequired[Text]


class ServiceArea(TypedDict):
    """Where the people live whom a service is for."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    name: Text
    uri: NotRequired[AnyUrl]


class CostOption(TypedDict):
    """What a service costs, in words."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    option: Text


class RequiredDocument(TypedDict):
    """What to bring."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    document: Text


class Attribute(TypedDict):
    """A term that holds for a service."""

    __pydantic_config__ = CLOSED
    id: UUID
    link_id: UUID
    link_entity: Literal["service"]
    link_type: Text
    taxonomy_term_id: UUID
    taxonomy_term: TaxonomyTerm


class Joined(TypedDict):
    """A service at a location, as a service carries it."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    location_id: UUID
    location: Location


class Service(TypedDict):
    """One service; lists leave out its parts unless `full` is asked for."""

    __pydantic_config__ = CLOSED
    id: UUID
    organization_id: UUID
    name: Text
    description: NotRequired[Text]
    url: NotRequired[AnyUrl]
    email: NotRequired[Text]
    status: Literal["active", "inactive", "defunct", "temporarily closed"]
    application_process: NotRequired[Text]
    eligibility_description: NotRequired[Text]
    minimum_age: NotRequired[float]
    maximum_age: NotRequired[float]
    assured_date: NotRequired[date]
    last_modified: datetime
    organization: Organization
    phones: NotRequired[list[Phone]]
    contacts: NotRequired[list[Contact]]
    schedules: NotRequired[list[Schedule]]
    languages: NotRequired[list[Language]]
    service_areas: NotRequired[list[ServiceArea]]
    cost_options: NotRequired[list[CostOption]]
    required_documents: NotRequired[list[RequiredDocument]]
    attributes: NotRequired[list[Attribute]]
    service_at_locations: NotRequired[list[Joined]]


class ServiceAtLocation(TypedDict):
    """A service at one of its locations."""

    __pydantic_config__ = CLOSED
    id: UUID
    service_id: UUID
    location_id: UUID
    location: Location
    service: Service


class Modified(TypedDict):
    """What `minimal` leaves of an item."""

    __pydantic_config__ = CLOSED
    id: UUID
    modified_date: datetime


class Page[Item](TypedDict):
    """The envelope of every list."""

    __pydantic_config__ = CLOSED
    total_items: Annotated[int, Field(ge=0, description="How many match in all.")]
    total_pages: Annotated[int, Field(ge=0)]
    page_number: Annotated[int, Field(ge=1)]
    size: Annotated[int, Field(ge=0, description="How many are on this page.")]
    first_page: bool
    last_page: Annotated[bool, Field(description="No page comes after this one.")]
    empty: Annotated[bool, Field(description="Nothing is on this page.")]
    contents: list[Item]
