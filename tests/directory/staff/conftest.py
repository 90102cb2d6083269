"""The staff pages of one running directory, visited by any number of browsers, on a clock that tests set."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI

from referral_directory.application.application import create_app
from referral_directory.application.settings import Settings
from tests.directory.factories import MONDAY_MORNING, TestClient, running, visit
from tests.directory.staff.visiting import (
    Account,
    MovingClock,
    NewBrowser,
    invite,
    set_up,
    sign_in_by_link,
)


@pytest.fixture
def clock() -> MovingClock:
    """Monday morning, until a test moves it."""
    return MovingClock(MONDAY_MORNING)


@pytest.fixture
def app(settings: Settings, clock: MovingClock) -> Iterator[FastAPI]:
    """The running directory."""
    application = create_app(settings, clock)
    with running(application):
        yield application


@pytest.fixture
def new_browser(app: FastAPI) -> NewBrowser:
    """new_browser(network="192.0.2.7") -> a browser without cookies, at that address."""

    def begin(address: str = "192.0.2.7") -> TestClient:
        return visit(app, client=(address, 50000))

    return begin


@pytest.fixture
def visitor(new_browser: NewBrowser) -> TestClient:
    """A browser of somebody who is not signed in."""
    return new_browser()


@pytest.fixture
def administrator(new_browser: NewBrowser, settings: Settings, clock: Callable) -> TestClient:
    """A browser signed in as the administrator of this machine, who has every role."""
    browser = new_browser()
    sign_in_by_link(browser, settings, clock)
    return browser


@pytest.fixture
def account(administrator: TestClient, new_browser: NewBrowser, clock: MovingClock) -> Account:
    """Somebody of the first community space who has set up their account, half an hour ago."""
    made = set_up(new_browser(), invite(administrator), clock())
    clock.move(minutes=25)
    assert administrator.get("/staff").status_code == 200  # keeps the administrator's session alive
    clock.move(minutes=10)
    return made
