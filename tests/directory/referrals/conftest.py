"""A running directory with services that take referrals, staff of two community spaces, and their mail."""

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI

from referral_directory.application.application import create_app
from referral_directory.application.settings import Settings
from tests.directory.factories import (
    MONDAY_MORNING,
    TestClient,
    make_row,
    running,
    seed,
    visit,
    write_starter,
)
from tests.directory.referrals.following import DIET, OVER_60, Post
from tests.directory.staff.visiting import MovingClock, invite, send, set_up, sign_in_by_link

SPACES = "/staff/community-spaces"
ROWS = [
    make_row(email="larder@example.org"),
    make_row(id="pantry", name="Chapeltown Pantry", organisation="Pantry Trust", email="pantry@example.org"),
    make_row(id="no-mail", name="Larder Without Mail", email=""),
    make_row(id="walk-in", name="Walk-in Kitchen", referral_possible="no", email="kitchen@example.org"),
]


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(MONDAY_MORNING)


@pytest.fixture
def app(settings: Settings, clock: MovingClock) -> Iterator[FastAPI]:
    write_starter(settings.data_dir, ROWS)
    seed(settings)
    application = create_app(settings, clock)
    with running(application):
        yield application


@pytest.fixture
def new_browser(app: FastAPI) -> Callable[..., TestClient]:
    def begin() -> TestClient:
        return visit(app, client=("192.0.2.7", 50000))

    return begin


@pytest.fixture
def staff(new_browser, settings: Settings, clock: MovingClock) -> TestClient:
    """Signed in as the administrator of this machine, who is also staff of the first space."""
    browser = new_browser()
    sign_in_by_link(browser, settings, clock)
    return browser


@pytest.fixture
def stranger(staff, new_browser, clock: MovingClock) -> TestClient:
    """Signed in as staff of another community space."""
    send(staff, "/staff/community-spaces", name="Other Space")
    page = staff.get("/staff/people").text
    other = page.split(">Other Space<")[0].rsplit('value="', 1)[1].split('"')[0]
    browser = new_browser()
    set_up(browser, invite(staff, community_space=other), clock())
    return browser


@pytest.fixture
def follower(staff, new_browser, clock: MovingClock) -> TestClient:
    """Signed in as staff of the community space of residents who refer themselves, made for it."""
    assert send(staff, SPACES, to=f"{SPACES}/self-referrals").status_code == 303
    page = staff.get("/staff/people").text
    space = page.split(">Residents who refer themselves<")[0].rsplit('value="', 1)[1].split('"')[0]
    browser, email = new_browser(), "online@example.org"
    set_up(browser, invite(staff, email=email, community_space=space), clock(), email=email)
    return browser


@pytest.fixture
def asks(staff) -> str:
    """Harehills Larder asks two questions."""
    page = staff.get("/staff/services-that-take-referrals").text
    path = re.search(
        r'href="(/staff/services-that-take-referrals/[0-9a-f-]+/questions)">Questions that Harehills', page
    )[1]
    assert send(staff, path, **OVER_60, **DIET).status_code == 303
    return path


@pytest.fixture
def post(settings: Settings, clock: MovingClock) -> Post:
    """The mail folder, and the worker that fills it."""
    return Post(settings, clock)
