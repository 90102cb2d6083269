"""The shapes of the Open Referral feed, for its OpenAPI document: what may be absent is absent, never null.

Every shape is closed, so the document also promises that nothing else leaves.
"""

from datetime import date, datetime
from typing import Annotated, Literal, NotRequired, TypedDict
from uuid import UUID

from pydantic import AnyUrl, ConfigDict, Field, with_config

CLOSED = ConfigDict(extra="forbid")
Text = Annotated[str, Field(min_length=1)]
Clock = Annotated[str, Field(pattern=r"^\d\d:\d\d$", description="On the clocks of Leeds.")]


@with_config(CLOSED)
class About(TypedDict):
    """What this feed is."""

    version: Literal["HSDS-UK-3.0"]
    profile: AnyUrl
    openapi_url: AnyUrl


@with_config(CLOSED)
class Taxonomy(TypedDict):
    """A list of terms."""

    id: UUID
    name: Text
    description: Text
    uri: AnyUrl


@with_config(CLOSED)
class TaxonomyTerm(TypedDict):
    """One term of a taxonomy."""

    id: UUID
    code: Text
    name: Text
    description: Text
    parent_id: NotRequired[UUID]
    taxonomy: Text
    taxonomy_id: UUID
    term_uri: AnyUrl


@with_config(CLOSED)
class FullTaxonomy(Taxonomy):
    """A taxonomy with its terms."""

    taxonomy_terms: NotRequired[list[TaxonomyTerm]]


@with_config(CLOSED)
class Organization(TypedDict):
    """Who provides a service."""

    id: UUID
    name: Text
    description: Text
    email: NotRequired[Text]
    website: NotRequired[AnyUrl]


@with_config(CLOSED)
class Address(TypedDict):
    """A whole postal address."""

    id: UUID
    location_id: UUID
    address_1: Text
    city: Text
    state_province: Text
    postal_code: Text
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    address_type: Literal["physical", "postal", "virtual"]


@with_config(CLOSED)
class Accessibility(TypedDict):
    """What is known about access for disabled people."""

    id: UUID
    location_id: UUID
    description: Text


@with_config(CLOSED)
class Location(TypedDict):
    """A place where services are given."""

    id: UUID
    location_type: Literal["physical", "postal", "virtual"]
    name: NotRequired[Text]
    description: NotRequired[Text]
    latitude: NotRequired[float]
    longitude: NotRequired[float]
    addresses: NotRequired[list[Address]]
    accessibility: NotRequired[list[Accessibility]]


@with_config(CLOSED)
class Phone(TypedDict):
    """A telephone number."""

    id: UUID
    service_id: UUID
    number: Text
    type: NotRequired[Text]
    description: NotRequired[Text]


@with_config(CLOSED)
class Contact(TypedDict):
    """A person or desk to ask for."""

    id: UUID
    service_id: UUID
    name: NotRequired[Text]
    title: NotRequired[Text]
    email: NotRequired[Text]


@with_config(CLOSED)
class Schedule(TypedDict):
    """When a service is given: one repetition, or words where none can say it."""

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


@with_config(CLOSED)
class Language(TypedDict):
    """A language a service can be used in."""

    id: UUID
    service_id: UUID
    name: Text
    code: NotRequired[Text]


@with_config(CLOSED)
class ServiceArea(TypedDict):
    """Where the people live whom a service is for."""

    id: UUID
    service_id: UUID
    name: Text
    uri: NotRequired[AnyUrl]


@with_config(CLOSED)
class CostOption(TypedDict):
    """What a service costs, in words."""

    id: UUID
    service_id: UUID
    option: Text


@with_config(CLOSED)
class RequiredDocument(TypedDict):
    """What to bring."""

    id: UUID
    service_id: UUID
    document: Text


@with_config(CLOSED)
class Attribute(TypedDict):
    """A term that holds for a service."""

    id: UUID
    link_id: UUID
    link_entity: Literal["service"]
    link_type: Text
    taxonomy_term_id: UUID
    taxonomy_term: TaxonomyTerm


@with_config(CLOSED)
class Joined(TypedDict):
    """A service at a location, as a service carries it."""

    id: UUID
    service_id: UUID
    location_id: UUID
    location: Location


@with_config(CLOSED)
class Service(TypedDict):
    """One service; lists leave out its parts unless `full` is asked for."""

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


@with_config(CLOSED)
class ServiceAtLocation(TypedDict):
    """A service at one of its locations."""

    id: UUID
    service_id: UUID
    location_id: UUID
    location: Location
    service: Service


@with_config(CLOSED)
class Modified(TypedDict):
    """What `minimal` leaves of an item."""

    id: UUID
    modified_date: datetime


@with_config(CLOSED)
class Page[Item](TypedDict):
    """The envelope of every list."""

    total_items: Annotated[int, Field(ge=0, description="How many match in all.")]
    total_pages: Annotated[int, Field(ge=0)]
    page_number: Annotated[int, Field(ge=1)]
    size: Annotated[int, Field(ge=0, description="How many are on this page.")]
    first_page: bool
    last_page: Annotated[bool, Field(description="No page comes after this one.")]
    empty: Annotated[bool, Field(description="Nothing is on this page.")]
    contents: list[Item]
