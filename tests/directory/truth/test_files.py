"""Files: what goes out comes back, a bad row is named, and good rows load."""

import csv
import io
import json
import zipfile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from referral_directory.application.importing import load_file
from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.starter import COLUMNS, read_row
from referral_directory.errors import BadFile
from referral_directory.needs import load_needs
from referral_directory.truth.files import HEADER, read_file, write_file
from tests.directory.factories import DATA, MONDAY_MORNING, make_row, opened, seed, write_starter

NEEDS = load_needs(DATA / "need_codes.csv")
ODD = {
    "name": '=1+1 & "quotes", commas; \'n',
    "what": "Line one\nline two\n\n  with  spaces ",
    "cost": "-5 pounds",
    "phone": "+44 113 496 0000",
    "who_for": "'=already guarded",
    "curator_note": "@home\tand <b>bold</b>",
}


def export(settings, path):
    """Write every record to a file."""
    with opened(settings) as database, database.read() as session:
        write_file(path, list_services(session))
    return path


def load(settings, path, dry_run=False):
    """Import a file; the report."""
    with opened(settings) as database:
        return load_file(database, settings, path, MONDAY_MORNING, dry_run)


@pytest.mark.parametrize("kind", ["csv", "ods", "json"])
def test_what_is_exported_comes_back_the_same_into_an_empty_directory(settings, tmp_path, kind):
    write_starter(
        settings.data_dir, [make_row(**ODD), make_row(id="other", opening_hours="", opening_status="none")]
    )
    seed(settings)
    path = export(settings, tmp_path / f"out.{kind}")
    again = load(settings, path)
    assert (again.unchanged, again.changed, again.faults) == (2, {}, [])
    rows = {row.id: row for row, _ in read_file(path, NEEDS).rows}
    assert rows["harehills-larder"] == read_row(make_row(**ODD), NEEDS)


@pytest.mark.parametrize("kind", ["csv", "ods", "json"])
def test_the_starter_directory_goes_round_through_every_kind_of_file(tmp_path, kind, settings):
    settings = settings.model_copy(update={"data_dir": DATA})
    seed(settings)
    path = export(settings, tmp_path / f"all.{kind}")
    report = load(settings, path)
    assert (report.added, report.changed, report.kept, report.faults) == ([], {}, {}, [])
    assert report.unchanged > 180


def test_a_bad_row_is_named_with_its_line_and_the_good_rows_load(settings, tmp_path):
    rows = [
        make_row(id="a"),
        make_row(id="b", coverage="moon"),
        make_row(id="c"),
        make_row(id="a"),
        make_row(id="d", lat="x"),
    ]
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    report = load(settings, path)
    assert report.added == ["a", "c"]
    assert [fault.split(":")[0] for fault in report.faults] == [
        "rows.csv, line 3",
        "rows.csv, line 5",
        "rows.csv, line 6",
    ]
    assert "'moon' is none of local, citywide" in report.faults[0]
    assert "comes twice, first in line 2" in report.faults[1]
    assert load(settings, path).unchanged == 2


def test_an_edited_export_changes_only_what_nobody_changed_here_since(settings, tmp_path):
    write_starter(settings.data_dir, [make_row(id="a"), make_row(id="b")])
    seed(settings)
    path = export(settings, tmp_path / "out.csv")
    path.write_text(path.read_text("utf-8").replace("Free", "£1"), "utf-8")
    dry = load(settings, path, dry_run=True)
    assert sorted(dry.changed) == ["a", "b"]
    assert load(settings, path).changed.keys() == {"a", "b"}
    # Now the file is older than the records: what they say stays, and the report says so.
    path.write_text(path.read_text("utf-8").replace("£1", "£2"), "utf-8")
    late = load(settings, path)
    assert (late.changed, sorted(late.kept)) == ({}, ["a", "b"])


def test_no_cell_of_an_export_is_a_formula(settings, tmp_path):
    write_starter(settings.data_dir, [make_row(**ODD)])
    seed(settings)
    rows = list(csv.reader(io.StringIO(export(settings, tmp_path / "out.csv").read_text("utf-8"))))
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@", "\t"}]
    with zipfile.ZipFile(export(settings, tmp_path / "out.ods")) as package:
        content = package.read("content.xml").decode()
        assert package.namelist()[0] == "mimetype"
    assert "table:formula" not in content
    assert content.count("office:value-type") == content.count('office:value-type="string"')


