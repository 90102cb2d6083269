"""Files, answers of other machines and bodies of requests, byte by byte: read, or refused in our own words.

Each is nearly right, with damage in places: pure noise ends at the first check.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from bot.application import create_app
from bot.safety import PatternScreen
from bot.settings import BotSettings
from referral_directory.catalogue.feed_hours import read_hours
from referral_directory.catalogue.sites import read_site
from referral_directory.catalogue.starter import read_row
from referral_directory.errors import BadFeed, BadFile, InvalidInput
from referral_directory.needs import Needs, load_needs
from referral_directory.truth.curating import read_typed
from referral_directory.truth.feed_fetching import fetch_page, fetch_service, open_feed
from referral_directory.truth.files import HEADER, OFFICE, read_file
from tests.bot.fakes import FakeDirectory, FakeRasa, serve_fake
from tests.bot.telegram.fake_telegram import TOKEN, FakeTelegram, message, serve_telegram
from tests.directory.factories import make_row
from tests.fuzzing.test_outside_text import HOURS, JSON, JSON_BYTES, shaped

SECRET = "a-secret-of-our-own"
some = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DAMAGE = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 3), st.binary(max_size=3)), max_size=3)
# A good row with anything at all in some of its columns.
ROWS = st.lists(shaped(" ".join(HEADER)).map(lambda odd: make_row() | odd), max_size=3)
ENCODINGS = st.sampled_from(["UTF-8", "utf-16", "big5", "nonsense", "ISO-8859-1", "ebcdic-cp-be"])
PACKED = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])


def hurt(content: bytes, damage: list[tuple[int, int, bytes]]) -> bytes:
    """The content with some of its bytes replaced, taken away or put in."""
    for start, length, new in damage:
        at = start % (len(content) + 1)
        content = content[:at] + new + content[at + length :]
    return content


def cells_of(row: dict[str, Any]) -> list[str]:
    return [str(row.get(name, "")) for name in HEADER]


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *map(cells_of, rows)])
    return out.getvalue().encode()


def as_xml(rows: list[dict[str, Any]], encoding: str, repeated: str) -> bytes:
    """A spreadsheet's content. Its texts are not escaped: that is damage too."""
    spaces = " ".join(f'xmlns:{short}="{OFFICE.format(short)}"' for short in ("office", "table", "text"))
    cell = (
        f'<table:table-cell table:number-columns-repeated="{repeated}"><text:p><text:s text:c="{repeated}"/>'
    )
    lines = [
        "<table:table-row>" + "".join(f"{cell}{text}</text:p></table:table-cell>" for text in texts)
        for texts in map(cells_of, rows)
    ]
    header = "".join(f"<table:table-cell><text:p>{name}</text:p></table:table-cell>" for name in HEADER)
    body = f"<table:table-row>{header}</table:table-row>" + "".join(
        f"{line}</table:table-row>" for line in lines
    )
    return f'<?xml version="1.0" encoding="{encoding}"?><a {spaces}>{body}</a>'.encode()


def as_ods(content: bytes, packed: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as package:
        package.writestr("content.xml", content)
    return out.getvalue()


@pytest.fixture(scope="module")
def needs() -> Needs:
    return load_needs(Path("referral_directory/data/need_codes.csv"))


def read_bytes(folder: Path, kind: str, content: bytes, needs: Needs) -> None:
    file = folder / f"records.{kind}"
    file.write_bytes(content)
    with suppress(BadFile):
        read_file(file, needs)


@some
@given(ROWS, DAMAGE)
def test_spreadsheets_saved_as_text(needs, tmp_path, rows, damage):
    read_bytes(tmp_path, "csv", hurt(as_csv(rows), damage), needs)


@some
@given(ROWS | st.lists(shaped(" ".join(HEADER)), max_size=3), DAMAGE)
def test_records_in_json(needs, tmp_path, rows, damage):
    read_bytes(tmp_path, "json", hurt(json.dumps(rows).encode(), damage), needs)


@some
@given(
    ROWS, ENCODINGS, st.sampled_from(["1", "0", "-1", "x", "", "9" * 5000]), PACKED, st.tuples(DAMAGE, DAMAGE)
)
def test_spreadsheets(needs, tmp_path, rows, encoding, repeated, packed, damage):
    content = hurt(as_xml(rows, encoding, repeated), damage[0])
    read_bytes(tmp_path, "ods", hurt(as_ods(content, packed), damage[1]), needs)


@some
@given(HOURS | st.text(max_size=60))
def test_hours_for_the_feed(text):
    hours = read_hours(text)
    assert hours is None or all(0 <= each.opens < each.closes for each in hours.recurrences)


@some
@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["53.8", "-1.5", "nan", "1e999", "LS9 6AB", "hidden"]),
        max_size=7,
    )
)
def test_further_places_as_curators_type_them(parts):
    with suppress(ValueError):
        read_site("; ".join(parts))


