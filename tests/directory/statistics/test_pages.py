"""The pages and downloads, through the real application: public, complete, and labelled when simulated."""

import csv
import hashlib
import io
import json
import re
from xml.etree import ElementTree as ET

import html5lib
import pytest

from referral_directory.application.statistics import load_frame
from referral_directory.demand.models import SimulatedData
from referral_directory.demand.periods import parse_period
from referral_directory.demand.releases import correct_release, make_release
from referral_directory.web.statistics_charts import SHADES, TILES
from tests.directory.factories import make_row
from tests.directory.statistics.conftest import NOW, add_row, add_weeks

WAY_OUT = '<script src="/static/leave.js" defer>'
PAGES = (
    "/statistics",
    "/statistics?need=food.parcel",
    "/statistics/where",
    "/statistics/where?need=food.parcel",
    "/statistics/compare",
    "/statistics/compare?a=E05011394&b=E05011385",
    "/statistics/releases",
    "/statistics/releases/1",
    "/statistics/releases/1/bulletin",
    "/statistics/decisions",
    "/statistics/decisions?need=food.parcel&area=Inner+East",
    "/statistics/private",
    "/statistics/method",
)
FILES = (
    "/statistics/releases/1/figures.csv",
    "/statistics/releases/1/datapackage.json",
    "/statistics/releases/1/figures.csv-metadata.json",
    "/statistics/releases/1/figures.ods",
    "/statistics/releases/1/bulletin.pdf",
    "/statistics/weeks.csv",
    "/statistics/feed.atom",
    "/statistics/noise-table.csv",
    "/api/statistics/releases",
    "/api/statistics/releases/1",
    "/api/statistics/decisions",
    "/api/statistics/private",
)
NOT_TEXT = {"/statistics/releases/1/figures.ods", "/statistics/releases/1/bulletin.pdf"}
LATER = NOW.replace(month=4)
NAMES = ("2026-Q1", "2026-P01", *(f"2026-W{week:02}" for week in range(1, 5)))


@pytest.fixture
def released(start, settings, writing):
    """A client of a directory with a quarter of releases; release 1 is the quarter."""
    frame = load_frame(settings)
    with writing() as session:
        add_weeks(session, frame, 13, a_week=700)
        for name in NAMES:
            make_release(session, frame, parse_period(name), LATER)
    return start([make_row()], now=LATER)


