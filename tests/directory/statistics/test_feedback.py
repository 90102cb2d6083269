"""What residents say afterwards is counted, once, and nothing else of it is kept."""

import re

import html5lib
import pytest
from sqlalchemy import select

from referral_directory.application.statistics import load_frame
from referral_directory.demand.models import DemandCount
from referral_directory.demand.outcomes import SAID
from referral_directory.demand.periods import parse_period
from referral_directory.demand.releases import make_release
from tests.directory.factories import TOKEN, make_row
from tests.directory.statistics.conftest import NOW, WEEK_ONE, add_row, add_weeks

AUTHORISED = {"authorization": f"Bearer {TOKEN}"}
FEEDBACK = {
    "need": "food.parcel",
    "ward_code": "E05011394",
    "channel": "web",
    "language": "en",
    "said": "helped",
    "key": "conversation-1-service-1",
}


@pytest.fixture
def counted(writing):
    """counted() -> the counters as (need, ward, outcome, count)."""

    def read() -> list[tuple[str, str, str, int]]:
        columns = DemandCount.need, DemandCount.ward_code, DemandCount.outcome, DemandCount.count
        with writing() as session:
            return [tuple(row) for row in session.execute(select(*columns))]

    return read


def service_page(client) -> str:
    return "/did-this-help/" + client.get("/api/services/search").json()["services"][0]["id"]


def answer(client, path, **fields):
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[1]
    return client.post(path, data={"csrf_token": token, "need": "food.parcel", **fields})


@pytest.mark.parametrize("said", [each.removeprefix("said_") for each in SAID])
def test_an_answer_is_one_increment_and_a_retry_is_none(start, counted, said) -> None:
    client = start([make_row()])
    for _ in range(2):
        sent = client.post("/api/feedback", json=FEEDBACK | {"said": said}, headers=AUTHORISED)
        assert sent.status_code == 204
    assert counted() == [("food.parcel", "E05011394", f"said_{said}", 1)]


@pytest.mark.parametrize(
    "change", [{"need": "food"}, {"ward_code": "LS9"}, {"said": "sad"}, {"key": "short"}, {"name": "John"}]
)
def test_what_is_no_code_is_refused(start, counted, change) -> None:
    client = start([make_row()])
    assert client.post("/api/feedback", json=FEEDBACK | change, headers=AUTHORISED).status_code == 422
    assert client.post("/api/feedback", json=FEEDBACK).status_code == 401
    assert counted() == []


def test_somebody_without_the_chat_answers_on_a_page_once_a_day(start, counted) -> None:
    client = start([make_row()])
    path = service_page(client)
    html5lib.HTMLParser(strict=True).parse(client.get(path).text)
    assert answer(client, path, said="full").status_code == 200
    assert "It is counted" in answer(client, path, said="helped").text
    assert counted() == [("food.parcel", "unknown", "said_full", 1)]


def test_a_service_with_several_needs_asks_which(start, counted) -> None:
    client = start([make_row(needs="food.parcel|fuel.meter")])
    path = service_page(client)
    page = client.get(path).text
    html5lib.HTMLParser(strict=True).parse(page)
    assert "What was it about?" in page
    assert answer(client, path, need="", said="helped").status_code == 422
    assert answer(client, path, need="fuel.meter", said="").status_code == 422
    assert answer(client, path, need="money.debt", said="helped").status_code == 422
    assert answer(client, path, need="fuel.meter", said="helped").status_code == 200
    assert counted() == [("fuel.meter", "unknown", "said_helped", 1)]


def test_the_page_of_no_service_is_not_there_and_the_form_needs_its_token(start, counted) -> None:
    client = start([make_row()])
    assert client.get("/did-this-help/00000000-0000-4000-8000-000000000000").status_code == 404
    assert (
        client.post(service_page(client), data={"said": "helped", "need": "food.parcel"}).status_code == 403
    )
    assert counted() == []


def test_answers_are_published_by_the_rule_and_never_added_to_enquiries(session, frame) -> None:
    add_weeks(session, frame, 4)
    before = sum(
        row.count for row in session.scalars(select(DemandCount)) if not row.outcome.startswith("end_")
    )
    add_row(session, WEEK_ONE, "food.parcel", "E05011394", "said_helped", 60, 0)
    add_row(session, WEEK_ONE, "food.parcel", "E05011394", "said_full", 3, 0)
    release = make_release(session, frame, parse_period("2026-P01"), NOW)
    sheet = release.get_sheet("need_said")
    row = sheet.figures[sheet.rows.index("food.parcel")].tolist()
    assert abs(row[sheet.columns.index("said_helped")] - 60) <= 4
    assert row[sheet.columns.index("said_full")] == -1
    total = release.get_sheet("area_need").figures[-1, -1]
    assert abs(int(total) - before) <= 4


def test_the_overview_shows_what_residents_said(start, settings, writing) -> None:
    frame = load_frame(settings)
    with writing() as session:
        add_weeks(session, frame, 4)
        add_row(session, WEEK_ONE, "food.parcel", "E05011394", "said_helped", 60, 0)
        make_release(session, frame, parse_period("2026-P01"), NOW)
    client = start([make_row()], now=NOW)
    for path in ("/statistics", "/statistics/decisions"):
        assert re.search(r"It helped</th><td class=\"number\">60<", client.get(path).text.replace("\n", ""))
