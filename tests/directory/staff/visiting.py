"""How tests use the staff pages as a browser does: links, forms and codes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pyotp

from referral_directory.application import commands
from referral_directory.application.settings import Settings
from tests.directory.factories import TestClient, opened

PASSWORD = "four plain garden words"
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


@dataclass
class Account:
    """Somebody who set up an account: what they know and hold."""

    email: str
    password: str
    secret: str
    recovery_codes: list[str]

    def code(self, now: datetime) -> str:
        """What the authenticator app shows."""
        return pyotp.TOTP(self.secret).at(now)


def invite(
    administrator: TestClient, email: str = "amina@example.org", name: str = "Amina Khan", **fields
) -> str:
    """Invite somebody; the path of the link."""
    chosen = {"roles": ["staff"], "community_space": first_space(administrator)} | fields
    page = send(administrator, "/staff/people", email=email, name=name, **chosen)
    assert page.status_code == 200, page.text
    return urlsplit(re.search(r"<code>([^<]+)</code>", page.text)[1]).path


def first_space(administrator: TestClient) -> str:
    """The id of the first community space in the list."""
    return re.search(r'<option value="([0-9a-f-]{36})"', administrator.get("/staff/people").text)[1]


def set_up(browser: TestClient, path: str, now: datetime, email: str = "amina@example.org") -> Account:
    """Follow an invitation link to its end; the browser is then signed in."""
    begun = send(browser, path, name="Amina Khan", password=PASSWORD, again=PASSWORD)
    assert (begun.status_code, begun.headers["location"]) == (303, "/staff/set-up-codes"), begun.text
    page = browser.get("/staff/set-up-codes")
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)[1].replace(" ", "")
    done = send(browser, "/staff/set-up-codes", code=pyotp.TOTP(secret).at(now))
    assert done.status_code == 200, done.text
    return Account(email, PASSWORD, secret, re.findall(r"<code>([a-z0-9-]+)</code>", done.text))


def give_password(browser: TestClient, email: str, password: str):
    """The first step of signing in."""
    return send(browser, "/staff/sign-in", email=email, password=password)


def sign_in(browser: TestClient, account: Account, code: str):
    """Both steps of signing in; the answer to the second."""
    first = give_password(browser, account.email, account.password)
    assert first.status_code == 303, first.text
    return send(browser, first.headers["location"], to="/staff/second-step", code=code)


def is_signed_in(browser: TestClient) -> bool:
    """Whether the staff's first page opens."""
    return browser.get("/staff", follow_redirects=False).status_code == 200
