""" "You said, we did": analysts write decisions down, and everybody sees them beside the figures they answer."""

import csv
import io
import re

import html5lib
import pytest

from referral_directory.application.application import create_app
from referral_directory.application.statistics import load_frame
from referral_directory.demand.periods import parse_period
from referral_directory.demand.releases import make_release
from tests.directory.factories import TestClient, running, visit
from tests.directory.staff.visiting import MovingClock, invite, send, set_up, sign_in_by_link
from tests.directory.statistics.conftest import NOW, add_weeks

DECISION = {
    "need": "food.parcel",
    "area": "Inner East",
    "what": "One more food parcel session on Saturdays.",
    "who": "Cost of living breakthrough group",
    "by_when": "2026-06-30",
    "status": "planned",
}
TO = "/staff/decisions"


@pytest.fixture
def clock():
    return MovingClock(NOW.replace(month=4))


@pytest.fixture
def app(settings, clock, writing):
    """A directory with a quarter, eight weeks and their weeks released."""
    frame = load_frame(settings)
    with writing() as session:
        add_weeks(session, frame, 13, a_week=2100)
        for name in ("2026-W01", "2026-P01", "2026-Q1"):
            make_release(session, frame, parse_period(name), clock())
    application = create_app(settings, clock)
    with running(application):
        yield application


@pytest.fixture
def analyst(app, settings, clock):
    """A browser of the administrator of this machine, who is an analyst too."""
    browser = visit(app)
    sign_in_by_link(browser, settings, clock)
    return browser


@pytest.fixture
def anybody(app):
    return visit(app)


def figure_in(client, release: int, area: str, need: str) -> str:
    text = client.get(f"/statistics/releases/{release}/figures.csv").text
    (found,) = [
        row["figure"]
        for row in csv.DictReader(io.StringIO(text))
        if (row["table"], row["area"], row["need"]) == ("area_need", area, need)
    ]
    return found


def words(page: str) -> str:
    """The words of a page, without tags and line breaks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_decision_stands_beside_the_figure_it_answers(analyst, anybody) -> None:
    assert send(analyst, TO, **DECISION).status_code == 303
    page = anybody.get("/statistics/decisions").text
    html5lib.HTMLParser(strict=True).parse(page)
    figure = figure_in(anybody, 2, "Inner East", "food.parcel")
    said = "too few enquiries to show ([c])" if figure == "[c]" else f"about {int(figure):,} enquiries"
    assert f"Inner East, 29 December 2025 to 25 January 2026: {said}" in words(page)
    assert "went unmet" in words(page)
    assert "by 30 June 2026" in page
    for path in ("/statistics", "/statistics/compare?a=Inner+East&b=Inner+West"):
        assert DECISION["what"] in anybody.get(path).text
    assert DECISION["what"] not in anybody.get("/statistics/compare?a=Outer+East&b=Inner+West").text


def test_a_ward_is_answered_by_the_quarter_and_the_map_shows_it(analyst, anybody) -> None:
    send(analyst, TO, **DECISION | {"area": "E05011394"})
    assert "29 December 2025 to 29 March 2026" in anybody.get("/statistics/decisions").text
    assert DECISION["what"] in anybody.get("/statistics/where?need=food.parcel").text
    assert DECISION["what"] not in anybody.get("/statistics/where?need=fuel.bills").text


def test_what_happened_after_shows_the_newer_figure(analyst, anybody, settings, writing, clock) -> None:
    send(analyst, TO, **DECISION | {"area": "city"})
    assert "8 weeks" not in anybody.get("/statistics/decisions").text
    with writing() as session:
        make_release(session, load_frame(settings), parse_period("2026-P02"), clock())
    page = analyst.get(TO).text
    address = re.search(r'href="(/staff/decisions/[0-9a-f-]{36})"', page)[1]
    done = {"status": "done", "done_on": "2026-04-01", "what_happened": "It began in two hubs."}
    assert send(analyst, address, **DECISION | done).status_code == 303
    said = words(anybody.get("/statistics/decisions").text)
    assert "Done on 1 April 2026" in said
    assert re.search(
        r"It began in two hubs\. All of Leeds, 26 January 2026 to 22 February 2026: about \d+", said
    )
    (row,) = csv.DictReader(io.StringIO(anybody.get("/statistics/decisions.csv").text))
    assert (row["status"], row["done_on"], row["release"]) == ("done", "2026-04-01", "2")
    (shown,) = anybody.get("/api/statistics/decisions").json()["decisions"]
    assert shown["what_happened"] == "It began in two hubs."


def test_a_decision_that_is_late_says_so(analyst, anybody, clock) -> None:
    send(analyst, TO, **DECISION)
    clock.move(days=90)
    assert "later than planned" in words(anybody.get("/statistics/decisions").text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("need", "food"),
        ("area", "Bradford"),
        ("what", " "),
        ("what", "x" * 301),
        ("what", "Ring Amina on 0113 496 0000."),
        ("who", "amina@example.org"),
        ("by_when", ""),
        ("by_when", "30 June"),
        ("by_when", "0001-01-01"),
        ("status", "maybe"),
        ("status", "done"),
        ("status", "dropped"),
        ("what_happened", "They live at LS9 6AB."),
    ],
)
def test_what_cannot_be_public_or_read_is_refused_at_its_field(analyst, anybody, field, value) -> None:
    answer = send(analyst, TO, **DECISION | {field: value})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    wrong = {"done": "done_on", "dropped": "what_happened"}.get(value, field)
    assert f'href="#{wrong}"' in answer.text
    assert f'id="{wrong}-wrong"' in answer.text
    assert anybody.get("/api/statistics/decisions").json()["decisions"] == []


def test_a_day_of_being_done_cannot_be_tomorrow(analyst) -> None:
    answer = send(analyst, TO, **DECISION | {"status": "done", "done_on": "2026-04-21"})
    assert answer.status_code == 422


def test_community_space_staff_cannot_decide(app, analyst, clock) -> None:
    browser = visit(app)
    set_up(browser, invite(analyst), clock())
    assert browser.get(TO).status_code == 403
    assert browser.get("/staff").text.count("/staff/decisions") == 0


def test_a_decision_without_figures_says_so(settings, clock) -> None:
    application = create_app(settings, clock)
    with TestClient(application) as browser:
        sign_in_by_link(browser, settings, clock)
        send(browser, TO, **DECISION)
        assert "before figures of this area were published" in browser.get("/statistics/decisions").text
        assert browser.get("/staff/decisions/00000000-0000-4000-8000-000000000000").status_code == 404


def test_what_is_written_is_shown_as_words(analyst, anybody) -> None:
    send(analyst, TO, **DECISION | {"what": "<b>More</b> & better"})
    assert "&lt;b&gt;More&lt;/b&gt; &amp; better" in anybody.get("/statistics/decisions").text
