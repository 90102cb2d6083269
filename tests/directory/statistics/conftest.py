"""A directory with counters that a test sets, a frame of the real needs and wards, and a clock in February."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from referral_directory.application.settings import Settings
from referral_directory.application.statistics import load_frame
from referral_directory.clock import LEEDS
from referral_directory.database import open_database, transaction
from referral_directory.demand.models import DemandCount
from referral_directory.demand.tables import Frame

NOW = datetime(2026, 2, 20, 9, 0, tzinfo=LEEDS)
WEEK_ONE = date(2025, 12, 29)  # Monday of 2026-W01


@pytest.fixture
def frame(settings: Settings) -> Frame:
    return load_frame(settings)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    """A session whose work is thrown away when the test ends."""
    database = open_database(settings.get_database_url())
    with database.write() as session:
        yield session
        session.rollback()
    database.engine.dispose()


@pytest.fixture
def writing(settings: Settings) -> Callable:
    """writing() -> a context manager with a session that is committed."""

    @contextmanager
    def begin() -> Iterator[Session]:
        database = open_database(settings.get_database_url())
        try:
            with transaction(database) as session:
                yield session
        finally:
            database.engine.dispose()

    return begin


def add_weeks(session: Session, frame: Frame, weeks: int, a_week: int = 700, seed: int = 1) -> None:
    """Counters of whole weeks from 2026-W01, drawn with a seed: so many enquiries a week."""
    source = np.random.default_rng(seed)
    outcomes = ("matched", "none_matched", "closed_now", "full", "end_helped", "end_no_answer")
    needs = source.dirichlet(np.full(len(frame.needs), 2.0))
    wards = source.dirichlet(np.full(len(frame.wards), 2.0))
    for day in range(7 * weeks):
        rows: dict[tuple[str, str, str], list[int]] = {}
        number = a_week // 7
        for need, ward, outcome, key in zip(
            source.choice(len(frame.needs), number, p=needs).tolist(),
            source.choice(len(frame.wards), number, p=wards).tolist(),
            source.choice(6, number, p=(0.66, 0.1, 0.08, 0.08, 0.05, 0.03)).tolist(),
            source.integers(0, 256, number).tolist(),
            strict=True,
        ):
            row = rows.setdefault((frame.needs[need], frame.wards[ward], outcomes[outcome]), [0, 0])
            row[0] += 1
            row[1] = (row[1] + key) % 256
        words = {"day": WEEK_ONE + timedelta(days=day), "channel": "web", "language": "en"}
        session.execute(
            insert(DemandCount),
            [
                words | {"need": n, "ward_code": w, "outcome": o, "count": count, "record_key_sum": key}
                for (n, w, o), (count, key) in rows.items()
            ],
        )


def add_row(session: Session, day: date, need: str, ward: str, outcome: str, count: int, key: int) -> None:
    session.add(
        DemandCount(
            day=day,
            need=need,
            ward_code=ward,
            channel="web",
            language="en",
            outcome=outcome,
            count=count,
            record_key_sum=key,
        )
    )
