"""How tests use the staff pages as a browser does: links, forms and codes."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from referral_directory.application import commands
from referral_directory.application.settings import Settings
from tests.directory.factories import TestClient, opened

NewBrowser = Callable[..., TestClient]


class MovingClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **time: float) -> None:
        self.moment += timedelta(**time)


def make_link_path(settings: Settings, clock: Callable[[], datetime]) -> str:
    """The path of a fresh sign-in link for this machine's administrator."""
    now = settings.model_copy(update={"clock": clock()})
    with opened(settings) as database:
        return urlsplit(commands.make_staff_link(now, database)).path


def csrf_of(page) -> str:
    """The form token of a page."""
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def send(browser: TestClient, path: str, to: str = "", **fields):
    """Fill in and send the form on the page at `path` (which posts to `to`)."""
    token = csrf_of(browser.get(path))
    return browser.post(to or path, data={"csrf_token": token, **fields}, follow_redirects=False)


def sign_in_by_link(browser: TestClient, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Sign in as the administrator of this machine, who has every role."""
    assert send(browser, make_link_path(settings, clock)).status_code == 303
