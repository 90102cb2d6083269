"""The catalogue's tables, on the nouns of Open Referral UK 3.0 (HSDS-UK-3.0), plus what we know of their
truth.

A service is one starter row. What the standard has no field for (coverage, how sure the opening times are,
where a record comes from) are columns of our own; the feed leaves them out. Texts are never null: "" means
not known.
"""

from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from referral_directory.database import Base

# The namespace of every id made from an external id. Never change it: feeds and links hold the ids.
NAMESPACE = UUID("8a0f3f0e-5d0b-5f0a-9a3e-6f5c1d1f7b11")
CITY_REVISION = 1


def make_id(*parts: str) -> UUID:
    """The id of a thing with this external identity, the same in every installation."""
    return uuid5(NAMESPACE, "/".join(parts))


def _key() -> Mapped[UUID]:
    return mapped_column(Uuid, primary_key=True)


def _owner(table: str) -> Mapped[UUID]:
    return mapped_column(Uuid, ForeignKey(f"{table}.id", ondelete="CASCADE"), index=True)


def _text() -> Mapped[str]:
    return mapped_column(Text, default="")


class Organization(Base):
    """Who provides services."""

    __tablename__ = "organization"
    id: Mapped[UUID] = _key()
    name: Mapped[str] = mapped_column(String(300), unique=True)
    description: Mapped[str] = _text()
    website: Mapped[str] = _text()
    email: Mapped[str] = _text()
    services: Mapped[list["Service"]] = relationship(back_populates="organization")


