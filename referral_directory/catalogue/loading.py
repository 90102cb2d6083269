"""Loading the starter file into the catalogue, again and again, without losing what a curator wrote.

Each record keeps the digest of the row it was last loaded from. If the record still says that row, a newer
row replaces it. If it says something else, somebody edited it: the edit stays, and the report names it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from referral_directory.catalogue.models import (
    CITY_REVISION,
    Attribute,
    CatalogueRevision,
    Location,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
)
from referral_directory.catalogue.records import read_record, record_terms, write_row
from referral_directory.catalogue.starter import Starter, StarterRow, row_digest
from referral_directory.needs import Needs


@dataclass(slots=True)
class LoadReport:
    """What a load did, by external id. `kept` were edited by a curator and differ from the file."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything in the catalogue is different now."""
        return bool(self.added or self.updated or self.withdrawn)


def load_starter(session: Session, starter: Starter, needs: Needs, now: datetime) -> LoadReport:
    """Bring the catalogue up to the starter file, in the caller's transaction."""
    record_terms(session, needs)
    report = LoadReport()
    services = {service.external_id: service for service in list_services(session)}
    for row in starter.rows:
        _load_row(session, row, services.get(row.id), now, report)
    if not starter.faults:
        # A faulty row is not a row that was taken out, so nothing is withdrawn while any row is faulty.
        _withdraw_missing(services, {row.id for row in starter.rows}, now, report)
    session.flush()
    revision = get_revision(session)
    revision.starter_digest = starter.digest
    if report.changed:
        revision.number += 1
    return report


def needs_loading(session: Session, digest: str) -> bool:
    """Whether the starter file with this digest is not the one last loaded."""
    return get_revision(session).starter_digest != digest


def get_revision(session: Session) -> CatalogueRevision:
    """The row that counts changes; made if this is a new database."""
    revision = session.get(CatalogueRevision, CITY_REVISION)
    if revision is None:
        revision = CatalogueRevision(id=CITY_REVISION, number=0, starter_digest="")
        session.add(revision)
        session.flush()
    return revision


def list_services(session: Session, only_public: bool = False) -> list[Service]:
    """Services with everything that hangs off them, in a handful of queries, by external id.

    Only public: published, active, and of high or medium confidence.
    """
    query = _whole_services().order_by(Service.external_id)
    if only_public:
        query = query.where(
            Service.published, Service.status == "active", Service.confidence.in_(("high", "medium"))
        )
    return list(session.scalars(query))


def list_services_by(session: Session, ids: Collection[UUID]) -> list[Service]:
    """These services with everything that hangs off them, by external id; not more than some hundreds at once."""
    if not ids:
        return []
    return list(session.scalars(_whole_services().where(Service.id.in_(ids)).order_by(Service.external_id)))


def _whole_services() -> Select[Service]:
    return select(Service).options(
        joinedload(Service.organization),
        selectinload(Service.locations)
        .joinedload(ServiceAtLocation.location)
        .selectinload(Location.addresses),
        selectinload(Service.attributes).joinedload(Attribute.term).joinedload(TaxonomyTerm.taxonomy),
        selectinload(Service.phones),
        selectinload(Service.schedules),
        selectinload(Service.languages),
        selectinload(Service.areas),
        selectinload(Service.documents),
        selectinload(Service.accessibility),
        selectinload(Service.cost_options),
    )


def _load_row(
    session: Session, row: StarterRow, service: Service | None, now: datetime, report: LoadReport
) -> None:
    digest = row_digest(row)
    if service is None:
        write_row(session, row, None, now).starter_digest = digest
        report.added.append(row.id)
        return
    says = row_digest(read_record(service))
    if says == digest:
        service.starter_digest = digest
        report.unchanged += 1
    elif says == service.starter_digest:
        clear_parts(session, service)
        write_row(session, row, service, now).starter_digest = digest
        report.updated.append(row.id)
    else:
        report.kept.append(row.id)


def clear_parts(session: Session, service: Service) -> None:
    """Take off everything that hangs off a service, so that parts with the same ids can be written again."""
    for link in service.locations:
        session.delete(link.location)
    for parts in (
        service.locations,
        service.phones,
        service.schedules,
        service.languages,
        service.cost_options,
        service.areas,
        service.documents,
        service.accessibility,
        service.attributes,
    ):
        parts.clear()
    session.flush()


def _withdraw_missing(
    services: dict[str, Service], kept: set[str], now: datetime, report: LoadReport
) -> None:
    """Unpublish what came from the file and is no longer in it, unless a curator edited it."""
    for external_id, service in services.items():
        if external_id in kept or not service.published or not service.starter_digest:
            continue
        if row_digest(read_record(service)) != service.starter_digest:
            report.kept.append(external_id)
            continue
        service.published = False
        service.last_modified = now
        service.starter_digest = row_digest(read_record(service))
        report.withdrawn.append(external_id)
