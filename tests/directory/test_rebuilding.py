"""Rebuilding the place tables from Code-Point Open."""

import csv
import gzip
import shutil
import zipfile
from pathlib import Path

import pytest

from referral_directory.application.rebuilding import rebuild_places
from referral_directory.errors import BadFile
from referral_directory.national_grid import to_osgb36, to_wgs84
from referral_directory.place_tables import load_tables
from referral_directory.places import find_place
from tests.directory.factories import DATA

LINES = [
    '"LS1 1UR",10,430090,433536,"E92000001","","","","E08000035","E05011403"',
    '"LS101AA",10,431000,432000,"E92000001","","","","E08000035","E05011399"',
    '"LS101AB",90,0,0,"E92000001","","","","E08000035","E05011399"',
    '"LS101AD",10,431100,432100,"E92000001","","","","E08000035","E05011404"',
    '"LS101AE",10,431120,432120,"E92000001","","","","E08000035","E05011404"',
    '"LS241AA",10,448000,443000,"E92000001","","","","E07000169","E05012345"',
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("wards.csv", "areas.csv"):
        shutil.copy(DATA / "places" / name, tmp_path)
    return tmp_path


def write_zip(path: Path, lines: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Doc/metadata.txt", "Code-Point Open")
        archive.writestr("Data/CSV/ls.csv", "\n".join(lines))
    return path


def test_the_grid_is_converted_as_ordnance_survey_converts_it() -> None:
    # The worked example of the guide, annex C.
    lat, lon = to_osgb36(651409.903, 313177.270)
    assert (lat, lon) == pytest.approx((52 + 39 / 60 + 27.2531 / 3600, 1 + 43 / 60 + 4.5177 / 3600), abs=1e-8)
    # A postcode of Leeds as it is published in degrees; the Helmert transformation is good to 5 metres.
    assert to_wgs84(430000, 433500) == pytest.approx((53.79695, -1.54604), abs=5e-5)


def test_the_tables_are_rebuilt_from_the_official_file(folder: Path, tmp_path: Path) -> None:
    source = write_zip(tmp_path / "codepo_gb.zip", LINES)
    assert rebuild_places(source, folder) == 4
    with gzip.open(folder / "postcodes.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["postcode"] for row in rows] == ["LS1 1UR", "LS10 1AA", "LS10 1AD", "LS10 1AE"]
    before = (folder / "postcodes.csv.gz").read_bytes()
    assert rebuild_places(source, folder) == 4
    assert (folder / "postcodes.csv.gz").read_bytes() == before
    tables = load_tables(folder)
    assert find_place(tables, "ls1 1ur").status == "found"
    # One of its five postcodes has no coordinates, and does not count as being in Leeds.
    assert tables.outcodes["LS10"].share_in_leeds == 0.75
    assert tables.outcodes["LS10"].wards[0] == "E05011404"
    assert tables.sectors["LS10 1"].postcodes == 3


def test_one_csv_file_of_the_archive_is_enough(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ls.csv").write_text("\n".join(LINES), encoding="utf-8")
    assert rebuild_places(tmp_path / "ls.csv", folder) == 4


@pytest.mark.parametrize("lines", [[], LINES[-1:], [LINES[0].replace("E05011403", "E05999999")]])
def test_a_file_without_leeds_or_with_unknown_wards_is_refused(
    folder: Path, tmp_path: Path, lines: list[str]
) -> None:
    source = write_zip(tmp_path / "codepo_gb.zip", lines)
    with pytest.raises(BadFile):
        rebuild_places(source, folder)
    assert not (folder / "postcodes.csv.gz").exists()


def test_the_shipped_tables_have_the_columns_that_a_rebuild_writes(folder: Path, tmp_path: Path) -> None:
    rebuild_places(write_zip(tmp_path / "codepo_gb.zip", LINES), folder)
    for name in ("sectors.csv", "outcodes.csv"):
        header = (folder / name).read_text(encoding="utf-8").splitlines()[0]
        assert header == (DATA / "places" / name).read_text(encoding="utf-8").splitlines()[0]
