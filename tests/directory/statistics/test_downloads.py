"""The files of a release, read by the validators and readers that others would use."""

import io
import re
import warnings
import zipfile
import zlib
from xml.etree import ElementTree as ET

import html5lib
import pytest

from referral_directory.application.statistics import load_frame
from referral_directory.demand.periods import parse_period
from referral_directory.demand.releases import make_release
from referral_directory.web.open_document import Page, column_name, write_spreadsheet
from tests.directory.factories import make_row
from tests.directory.statistics.conftest import NOW, add_weeks

with warnings.catch_warnings():
    # Both validators import what has newer names.
    warnings.simplefilter("ignore")
    import csvw
    import frictionless

LATER = NOW.replace(month=4)
NAMES = ("2026-Q1", "2026-P01", "2026-W01")
OFFICE = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}


@pytest.fixture
def released(start, settings, writing):
    """A client of a directory with a quarter, four weeks and a week of releases: numbers 1, 2, 3."""
    frame = load_frame(settings)
    with writing() as session:
        add_weeks(session, frame, 13, a_week=700)
        for name in NAMES:
            make_release(session, frame, parse_period(name), LATER)
    return start([make_row()], now=LATER)


@pytest.fixture
def folder(released, tmp_path):
    """The files of each release in a folder of its own, as somebody would download them."""
    for number in range(1, len(NAMES) + 1):
        below = tmp_path / "downloads" / str(number)
        below.mkdir(parents=True)
        for name in ("figures.csv", "datapackage.json", "figures.csv-metadata.json"):
            answer = released.get(f"/statistics/releases/{number}/{name}")
            (below / name).write_bytes(answer.content)
    return tmp_path / "downloads"


def test_the_frictionless_validator_finds_nothing(folder) -> None:
    for number in range(1, len(NAMES) + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = frictionless.validate(str(folder / str(number) / "datapackage.json"))
        assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])
        assert report.tasks[0].stats["rows"] > 20


def test_the_frictionless_validator_would_find_a_figure_that_is_none(folder) -> None:
    path = folder / "3" / "figures.csv"
    path.write_text(path.read_text("utf-8").replace("[c]", "few"), "utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not frictionless.validate(str(folder / "3" / "datapackage.json")).valid


def test_the_csv_on_the_web_validator_finds_nothing(folder) -> None:
    for number in range(1, len(NAMES) + 1):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            table = csvw.CSVW(str(folder / str(number) / "figures.csv-metadata.json"), validate=True)
            assert table.is_valid
            rows = list(table.to_json(minimal=True))
        assert [str(each.message) for each in found if "csvw" in str(each.category)] == []
        assert len(rows) > 20


def read_sheets(content: bytes) -> dict[str, list[list[str]]]:
    """The words in the cells of a workbook, by the name of the sheet."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        root = ET.fromstring(archive.read("content.xml"))
        listed = set(re.findall(r'full-path="([^"]+)"', archive.read("META-INF/manifest.xml").decode()))
        assert listed == {"/", "content.xml", "styles.xml", "meta.xml"}
        for name in listed - {"/"}:
            ET.fromstring(archive.read(name))
    sheets = {}
    for table in root.iterfind(".//table:table", OFFICE):
        rows = table.iterfind(".//table:table-row", OFFICE)
        name = table.get(f"{{{OFFICE['table']}}}name")
        sheets[name] = [["".join(cell.itertext()) for cell in row] for row in rows]
    return sheets


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_workbook_has_a_cover_notes_and_the_figures_of_the_release(released, number) -> None:
    answer = released.get(f"/statistics/releases/{number}/figures.ods")
    assert answer.headers["content-type"] == "application/vnd.oasis.opendocument.spreadsheet"
    sheets = read_sheets(answer.content)
    release = released.get(f"/api/statistics/releases/{number}").json()
    tables = [f"Table_{place}" for place in range(1, len(release["tables"]) + 1)]
    assert list(sheets) == ["Cover", "Notes", *tables]
    assert any("Open Government Licence" in row[0] for row in sheets["Cover"])
    assert any("Crown copyright" in row[0] for row in sheets["Cover"])
    assert [row[0] for row in sheets["Notes"] if row[0].startswith("[")] == ["[c]"]
    for name, table in zip(tables, release["tables"], strict=True):
        rows = sheets[name]
        head = next(place for place, row in enumerate(rows) if len(row) > 1)
        # Below the header no cell is empty and no row shorter than the header.
        body = rows[head + 1 :]
        assert {len(row) for row in rows[head:]} == {len(rows[head])}
        assert all(cell for row in rows[head:] for cell in row)
        words = [[str(cell) if cell is not None else "[c]" for cell in line] for line in table["figures"]]
        assert [row[-len(words[0]) :] for row in body] == words


def test_a_workbook_and_a_bulletin_are_the_same_bytes_each_time(released) -> None:
    for name in ("figures.ods", "bulletin.pdf", "bulletin"):
        first = released.get(f"/statistics/releases/1/{name}").content
        assert first == released.get(f"/statistics/releases/1/{name}").content


def test_words_in_a_workbook_cannot_break_it() -> None:
    page = Page("A", '<Title> & "more"', ["'line'"], ("Head & <b>",), [["</table:table>"], [5]])
    sheets = read_sheets(write_spreadsheet([page], "T & <t>", "A", LATER.date()))
    assert sheets == {"A": [['<Title> & "more"'], ["'line'"], ["Head & <b>"], ["</table:table>"], ["5"]]}


def test_columns_are_named_as_in_every_spreadsheet() -> None:
    assert [column_name(number) for number in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_bulletin_is_one_tagged_page_of_what_the_release_says(released, number) -> None:
    page = released.get(f"/statistics/releases/{number}/bulletin").text
    html5lib.HTMLParser(strict=True).parse(page)
    assert re.search(r"In the (week|four weeks|quarter) from", page)
    pdf = released.get(f"/statistics/releases/{number}/bulletin.pdf").content
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    for tag in (b"/S /H1", b"/S /H2", b"/S /P", b"/Marked true", b"/Lang (en-GB)", b"/DisplayDocTitle true"):
        assert tag in pdf, tag
    streams = [zlib.decompress(s) for s in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    drawn = b"".join(streams)
    # Everything drawn is either tagged with what it is, or marked as decoration.
    assert drawn.count(b" BDC") + drawn.count(b"/Artifact BMC") == drawn.count(b"EMC") > 10
    assert b"What these figures do not say" in drawn
