"""Factories of the directory's tests: starter rows, settings, and clients of the real application."""

import contextlib
import csv
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from referral_directory.application import commands
from referral_directory.application.application import create_app
from referral_directory.application.settings import PACKAGE_DATA, Settings
from referral_directory.catalogue.starter import COLUMNS
from referral_directory.clock import LEEDS
from referral_directory.database import Database, open_database

with warnings.catch_warnings():
    # It asks for a successor of httpx that the locked environment does not hold.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

DATA = PACKAGE_DATA
TOKEN = "a-token-for-tests"
MONDAY_MORNING = datetime(2026, 11, 2, 10, 0, tzinfo=LEEDS)
HAREHILLS = {"ward": "E05011394", "lat": "53.81", "lon": "-1.50"}
KM = 1 / 111.195  # degrees of latitude in a kilometre

Start = Callable[..., TestClient]


def make_row(**changes: str) -> dict[str, str]:
    """A good starter row: a walk-in food service in Harehills, open on weekdays."""
    row = dict.fromkeys(COLUMNS, "") | {
        "id": "harehills-larder",
        "organisation": "Harehills Friends",
        "name": "Harehills Larder",
        "needs": "food.parcel",
        "what": "Food to take home.",
        "who_for": "Anyone",
        "how_to_get_help": "Come in and ask.",
        "access": "walk_in|phone",
        "phone": "0113 496 0000",
        "address": "1 Example Street, Leeds",
        "postcode": "LS9 6AB",
        "lat": "53.81",
        "lon": "-1.50",
        "ward_code": "E05011394",
        "coverage": "local",
        "opening_hours": "Mo-Fr 09:00-17:00; PH off",
        "opening_status": "confirmed",
        "cost": "Free",
        "referral_possible": "yes",
        "source_name": "Example list, 28 August 2026",
        "source_url": "https://example.org/list",
        "source_date": "2026-08-28",
        "checked_on": "2026-08-28",
        "confidence": "high",
        "published": "yes",
    }
    assert not changes.keys() - row.keys()
    return row | changes


def make_line(**changes: str) -> dict[str, str]:
    """A phone line for all of Leeds."""
    nowhere = {"address": "", "postcode": "", "lat": "", "lon": "", "ward_code": ""}
    line = {"id": "city-line", "name": "City Line", "coverage": "citywide", "access": "phone"}
    return make_row(**(nowhere | line | changes))


def north(kilometres: float) -> str:
    """The latitude so far north of the factory's own point."""
    return f"{53.81 + kilometres * KM:.6f}"


def write_starter(folder: Path, rows: list[dict[str, str]]) -> None:
    """A starter file with these rows."""
    with (folder / "starter" / "services.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make_settings(database_url: str, data_dir: Path, state_dir: Path) -> Settings:
    """Settings as they come from the environment, without reading it."""
    return Settings(
        DATABASE_URL=database_url,
        DIRECTORY_DATA_DIR=data_dir,
        SIGNPOST_STATE_DIR=state_dir,
        SIGNPOST_SERVICE_TOKEN=TOKEN,
        DIRECTORY_INDEX_CHECK_SECONDS=0,
        # Nobody is there: a test that wants somebody says where.
        BOT_URL="http://127.0.0.1:1",
        ACTIONS_URL="http://127.0.0.1:1/webhook",
    )


def make_client(settings: Settings, now: datetime = MONDAY_MORNING) -> TestClient:
    """A client; to be used as a context manager, which starts and stops the application."""
    return TestClient(create_app(settings, clock=lambda: now), raise_server_exceptions=False)


@contextlib.contextmanager
def running(app: FastAPI) -> Iterator[FastAPI]:
    """The application, started, and stopped at the end."""
    with TestClient(app) as first:
        app.state.portal = first.portal
        yield app


def visit(app: FastAPI, **options: Any) -> TestClient:
    """A browser without cookies at a running application. All share its event loop, as they do in production: to make
    one for each request takes longer than most requests.
    """
    browser = TestClient(app, raise_server_exceptions=False, **options)
    browser.portal = app.state.portal
    return browser


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database of these settings, closed again whatever happens."""
    database = open_database(settings.get_database_url())
    try:
        yield database
    finally:
        database.engine.dispose()


def seed(settings: Settings) -> Any:
    """Load the starter file as the command does: the report and the faults."""
    with opened(settings) as database:
        return commands.seed(settings, database)
