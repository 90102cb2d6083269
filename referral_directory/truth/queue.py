"""What curators have to look at: records that are due, doubted, reported, or differ from what their source says."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from rapidfuzz.fuzz import token_set_ratio
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.catalogue.models import (
    Address,
    Attribute,
    Organization,
    Phone,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
)
from referral_directory.clock import date_text
from referral_directory.truth.models import ImportRecord, RecordReport

# What people in an emergency rely on is looked at every three months, everything else twice a year.
URGENT_EVERY, OTHERS_EVERY = timedelta(days=90), timedelta(days=180)
URGENT = frozenset({"housing.homeless", "food.parcel", "fuel.meter", "money.crisis", "essentials.baby"})
DUE, REPORTED, OFFERED, DOUBTFUL = "due", "reported", "differs", "doubtful"
KINDS = {
    REPORTED: "Somebody says it is wrong",
    OFFERED: "Its source says something else",
    DUE: "Due to be checked",
    DOUBTFUL: "Not published",
}
ALIKE = 88


@dataclass(slots=True)
class Waiting:
    """A record in the queue, and why it is there."""

    id: UUID
    name: str
    organisation: str
    published: bool
    due_on: date
    checked: str
    kinds: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def due_on(next_check_on: date | None, assured: date | None, is_urgent: bool) -> date:
    """When a record is to be checked next: as agreed, or some time after the last check; never checked: long ago."""
    if next_check_on is not None:
        return next_check_on
    if assured is None:
        return date.min
    return assured + (URGENT_EVERY if is_urgent else OTHERS_EVERY)


def is_urgent(needs: Collection[str], risks: Collection[str]) -> bool:
    """Whether people in an emergency rely on a record."""
    return bool(risks) or not URGENT.isdisjoint(needs)


def list_waiting(session: Session, today: date, words: str = "", kind: str = "") -> list[Waiting]:
    """Records that need a curator, the most pressing first; with words, every record that has them all in its name."""
    urgent = _urgent_ids(session)
    reports = _count_reports(session)
    offered = set(session.scalars(select(ImportRecord.service_id).where(ImportRecord.offered != "")))
    wanted = words.casefold().split()
    found = []
    for service, organisation in _list_plain(session):
        one = Waiting(
            service.id,
            service.name,
            organisation,
            service.published and service.status == "active",
            due_on(service.next_check_on, service.assured_date, service.id in urgent),
            date_text(service.assured_date) if service.assured_date else "never, or nobody knows when",
        )
        _judge(one, service.curator_note, reports.get(service.id, 0), service.id in offered, today)
        matches = all(word in f"{one.name} {organisation}".casefold() for word in wanted)
        merged = service.merged_into is not None
        if matches and (wanted or (one.kinds and not merged)) and (not kind or kind in one.kinds):
            found.append(one)
    order = list(KINDS)
    found.sort(key=lambda one: (min(map(order.index, one.kinds), default=9), one.due_on, one.name, one.id))
    return found


def count_kinds(waiting: Iterable[Waiting]) -> Counter[str]:
    """How many records wait for each reason."""
    return Counter(kind for one in waiting for kind in one.kinds)


def list_alike(session: Session) -> list[tuple[Waiting, Waiting]]:
    """Pairs that may be the same service: the same telephone or postcode, and nearly the same name."""
    plain = {
        service.id: (service, organisation)
        for service, organisation in _list_plain(session)
        if service.merged_into is None
        and (service.published or not service.curator_note.startswith("Merged"))
    }
    groups: dict[str, list[UUID]] = defaultdict(list)
    phones = select(Phone.service_id, Phone.number).where(Phone.number != "")
    places = (
        select(ServiceAtLocation.service_id, Address.postal_code)
        .join(Address, Address.location_id == ServiceAtLocation.location_id)
        .where(Address.postal_code != "", Address.confidential.is_(False))
    )
    for query in (phones, places):
        for identity, value in session.execute(query):
            groups["".join(value.split())].append(identity)
    pairs: dict[tuple[UUID, UUID], tuple[Waiting, Waiting]] = {}
    for group in groups.values():
        members = sorted({identity for identity in group if identity in plain})
        for n, one in enumerate(members):
            for other in members[n + 1 : n + 30]:
                if token_set_ratio(_full_name(plain[one]), _full_name(plain[other])) >= ALIKE:
                    pairs[one, other] = (_brief(plain[one]), _brief(plain[other]))
    return list(pairs.values())


def _judge(one: Waiting, note: str, reports: int, differs: bool, today: date) -> None:
    if reports:
        one.kinds.append(REPORTED)
        one.reasons.append(f"{reports} report{'s' if reports > 1 else ''} to look at")
    if differs:
        one.kinds.append(OFFERED)
        one.reasons.append("Its source says something else now")
    if one.published and one.due_on <= today:
        one.kinds.append(DUE)
        never = one.due_on == date.min
        one.reasons.append(
            "Nobody knows when it was checked" if never else f"Due since {date_text(one.due_on)}"
        )
    if not one.published:
        one.kinds.append(DOUBTFUL)
        one.reasons.append(note or "Not published")


def _list_plain(session: Session) -> list[tuple[Service, str]]:
    """Services without anything that hangs off them, with the names of their organisations."""
    rows = session.execute(select(Service, Organization.name).join(Organization))
    return [(service, name) for service, name in rows]


def _urgent_ids(session: Session) -> set[UUID]:
    query = (
        select(Attribute.service_id)
        .join(TaxonomyTerm)
        .where(TaxonomyTerm.code.in_([*URGENT, "suicide_self_harm", "domestic_abuse", "violence"]))
    )
    return set(session.scalars(query))


def _count_reports(session: Session) -> dict[UUID, int]:
    query = select(RecordReport.service_id, func.count().label("number")).where(
        RecordReport.settled_at.is_(None)
    )
    return {row.service_id: row.number for row in session.execute(query.group_by(RecordReport.service_id))}


def _full_name(pair: tuple[Service, str]) -> str:
    return f"{pair[0].name} {pair[1]}".casefold()


def _brief(pair: tuple[Service, str]) -> Waiting:
    service, organisation = pair
    return Waiting(service.id, service.name, organisation, service.published, date.min, "")
