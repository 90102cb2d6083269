"""Feeds that are broken, careless or hostile: the report says what, and the database holds what is right, once."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from referral_directory.application.settings import Settings
from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.models import Service
from referral_directory.catalogue.records import read_record
from tests.directory.factories import opened
from tests.directory.truth.feeds import FakeFeed, as_usual, make_item, serving
from tests.directory.truth.importing import import_from

PAGES = 10  # records a page, so that three pages are thirty records
Case = tuple[Callable[[FakeFeed], None], int, str]


def change(number: int, **changes):
    """One record is different."""

    def apply(feed: FakeFeed) -> None:
        feed.items[number] = make_item(number, **changes)

    return apply


def replace_item(number: int, item):
    """One record is something else."""

    def apply(feed: FakeFeed) -> None:
        feed.items[number] = item

    return apply


def meddle(page: int, answer):
    """One page of the list is answered like this."""

    def apply(feed: FakeFeed) -> None:
        feed.meddle = lambda path, number, usual: (
            (answer(usual) if callable(answer) else answer)
            if number == page and path.endswith("services")
            else usual
        )

    return apply


def envelope(page: int, **changes):
    """The envelope of one page says something else."""

    def answer(usual):
        return 200, {}, json.dumps(json.loads(usual[2]) | changes).encode()

    return meddle(page, answer)


def go_round(feed: FakeFeed) -> None:
    """After the second page comes the first again, for ever."""
    usual = feed.page

    def page(number: int) -> bytes:
        said = json.loads(usual((number - 1) % 2 + 1))
        return json.dumps(said | {"page_number": number, "total_pages": 999, "last_page": False}).encode()

    feed.page = page


def deep(usual):
    return 200, {}, b"[" * 200_000


def repeat_first(feed: FakeFeed) -> None:
    """One id comes twice, on two pages."""
    feed.items[25] = dict(feed.items[3], name="Another name")


# What is wrong; how many of the thirty records are in afterwards; and what the report says.
HOSTILE: dict[str, Case] = {
    "wrong encoding": (
        meddle(2, (200, {}, "{\"contents\": [{\"name\": \"Café\"}]}".encode("latin-1"))),
        10, "not in UTF-8",
    ),
    "utf-16": (meddle(1, (200, {}, "{}".encode("utf-16"))), 0, "not in UTF-8"),
    "not json": (meddle(1, (200, {}, b"<html>Hello</html>")), 0, "is not JSON"),
    "cut short": (meddle(2, lambda usual: (200, {}, usual[2][:500])), 10, "is not JSON"),
    "connection lost": (
        meddle(2, lambda usual: (200, {"Content-Length": "999999"}, usual[2][:500])),
        10, "could not be read",
    ),
    "nested without end": (meddle(2, deep), 10, "is not JSON"),
    "a text for a page": (meddle(1, (200, {}, b'"hello"')), 0, "no list of contents"),
    "contents no list": (envelope(1, contents={"a": 1}), 0, "no list of contents"),
    "empty body": (meddle(2, (200, {}, b"")), 10, "is not JSON"),
    "500 midway": (meddle(2, (500, {}, b"oops")), 10, "answered 500, 5 times"),
    "too many requests": (meddle(3, (429, {"Retry-After": "999999999"}, b"")), 20, "answered 429"),
    "forbidden": (meddle(1, (403, {}, b"")), 0, "answered 403"),
    "gone midway": (meddle(3, (404, {}, b"")), 20, "answered 404"),
    "redirects in a circle": (meddle(1, (302, {"Location": "/feed/services?page=1"}, b"")), 0, "in a circle"),
    "redirect to a file": (meddle(1, (302, {"Location": "file:///etc/passwd"}, b"")), 0, "could not be read"),
    "redirect to a neighbour": (
        meddle(1, (302, {"Location": "http://169.254.169.254/latest/"}, b"")), 0, "not public",
    ),
    "redirect to this machine": (meddle(1, (302, {"Location": "http://localhost/"}, b"")), 0, "not public"),
    "redirect to ourselves": (meddle(1, (302, {"Location": "http://[::1]:8080/"}, b"")), 0, "not public"),
    "pages in a circle": (go_round, 20, "in a circle"),
    "pages without end": (envelope(3, total_pages=10**9, last_page=False), 30, ""),
    "total as text": (envelope(1, total_pages="many"), 30, ""),
    "duplicate id": (repeat_first, 29, "its id came before"),
    "no id": (change(4, id=None), 29, "has no id"),
    "id a list": (change(4, id=["a"]), 29, "has no id"),
    "id of a megabyte": (change(4, id="x" * 1_000_000), 29, "longer than 200"),
    "id that leads elsewhere": (change(4, id="../../etc/passwd"), 30, ""),
    "no name": (change(4, name=" "), 29, "has no name"),
    "huge name": (change(4, name="n" * 5_000_000), 29, "longer than 300"),
    "huge text": (change(4, description="t" * 3_000_000), 30, "was cut at 5000"),
    "html in text": (change(4, description="<p>Help &amp; <b>food</b><script>alert(1)</script></p>"), 30, ""),
    "formula in text": (change(4, name="=HYPERLINK(\"http://evil.example\")"), 30, ""),
    "invisible signs": (change(4, description="Ring \u202e0000\u202c now\x00\x1b[31m\u200b."), 30, ""),
    "script for a link": (change(4, url="javascript:alert(1)"), 30, "url is not a web address"),
    "not an e-mail": (change(4, email="desk at example"), 30, "email is not an address"),
    "phone in words": (change(4, phones=[{"number": "ring Anna"}]), 30, "cannot be dialled"),
    "wrong date": (change(4, assured_date="31/02/2026"), 30, "assured_date is not a date"),
    "date in the future": (change(4, assured_date="2999-01-01"), 30, "in the future"),
    "point in the sea": (
        change(4, service_at_locations=[{"location": {"latitude": -1.5, "longitude": 53.8}}]), 30, "not in Britain",
    ),
    "point not a number": (
        change(4, service_at_locations=[{"location": {"latitude": "NaN", "longitude": None}}]),
        30, "",
    ),
    "times that are none": (
        change(4, schedules=[{"byday": "XX", "opens_at": "99:99", "closes_at": None}]),
        30, "not weekly times",
    ),
    "parts of a wrong type": (
        change(4, phones="0113", schedules=7, languages={"name": 5}, attributes=[1, "x", None]),
        30, "",
    ),
    "organization a text": (change(4, organization="Us"), 29, "no organisation"),
    "a record that is none": (replace_item(4, "hello"), 29, "has no id"),
    "null for a record": (replace_item(4, None), 29, "has no id"),
}  # fmt: skip


@pytest.fixture
def engine_name() -> str:
    """What a feed does to us has nothing to do with the database: SQLite is enough here."""
    return "sqlite"


def records_of(settings: Settings) -> list:
    """Every record of a feed as rows."""
    with opened(settings) as database, database.read() as session:
        return [read_record(one) for one in list_services(session) if one.external_id.startswith("feed-")]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feed_is_reported_and_leaves_what_is_right(settings: Settings, name: str) -> None:
    spoil, expected, words = HOSTILE[name]
    feed = FakeFeed([make_item(number) for number in range(30)], PAGES)
    spoil(feed)
    with serving(feed):
        report = import_from(settings, feed)
        said = " ".join([report.stopped, *report.faults, *report.notes])
        assert words in said
        assert len(said) < 5_000
        rows = records_of(settings)
        assert len(rows) == expected == len(report.added)
        assert not any(row.published for row in rows)
        for row in rows:
            texts = f"{row.name} {row.what} {row.website} {row.email}"
            assert not any(sign in texts for sign in "<>\x00\x1b\u202e\u200b")
            assert "alert" not in texts
        # The same again doubles nothing, whatever it reports.
        again = import_from(settings, feed)
        assert again.added == []
        assert len(records_of(settings)) == expected
        # And once the feed is mended, everything is in, once.
        feed.items, feed.meddle = [make_item(number) for number in range(30)], as_usual
        feed.page = FakeFeed.page.__get__(feed)
        import_from(settings, feed)
        import_from(settings, feed)
    with opened(settings) as database, database.read() as session:
        ids = set(session.scalars(select(Service.external_id).where(Service.external_id.like("feed-%"))))
        assert session.scalar(select(func.count()).select_from(Service)) == len(ids)
        # One that came under a wrong id stays beside the right one: nobody said that they are the same.
        assert len(ids) == (31 if name == "id that leads elsewhere" else 30)


def test_there_are_at_least_thirty_kinds_of_hostility():
    assert len(HOSTILE) >= 30