@some
@given(st.dictionaries(st.sampled_from(HEADER), st.text(max_size=40) | HOURS, max_size=6), st.booleans())
def test_the_form_of_curators(needs, typed, hidden):
    before = read_row(
        make_row(confidential="yes", address="", postcode="", lat="", lon="") if hidden else make_row(), needs
    )
    with suppress(InvalidInput):
        assert read_typed(typed, before, needs).id == before.id


class Elsewhere(BaseAdapter):
    """The other side of a feed: says one thing to everybody."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__()
        self.said = status, headers, body

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, headers, body = self.said
        answer.headers.update(headers)
        answer.raw, answer.url, answer.request = io.BytesIO(body), str(request.url), request
        return answer

    def close(self) -> None:
        """Nothing is open."""


PAGES = st.fixed_dictionaries(
    {"contents": JSON},
    optional=dict.fromkeys(("content", "last_page", "last", "total_pages", "totalPages"), JSON),
).map(lambda page: json.dumps(page).encode())


@some
@given(
    st.sampled_from([200, 200, 200, 304, 404, 429, 500]),
    st.dictionaries(
        st.sampled_from(["etag", "retry-after", "content-type", "content-encoding"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    ),
    PAGES | JSON_BYTES | st.binary(max_size=60),
    DAMAGE,
)
def test_answers_of_feeds(status, headers, body, damage):
    feed = open_feed("https://feed.example.org/v3", wait=lambda _: None)
    feed.session.mount("https://", Elsewhere(status, headers, hurt(body, damage)))
    with feed.session:
        with suppress(BadFeed):
            page = fetch_page(feed, 1)
            assert page.items is None or isinstance(page.items, list)
        with suppress(BadFeed):
            assert isinstance(fetch_service(feed, "any/../id"), dict)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The bot with its door to Telegram open."""
    with ExitStack() as stack:
        rasa, directory = (stack.enter_context(serve_fake(fake)) for fake in (FakeRasa(), FakeDirectory()))
        chosen = BotSettings(
            rasa_url=f"http://127.0.0.1:{rasa}",
            directory_url=f"http://127.0.0.1:{directory}",
            signpost_state_dir=tmp_path_factory.mktemp("state"),
            telegram_bot_token=TOKEN,
            telegram_api_url=stack.enter_context(serve_telegram(FakeTelegram())),
            telegram_webhook_url="https://chat.example.org/telegram/webhook",
            telegram_webhook_secret=SECRET,
        )
        app = create_app(chosen, safety=PatternScreen())
        yield stack.enter_context(TestClient(app, raise_server_exceptions=False))


@some
@given(
    shaped("text").map(lambda body: json.dumps(body).encode()) | JSON_BYTES | st.binary(max_size=80), DAMAGE
)
def test_bodies_of_messages(chat, body, damage):
    conversation = chat.post("/api/conversations").json()["conversation"]
    answer = chat.post(
        f"/api/conversations/{conversation}/messages",
        content=hurt(body, damage),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (200, 400, 413, 422, 429)
    assert isinstance(answer.json(), dict)


FIELDS = st.sampled_from(["text", "key", "conversation", "shown", "language", "keep"])


@some
@given(
    st.sampled_from(["/messages", "/language", "/my-list", "/my-list/code", "/forget", "/embed/lines"]),
    st.lists(st.tuples(FIELDS, st.text(max_size=20)), max_size=4).map(
        lambda fields: urlencode(fields).encode()
    ),
    DAMAGE,
    st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]),
)
def test_forms_of_residents(chat, path, body, damage, kind):
    chat.get("/")
    answer = chat.post(
        path, content=hurt(body, damage), headers={"content-type": kind}, follow_redirects=False
    )
    assert answer.status_code < 500


@some
@given(
    st.just(json.dumps(message(1, text="food")).encode()) | JSON_BYTES | st.binary(max_size=80),
    DAMAGE,
)
def test_bodies_from_telegram(chat, body, damage):
    answer = chat.post(
        "/telegram/webhook",
        content=hurt(body, damage),
        headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
    )
    # 503: the door is opening, and Telegram sends it again.
    assert answer.status_code in (200, 503)
