"""Records for tests of the feed: what a starter row cannot say is written into the database directly."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from referral_directory.application.settings import Settings
from referral_directory.catalogue.models import (
    Address,
    Location,
    Organization,
    Schedule,
    Service,
    ServiceAtLocation,
)
from referral_directory.clock import LEEDS
from referral_directory.database import open_database, transaction

BASE = "/openreferral/v3"
# As the directory's clock gives it: the time of Leeds, here 12:00 in UTC.
MODIFIED = datetime(2026, 10, 1, 13, 0, 0, 123456, tzinfo=LEEDS)


def edit(settings: Settings, change: Callable[[Session], Any]) -> Any:
    """What `change(session)` returns, after it is committed."""
    database = open_database(settings.get_database_url())
    try:
        with transaction(database) as session:
            return change(session)
    finally:
        database.engine.dispose()


def make_service(name: str = "Larder", **changes: Any) -> Service:
    """A public service of its own organisation, without any parts."""
    fields: dict[str, Any] = {
        "id": uuid4(),
        "external_id": f"x-{uuid4()}",
        "name": name,
        "description": "Food to take home.",
        "coverage": "local",
        "confidence": "high",
        "published": True,
        "last_modified": MODIFIED,
        "organization": Organization(id=uuid4(), name=f"Friends of {uuid4()}"),
    }
    return Service(**(fields | changes))


def make_link(*addresses: Address, **changes: Any) -> ServiceAtLocation:
    """A service's place in Harehills, with these addresses."""
    fields: dict[str, Any] = {"id": uuid4(), "latitude": 53.81, "longitude": -1.50}
    return ServiceAtLocation(id=uuid4(), location=Location(**(fields | changes), addresses=list(addresses)))


def make_address(**changes: Any) -> Address:
    """A whole address."""
    fields: dict[str, Any] = {"id": uuid4(), "address_1": "1 Example Street", "postal_code": "LS9 6AB"}
    return Address(**(fields | changes))


def make_schedule(hours: str, certainty: str = "confirmed", **changes: Any) -> Schedule:
    """Opening hours."""
    return Schedule(id=uuid4(), opening_hours=hours, certainty=certainty, **changes)


def ids_of(services: Sequence[Any]) -> list[UUID]:
    """Ids of records, in the order of the feed."""
    return sorted(service.id for service in services)