class Service(Base):
    """One service. Shown only when it is published, active, and of high or medium confidence."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("NOT published OR confidence IN ('high', 'medium')", name="doubtful_is_unpublished"),
        CheckConstraint("status IN ('active', 'inactive', 'defunct', 'temporarily closed')", name="status"),
        CheckConstraint("coverage IN ('local', 'citywide', 'national', 'online')", name="coverage"),
    )
    id: Mapped[UUID] = _key()
    organization_id: Mapped[UUID] = _owner("organization")
    external_id: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = _text()
    status: Mapped[str] = mapped_column(String(20), default="active")
    eligibility_description: Mapped[str] = _text()
    application_process: Mapped[str] = _text()
    url: Mapped[str] = _text()
    email: Mapped[str] = _text()
    coverage: Mapped[str] = mapped_column(String(10))
    referral_possible: Mapped[bool] = mapped_column(default=False)
    # Assurance: who says so, when, and how far to believe it.
    source_name: Mapped[str] = _text()
    source_url: Mapped[str] = _text()
    source_note: Mapped[str] = _text()
    source_date: Mapped[str] = _text()
    assured_date: Mapped[date | None] = mapped_column(Date)
    # Whom the last check is owed to: source, service or curator; and when the next one is due, if not by the rule.
    checked_by: Mapped[str] = mapped_column(String(10), default="source")
    next_check_on: Mapped[date | None] = mapped_column(Date)
    merged_into: Mapped[UUID | None] = mapped_column(Uuid)
    confidence: Mapped[str] = mapped_column(String(10))
    published: Mapped[bool] = mapped_column(default=False)
    curator_note: Mapped[str] = _text()
    last_modified: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # The digest of the starter row this record was last loaded from: differing from the record means an edit.
    starter_digest: Mapped[str] = mapped_column(String(64), default="")

    organization: Mapped[Organization] = relationship(back_populates="services")
    locations: Mapped[list["ServiceAtLocation"]] = relationship(cascade="all, delete-orphan")
    phones: Mapped[list["Phone"]] = relationship(cascade="all, delete-orphan")
    contacts: Mapped[list["Contact"]] = relationship(cascade="all, delete-orphan")
    schedules: Mapped[list["Schedule"]] = relationship(cascade="all, delete-orphan")
    languages: Mapped[list["Language"]] = relationship(
        cascade="all, delete-orphan", order_by="Language.position"
    )
    cost_options: Mapped[list["CostOption"]] = relationship(cascade="all, delete-orphan")
    areas: Mapped[list["ServiceArea"]] = relationship(
        cascade="all, delete-orphan", order_by="ServiceArea.position"
    )
    documents: Mapped[list["RequiredDocument"]] = relationship(cascade="all, delete-orphan")
    accessibility: Mapped[list["Accessibility"]] = relationship(cascade="all, delete-orphan")
    eligibility: Mapped[list["Eligibility"]] = relationship(cascade="all, delete-orphan")
    attributes: Mapped[list["Attribute"]] = relationship(
        cascade="all, delete-orphan", order_by="Attribute.position"
    )


class Location(Base):
    """A place where services are given; its point is in degrees on WGS84."""

    __tablename__ = "location"
    id: Mapped[UUID] = _key()
    name: Mapped[str] = _text()
    location_type: Mapped[str] = mapped_column(String(10), default="physical")
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    ward_code: Mapped[str | None] = mapped_column(String(9))
    addresses: Mapped[list["Address"]] = relationship(cascade="all, delete-orphan")


class Address(Base):
    """A postal address of a location. A confidential one never leaves in any output."""

    __tablename__ = "address"
    id: Mapped[UUID] = _key()
    location_id: Mapped[UUID] = _owner("location")
    address_1: Mapped[str] = _text()
    city: Mapped[str] = mapped_column(String(80), default="Leeds")
    state_province: Mapped[str] = mapped_column(String(80), default="West Yorkshire")
    postal_code: Mapped[str] = mapped_column(String(10), default="")
    country: Mapped[str] = mapped_column(String(2), default="GB")
    address_type: Mapped[str] = mapped_column(String(10), default="physical")
    confidential: Mapped[bool] = mapped_column(default=False)


class ServiceAtLocation(Base):
    """A service given at a location."""

    __tablename__ = "service_at_location"
    __table_args__ = (UniqueConstraint("service_id", "location_id"),)
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    location_id: Mapped[UUID] = _owner("location")
    location: Mapped[Location] = relationship()


class Phone(Base):
    """A dialable number; `description` says what it is for."""

    __tablename__ = "phone"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    number: Mapped[str] = mapped_column(String(40), default="")
    type: Mapped[str] = mapped_column(String(20), default="voice")
    description: Mapped[str] = _text()


class Contact(Base):
    """A person or desk to write to about a service."""

    __tablename__ = "contact"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    name: Mapped[str] = _text()
    title: Mapped[str] = _text()
    email: Mapped[str] = _text()


class Schedule(Base):
    """Opening times in OpenStreetMap syntax, with how sure they are: confirmed, indicative or none."""

    __tablename__ = "schedule"
    __table_args__ = (CheckConstraint("certainty IN ('confirmed', 'indicative', 'none')", name="certainty"),)
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    opening_hours: Mapped[str] = _text()
    certainty: Mapped[str] = mapped_column(String(10), default="none")
    description: Mapped[str] = _text()
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Language(Base):
    """A language that people can use a service in."""

    __tablename__ = "language"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer, default=0)


class CostOption(Base):
    """What a service costs, in words."""

    __tablename__ = "cost_option"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    option: Mapped[str] = _text()


class ServiceArea(Base):
    """An outcode or a ward that a service is for; none at all means anyone in its coverage."""

    __tablename__ = "service_area"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    name: Mapped[str] = mapped_column(String(80))
    extent_type: Mapped[str] = mapped_column(String(10))
    position: Mapped[int] = mapped_column(Integer, default=0)


class RequiredDocument(Base):
    """What to bring."""

    __tablename__ = "required_document"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    document: Mapped[str] = _text()


class Accessibility(Base):
    """What is known about access for disabled people."""

    __tablename__ = "accessibility"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    description: Mapped[str] = _text()


class Eligibility(Base):
    """Who a service is for, as far as it can be told in figures: ages in years."""

    __tablename__ = "eligibility"
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    minimum_age: Mapped[float | None] = mapped_column(Float)
    maximum_age: Mapped[float | None] = mapped_column(Float)


class Taxonomy(Base):
    """A list of terms of ours: needs, risks, ways in."""

    __tablename__ = "taxonomy"
    id: Mapped[UUID] = _key()
    name: Mapped[str] = mapped_column(String(40), unique=True)
    description: Mapped[str] = _text()


class TaxonomyTerm(Base):
    """One term: `code` is what the contracts use ("food.parcel"), `name` what people read."""

    __tablename__ = "taxonomy_term"
    __table_args__ = (UniqueConstraint("taxonomy_id", "code"),)
    id: Mapped[UUID] = _key()
    taxonomy_id: Mapped[UUID] = _owner("taxonomy")
    parent_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("taxonomy_term.id"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = _text()
    taxonomy: Mapped[Taxonomy] = relationship()


class Attribute(Base):
    """A term that holds for a service; `position` keeps the order, the main need first."""

    __tablename__ = "attribute"
    __table_args__ = (UniqueConstraint("service_id", "taxonomy_term_id"),)
    id: Mapped[UUID] = _key()
    service_id: Mapped[UUID] = _owner("service")
    taxonomy_term_id: Mapped[UUID] = _owner("taxonomy_term")
    position: Mapped[int] = mapped_column(Integer, default=0)
    term: Mapped[TaxonomyTerm] = relationship()


class CatalogueRevision(Base):
    """One row that counts changes of the catalogue, so that every process notices one cheaply."""

    __tablename__ = "catalogue_revision"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=CITY_REVISION)
    number: Mapped[int] = mapped_column(Integer, default=0)
    # The digest of the starter files last loaded, so that an unchanged start does nothing.
    starter_digest: Mapped[str] = mapped_column(String(64), default="")
