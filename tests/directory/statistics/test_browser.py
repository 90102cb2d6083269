"""The statistics and decision pages in a real browser: axe finds nothing, and nothing has to be scrolled sideways."""

import re
from collections.abc import Iterator

import pytest

from referral_directory.application.application import create_app
from referral_directory.application.settings import Settings
from referral_directory.application.statistics import load_frame
from referral_directory.database import transaction
from referral_directory.demand.periods import parse_period
from referral_directory.demand.private_tables import make_private_table
from referral_directory.demand.releases import make_release
from tests.browser import Look, Page, find_violations_in_every_look
from tests.directory.conftest import make_data
from tests.directory.factories import TestClient, make_row, make_settings, opened, seed, write_starter
from tests.directory.staff.visiting import MovingClock, send, sign_in_by_link
from tests.directory.statistics.conftest import NOW, add_weeks

LATER = NOW.replace(month=4)
HOST = "http://127.0.0.1:9"
LOOKS = (Look(320), Look(1280, dark=True))
PUBLIC = (
    "/statistics?need=food.parcel",
    "/statistics/where",
    "/statistics/compare?a=E05011394&b=E05011385",
    "/statistics/decisions",
    "/statistics/releases",
    "/statistics/releases/1",
    "/statistics/releases/1/bulletin",
    "/statistics/private",
    "/statistics/method",
    "/did-this-help/{service}",
)
STATIC = ("/static/style.css", "/static/staff.css", "/statistics/style.css", "/static/leave.js")
STAFF = ("/staff/decisions", "/staff/decisions/{decision}")
DECISION = {
    "need": "food.parcel",
    "area": "Inner East",
    "what": "One more food parcel session on Saturdays.",
    "who": "Cost of living breakthrough group",
    "by_when": "2026-06-30",
}


@pytest.fixture(scope="module")
def pages(sqlite_template, tmp_path_factory) -> dict[str, tuple[str, str]]:
    """Every page and style sheet by address: its type and text, from the real application."""
    folder = tmp_path_factory.mktemp("seen")
    path = folder / "directory.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = make_settings(f"sqlite:///{path}", make_data(folder), folder)
    write_starter(settings.data_dir, [make_row(needs="food.parcel|fuel.meter")])
    seed(settings)
    _fill(settings)
    clock = MovingClock(LATER)
    with TestClient(create_app(settings, clock), raise_server_exceptions=False) as client:
        sign_in_by_link(client, settings, clock)
        assert send(client, "/staff/decisions", **DECISION).status_code == 303
        wrong = send(client, "/staff/decisions", need="food.parcel")
        assert wrong.status_code == 422
        service = client.get("/api/services/search").json()["services"][0]["id"]
        decision = client.get("/api/statistics/decisions").json()["decisions"][0]["id"]
        found = {"/wrong": ("text/html", wrong.text)}
        for address in (*PUBLIC, *STATIC, *STAFF):
            answer = client.get(address.format(service=service, decision=decision))
            assert answer.status_code == 200, address
            found[plain(address)] = (answer.headers["content-type"], answer.text)
    return found


def plain(address: str) -> str:
    """An address as the browser is told it: what stands in braces is a name, not an id."""
    return address.translate({ord("{"): None, ord("}"): None})


def _fill(settings: Settings) -> None:
    frame = load_frame(settings)
    with opened(settings) as database, transaction(database) as session:
        add_weeks(session, frame, 13, a_week=2100)
        for name in ("2026-Q1", "2026-P01", "2026-W01", "2026-W02"):
            make_release(session, frame, parse_period(name), LATER)
        make_private_table(session, frame, parse_period("2026-Q1"), LATER)


@pytest.fixture
def shown(browser_page: Page, pages: dict[str, tuple[str, str]]) -> Iterator[Page]:
    """A browser to which every address answers with the page that the application gave."""

    def answer(route) -> None:
        address = route.request.url.removeprefix(HOST)
        kind, text = pages[address]
        route.fulfill(content_type=kind, body=text)

    browser_page.route(f"{HOST}/**", answer)
    yield browser_page
    browser_page.unroute_all()


@pytest.mark.parametrize("address", [*PUBLIC, *STAFF, "/wrong"])
def test_a_page_can_be_used_by_everybody(shown: Page, address: str) -> None:
    shown.goto(HOST + plain(address))
    # Tables that are folded away are pages' parts as well.
    shown.eval_on_selector_all("details", "all => all.forEach(each => { each.open = true })")
    assert find_violations_in_every_look(shown, LOOKS) == []


def test_a_printed_page_has_the_tables_that_were_folded_away(shown: Page) -> None:
    shown.goto(HOST + PUBLIC[0])
    table = shown.locator("details table").first
    assert not table.is_visible()
    shown.emulate_media(media="print")
    assert table.bounding_box()["height"] > 100
    assert re.search("none", shown.eval_on_selector("form", "form => getComputedStyle(form).display"))
