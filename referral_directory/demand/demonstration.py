"""Made-up years of counters, for showing what the pages look like. Never for a database with real counts."""

from datetime import date, timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from referral_directory.demand.decisions import Wording, list_decisions, record_decision
from referral_directory.demand.disclosure import RECORD_KEYS
from referral_directory.demand.models import DemandCount, SimulatedData, StatisticsRelease
from referral_directory.demand.outcomes import REFERRAL_ENDS, REFERRAL_SENT, SAID
from referral_directory.demand.periods import QUARTER, period_of
from referral_directory.demand.releases import is_simulated
from referral_directory.demand.tables import CITY, Frame
from referral_directory.errors import ReleaseRefused

DEMONSTRATION_SEED = 2026
WEEKLY = 1500  # enquiries in an ordinary week; an assumption, not a Leeds figure
_OUTCOMES = (
    "matched",
    "none_matched",
    "closed_now",
    "full",
    "not_eligible",
    "too_far",
    "no_answer",
    "abandoned",
)
_SHARES = (0.72, 0.05, 0.07, 0.05, 0.03, 0.02, 0.02, 0.04)
_END_SHARES = (0.45, 0.07, 0.2, 0.1, 0.05, 0.03, 0.02, 0.02, 0.02, 0.04)
_SAID_SHARES = (0.58, 0.1, 0.08, 0.06, 0.04, 0.06, 0.04, 0.04)
_WINTER_TOPIC = "fuel"
_NOBODY = UUID(int=0)
_BEGINNING = date(2026, 1, 1)  # growth is counted from here


def fill(session: Session, frame: Frame, today: date, years: int, seed: int) -> None:
    """Write counters of whole quarters up to `today`, and the mark that they are simulated.

    Done once: a database that is marked already stays as it is. Raises ReleaseRefused if the database holds
    counts and no mark, because those may be real.
    """
    if is_simulated(session):
        return
    if session.scalars(select(DemandCount).limit(1)).first() is not None:
        raise ReleaseRefused("This database holds counts that are not marked as simulated.")
    session.add(SimulatedData(id=1, seed=seed))
    session.flush()
    source = np.random.default_rng(seed)
    day = period_of(QUARTER, today - timedelta(days=365 * years)).first
    needs = source.dirichlet(np.full(len(frame.needs), 2.5))
    wards = source.dirichlet(np.full(len(frame.wards), 3.0))
    while day < today:
        session.execute(insert(DemandCount), _make_day(source, frame, day, (needs, wards)))
        day += timedelta(days=1)


def decide(session: Session, frame: Frame, today: date) -> None:
    """Three made-up decisions, two of them old enough to have figures afterwards. Only once, and only here."""
    if not is_simulated(session) or list_decisions(session):
        return
    committee = sorted(set(frame.committee_of.values()))[0]
    ward = next(iter(frame.committee_of))
    group = "Cost of living breakthrough group (made up)"
    then, soon = today - timedelta(days=150), today + timedelta(days=60)
    for need, area, what, done, happened in (
        ("fuel.bills", CITY, "A second adviser for energy bills on two evenings a week.", then, "Made up."),
        ("food.parcel", committee, "One more food parcel session on Saturdays.", then, "Made up."),
        ("money.debt", ward, "A debt adviser in the community hub once a week.", None, ""),
    ):
        typed = Wording(
            need=need,
            area=area,
            what=f"Made up: {what}",
            who=group,
            by_when=(done or soon).isoformat(),
            status="done" if done else "planned",
            done_on=done.isoformat() if done else "",
            what_happened=happened,
        )
        row = record_decision(session, frame, typed, _NOBODY, done or today)
        if done is not None:
            # As if it had been written down then: it answers the release that was the latest on that day.
            row.release_number = _number_before(session, row.release_number, done)


def _number_before(session: Session, number: int | None, day: date) -> int | None:
    latest = session.get(StatisticsRelease, number) if number is not None else None
    if latest is None:
        return None
    return session.scalar(
        select(StatisticsRelease.number)
        .where(StatisticsRelease.kind == latest.kind, StatisticsRelease.last_day < day)
        .order_by(StatisticsRelease.last_day.desc())
        .limit(1)
    )


def _make_day(
    source: np.random.Generator, frame: Frame, day: date, shares: tuple[np.ndarray, np.ndarray]
) -> list[dict[str, object]]:
    """The counter rows of a day, with winters, weekends and slow growth."""
    winter = np.cos(2 * np.pi * (day.timetuple().tm_yday - 15) / 365)
    level = WEEKLY / 7 * (1 + 0.2 * winter) * (0.6 if day.weekday() >= 5 else 1.16)
    level *= 1.0002 ** (day - _BEGINNING).days
    weights = shares[0] * [1 + 0.6 * winter * n.startswith(_WINTER_TOPIC) for n in frame.needs]
    number = int(source.poisson(level))
    drawn = np.stack(
        [
            source.choice(len(frame.needs), number, p=weights / weights.sum()),
            source.choice(len(frame.wards), number, p=shares[1]),
            source.choice(len(_OUTCOMES), number, p=_SHARES),
        ],
        axis=1,
    )
    rows: dict[tuple[str, str, str], list[int]] = {}
    for (need, ward, outcome), key in zip(
        drawn.tolist(), source.integers(0, RECORD_KEYS, number).tolist(), strict=True
    ):
        _add(rows, (frame.needs[need], frame.wards[ward], _OUTCOMES[outcome]), key)
    for need, ward, _ in drawn[: number // 12].tolist():
        end = REFERRAL_ENDS[source.choice(len(REFERRAL_ENDS), p=_END_SHARES)]
        for outcome in (REFERRAL_SENT, end):
            _add(rows, (frame.needs[need], frame.wards[ward], outcome), int(source.integers(0, RECORD_KEYS)))
    for need, ward, _ in drawn[: number // 8].tolist():
        said = SAID[source.choice(len(SAID), p=_SAID_SHARES)]
        _add(rows, (frame.needs[need], frame.wards[ward], said), int(source.integers(0, RECORD_KEYS)))
    words = {"day": day, "channel": "web", "language": "en"}
    return [
        words | {"need": n, "ward_code": w, "outcome": o, "count": count, "record_key_sum": key}
        for (n, w, o), (count, key) in rows.items()
    ]


def _add(rows: dict[tuple[str, str, str], list[int]], name: tuple[str, str, str], key: int) -> None:
    row = rows.setdefault(name, [0, 0])
    row[0] += 1
    row[1] = (row[1] + key) % RECORD_KEYS
