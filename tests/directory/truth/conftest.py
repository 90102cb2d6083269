"""Curators, services and residents around one running directory, on a clock that tests set."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI

from referral_directory.application.application import create_app
from referral_directory.application.settings import Settings
from tests.directory.factories import MONDAY_MORNING, TestClient, make_row, running, seed, write_starter
from tests.directory.staff.conftest import administrator, new_browser, visitor
from tests.directory.staff.visiting import MovingClock
from tests.directory.truth.visiting import SERVICE_MAIL

__all__ = ["administrator", "new_browser", "visitor"]


@pytest.fixture
def clock() -> MovingClock:
    """Monday morning, until a test moves it."""
    return MovingClock(MONDAY_MORNING)


@pytest.fixture
def records(settings: Settings) -> None:
    """One published service with an address for mail, and a doubtful one."""
    doubtful = make_row(
        id="old-larder",
        name="Old Larder",
        published="no",
        confidence="low",
        curator_note="Ask if it is still open.",
    )
    write_starter(settings.data_dir, [make_row(email=SERVICE_MAIL), doubtful])
    seed(settings)


@pytest.fixture
def app(records: None, settings: Settings, clock: MovingClock) -> Iterator[FastAPI]:
    """The running directory, with its records."""
    application = create_app(settings, clock)
    with running(application):
        yield application


@pytest.fixture
def curator(administrator: TestClient) -> TestClient:
    """A browser signed in as somebody with the role of a curator."""
    return administrator


@pytest.fixture
def card(visitor: TestClient) -> Callable[[], dict]:
    """card() -> what residents are shown of the larder now."""

    def read() -> dict:
        found = visitor.get("/api/services/search", params={"q": "larder"}).json()["services"]
        return next(one for one in found if one["external_id"] == "harehills-larder")

    return read