HOSTILE = {
    "latin.csv": ("café".encode("latin-1"), "not in UTF-8"),
    "empty.csv": (b"", "lacks the columns"),
    "header.csv": (b"id,name\na,b\n", "lacks the columns"),
    "object.json": (b"{}", "not a list"),
    "cut.json": (b'[{"id": ', "not JSON"),
    "deep.json": (b"[" * 100_000, "not JSON"),
    "text.ods": (b"hello", "not an ODS"),
    "sheet.xls": (b"", "neither .csv, .ods nor .json"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path, name):
    raw, words = HOSTILE[name]
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BadFile, match=words):
        read_file(tmp_path / name, NEEDS)


def test_an_ods_that_declares_entities_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.ods", "w") as package:
        package.writestr("content.xml", "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>")
    with pytest.raises(BadFile, match="entities"):
        read_file(tmp_path / "bomb.ods", NEEDS)


def pack(content: str, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as package:
        package.writestr("content.xml", content)
    return out.getvalue()


def damage(raw: bytes) -> bytes:
    start = raw.index(b"content.xml") + len("content.xml")
    return raw[:start] + b"\xff" * 8 + raw[start + 8 :]


def lock(raw: bytes) -> bytes:
    """As if it had a password: one bit of the flags, in both places."""
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.index(mark) + flags
        raw = raw[:at] + bytes([raw[at] | 1]) + raw[at + 1 :]
    return raw


UNREADABLE = {
    "damaged": damage(pack("<a>" + "x" * 500 + "</a>")),
    "damaged LZMA": damage(pack("<a>" + "x" * 500 + "</a>", zipfile.ZIP_LZMA)),
    "with a password": lock(pack("<a/>")),
    "of an unknown encoding": pack('<?xml version="1.0" encoding="nonsense"?><a/>'),
    "of an encoding with two bytes": pack('<?xml version="1.0" encoding="big5"?><a/>'),
    "cut off": pack("<a>" + "x" * 500 + "</a>")[:60],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_spreadsheet_that_cannot_be_opened_is_refused_in_our_own_words(tmp_path, name):
    (tmp_path / "sheet.ods").write_bytes(UNREADABLE[name])
    with pytest.raises(BadFile, match=r"is not an ODS spreadsheet|has no header"):
        read_file(tmp_path / "sheet.ods", NEEDS)


def test_endless_numbers_and_texts_inside_texts_do_not_stop_a_spreadsheet(settings, tmp_path):
    write_starter(settings.data_dir, [make_row()])
    seed(settings)
    with zipfile.ZipFile(export(settings, tmp_path / "out.ods")) as package:
        content = package.read("content.xml").decode()
    many, deep = "9" * 5000, 20_000
    cell = f'<table:table-cell table:number-columns-repeated="{many}"><text:p>a<text:s text:c="{many}"/></text:p>'
    nested = f"<table:table-cell><text:p>{'<text:span>' * deep}{'</text:span>' * deep}</text:p>"
    rows = "".join(f"<table:table-row>{one}</table:table-cell></table:table-row>" for one in (cell, nested))
    (tmp_path / "in.ods").write_bytes(pack(content.replace("</table:table>", f"{rows}</table:table>")))
    found = read_file(tmp_path / "in.ods", NEEDS)
    assert [row.id for row, _ in found.rows] == ["harehills-larder"]
    assert len(found.faults) == 2


def test_rows_with_huge_cells_control_signs_or_too_many_cells_are_left_out(tmp_path):
    rows = [make_row(id="a", what="x" * 200_000), make_row(id="b", what="a\x1b[31m"), make_row(id="c")]
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        file.write("one,two" + ",more" * 60 + "\r\n")
    found = read_file(path, NEEDS)
    assert [row.id for row, _ in found.rows] == ["c"]
    assert len(found.faults) == 3


WORDS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], include_characters="\n"), max_size=40)


@trying(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(what=WORDS, cost=WORDS, note=WORDS, kind=st.sampled_from(["csv", "ods", "json"]))
def test_any_text_survives_every_kind_of_file(tmp_path, what, cost, note, kind):
    from types import SimpleNamespace

    from referral_directory.truth import files

    row = make_row(what=what, cost=cost, curator_note=note)
    path = tmp_path / f"any.{kind}"
    values = {name: row.get(name, "") for name in HEADER}
    if kind == "csv":
        path.write_text(files._write_csv([values]), "utf-8", newline="")
    elif kind == "json":
        path.write_text(json.dumps([values]), "utf-8")
    else:
        files._write_ods(path, [values])
    found = SimpleNamespace(rows=read_file(path, NEEDS).rows)
    assert found.rows[0][0] == read_row(row, NEEDS)