def test_without_data_every_page_says_when_the_first_release_comes(start) -> None:
    client = start([make_row()])
    for page in ("/statistics", "/statistics/where", "/statistics/compare"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert re.search(r"first release comes on or soon after \d+ \w+ 20\d\d", answer.text)
    assert "9 November 2026" in client.get("/statistics").text
    assert client.get("/api/statistics/releases").json()["releases"] == []
    assert client.get("/statistics/feed.atom").status_code == 200
    assert client.get("/statistics/weeks.csv").text.count("\n") == 1
    assert "Nothing yet" in client.get("/statistics/releases").text


def test_every_page_is_good_html_small_and_with_no_script_but_the_way_out(released) -> None:
    parser = html5lib.HTMLParser(strict=True)
    for page in PAGES:
        answer = released.get(page)
        assert answer.status_code == 200, page
        assert len(answer.content) <= 200_000
        assert re.findall(r"<script[^>]*>", answer.text) == [WAY_OUT]
        assert not re.search(r"\son[a-z]+=|style=", answer.text)
        parser.parse(answer.text)
        charts = re.findall(r'<svg class="chart.*?</svg>', answer.text, re.DOTALL)
        assert all("<title" in chart and "<desc" in chart for chart in charts)
        if charts:
            assert answer.text.count("figures.csv") >= 1
            assert "<caption>" in answer.text
    assert released.get("/statistics/style.css").headers["content-type"].startswith("text/css")


def test_the_overview_says_three_sentences_from_published_figures(released) -> None:
    page = released.get("/statistics").text
    sentences = re.search(r'<ul class="sentences">(.*?)</ul>', page, re.DOTALL).group(1)
    assert sentences.count("<li>") == 3
    published = {
        int(row["figure"])
        for row in csv.DictReader(io.StringIO(released.get("/statistics/releases/2/figures.csv").text))
        if row["figure"] != "[c]"
    }
    said = [
        int(number.replace(",", "")) for number in re.findall(r"about ([\d,]+)", sentences, re.IGNORECASE)
    ]
    assert said
    assert set(said) <= published


def test_the_map_has_every_ward_once_and_a_table_of_the_same(released, settings) -> None:
    wards = load_frame(settings).committee_of
    assert TILES.keys() == wards.keys()
    assert len(set(TILES.values())) == 33
    page = released.get("/statistics/where?need=food.parcel").text
    table = page[page.index("The same as a table") :]
    assert table.count('<th scope="row">') == 35


def test_words_on_every_shade_can_be_read() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for fill, ink in SHADES:
        light, dark = sorted((luminance(fill), luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    "address",
    [
        "/statistics?need=nonsense",
        "/statistics/where?need=nonsense",
        "/statistics/compare?a=Inner+East&b=E05011394",
        "/statistics/compare?a=nowhere&b=Inner+East",
        "/statistics/releases/0",
        "/statistics/releases/99999999999999999999",
        "/api/statistics/releases/x",
    ],
)
def test_what_cannot_be_asked_is_refused_politely(released, address: str) -> None:
    assert released.get(address).status_code == 422
    assert released.get("/api/statistics/releases/999").status_code == 404


def test_files_fit_their_metadata_and_carry_licence_and_sources(released) -> None:
    for address in FILES:
        assert released.get(address).status_code == 200, address
    text = released.get("/statistics/releases/1/figures.csv").text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    package = released.get("/statistics/releases/1/datapackage.json").json()
    metadata = released.get("/statistics/releases/1/figures.csv-metadata.json").json()
    fields = [field["name"] for field in package["resources"][0]["schema"]["fields"]]
    assert fields == list(rows[0]) == [column["titles"] for column in metadata["tableSchema"]["columns"]]
    assert len(rows) == 35 * 27 + 27 + 11
    assert all(row["figure"] == "[c]" or int(row["figure"]) % 5 == 0 for row in rows)
    assert not re.search(r"LS\d", text)
    for body in (package, metadata, released.get("/api/statistics/releases").json()):
        assert "Crown copyright" in json.dumps(body, ensure_ascii=False)
        assert "open-government-licence" in json.dumps(body)


def test_the_api_serves_the_frozen_bytes(released) -> None:
    (first,) = [r for r in released.get("/api/statistics/releases").json()["releases"] if r["number"] == 1]
    frozen = released.get("/api/statistics/releases/1").content
    assert hashlib.sha256(frozen).hexdigest() == first["sha256"]
    assert json.loads(frozen)["checks"]["passed"] is True


def test_the_feed_names_every_release_with_a_time(released) -> None:
    feed = ET.fromstring(released.get("/statistics/feed.atom").content)
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    assert len(entries) == len(NAMES)
    assert all(re.search(r"[+-]\d\d:\d\d$", entry.findtext(f"{atom}updated")) for entry in entries)


def test_a_correction_is_shown_beside_what_it_replaces(released, settings, writing) -> None:
    frame = load_frame(settings)
    with writing() as session:
        add_row(session, parse_period("2026-W04").first, "food.parcel", "E05011394", "abandoned", 90, 3)
        correct_release(session, frame, parse_period("2026-W04"), LATER, "A day was counted late.")
    old, new = released.get("/statistics/releases/6").text, released.get("/statistics/releases/7").text
    assert "replaced by" in old
    assert "A day was counted late." in new


def test_simulated_data_says_so_on_every_page_and_in_every_file(start, settings, writing) -> None:
    frame = load_frame(settings)
    with writing() as session:
        session.add(SimulatedData(id=1, seed=1))
        add_weeks(session, frame, 13, a_week=700)
        for name in NAMES:
            make_release(session, frame, parse_period(name), LATER)
    client = start([make_row()], now=LATER)
    for page in PAGES:
        assert "Simulated data." in client.get(page).text
    for address in FILES:
        answer = client.get(address)
        if address in NOT_TEXT:
            assert "SIMULATED" in answer.headers["content-disposition"]
        elif address != "/statistics/noise-table.csv":
            assert "simulated" in answer.text.lower()
    assert "SIMULATED" in client.get("/statistics/weeks.csv").headers["content-disposition"]


def test_real_data_is_never_called_simulated(released) -> None:
    for page in PAGES:
        assert "Simulated data." not in released.get(page).text
    assert ",simulated" not in released.get("/statistics/weeks.csv").text
