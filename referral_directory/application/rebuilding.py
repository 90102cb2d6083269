"""Rebuilding the place tables from the official file.

Ordnance Survey publishes Code-Point Open four times a year
(https://osdatahub.os.uk/downloads/open/CodePointOpen), a zip with one CSV file for each postcode area and no
header line. Its columns: postcode, positional quality (90: no coordinates), eastings, northings, country, NHS
region, NHS authority, county, district, ward.
"""

import csv
import gzip
import io
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from referral_directory.errors import BadFile
from referral_directory.national_grid import to_wgs84

LEEDS_DISTRICT = "E08000035"
NO_COORDINATES = "90"
POSTCODE, QUALITY, EASTING, NORTHING, DISTRICT, WARD = 0, 1, 2, 3, 8, 9


@dataclass(frozen=True, slots=True)
class Point:
    """One Leeds postcode."""

    postcode: str
    ward_code: str
    lat: float
    lon: float


def rebuild_places(source: Path, folder: Path) -> int:
    """Write postcodes.csv.gz, sectors.csv and outcodes.csv beside wards.csv; the number of Leeds postcodes.

    Raises BadFile if the source holds none, or a ward that wards.csv does not know.
    """
    with (folder / "wards.csv").open(encoding="utf-8", newline="") as file:
        wards = {row["ward_code"]: row for row in csv.DictReader(file)}
    totals: Counter[str] = Counter()
    points: list[Point] = []
    for row in _read_rows(source):
        postcode = _spaced(row[POSTCODE])
        totals[postcode.partition(" ")[0]] += 1
        if row[DISTRICT] != LEEDS_DISTRICT or row[QUALITY] == NO_COORDINATES:
            continue
        lat, lon = to_wgs84(float(row[EASTING]), float(row[NORTHING]))
        points.append(Point(postcode, row[WARD], round(lat, 5), round(lon, 5)))
    if not points:
        raise BadFile(source.name, None, f"holds no postcode of district {LEEDS_DISTRICT}")
    if unknown := {point.ward_code for point in points} - wards.keys():
        raise BadFile(source.name, None, f"has wards that wards.csv lacks: {', '.join(sorted(unknown))}")
    points.sort(key=lambda point: point.postcode)
    _write_postcodes(folder / "postcodes.csv.gz", points)
    _write_sectors(folder / "sectors.csv", points, wards)
    _write_outcodes(folder / "outcodes.csv", points, wards, totals)
    return len(points)


def _read_rows(source: Path) -> Iterator[list[str]]:
    try:
        if source.suffix.lower() != ".zip":
            with source.open(encoding="utf-8-sig", newline="") as file:
                yield from _full_rows(csv.reader(file))
            return
        with zipfile.ZipFile(source) as archive:
            for name in archive.namelist():
                if name.lower().endswith(".csv") and "data/csv/" in name.lower():
                    with archive.open(name) as raw:
                        yield from _full_rows(csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline="")))
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        raise BadFile(source.name, None, f"cannot be read ({type(error).__name__})") from error


def _full_rows(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if len(row) > WARD)


def _spaced(postcode: str) -> str:
    """Code-Point pads postcodes to seven characters ("LS1 1AA", "LS101AA"): one space before the
    last three.
    """
    joined = postcode.replace(" ", "").upper()
    return f"{joined[:-3]} {joined[-3:]}"


def _write_postcodes(path: Path, points: list[Point]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["postcode", "ward_code", "lat", "lon"])
    writer.writerows([point.postcode, point.ward_code, point.lat, point.lon] for point in points)
    # Without a time of making, the same input gives the same bytes.
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _write_sectors(path: Path, points: list[Point], wards: dict[str, dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            "sector postcodes_in_leeds lat lon ward_code ward ward_share committee committee_share".split()
        )
        for sector, group in _groups(points, cut=2):
            writer.writerow([sector, len(group), *_mean(group), *_commonest(group, wards)])


def _write_outcodes(
    path: Path, points: list[Point], wards: dict[str, dict[str, str]], totals: Counter[str]
) -> None:
    places = _old_place_names(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            """outcode postcodes_in_leeds postcodes_total share_in_leeds lat lon ward_code ward ward_share
            committee
            committee_share ward_shares place_names""".split()
        )
        for outcode, group in _groups(points, cut=4):
            shares = "|".join(
                f"{code}:{count / len(group):.3f}"
                for code, count in Counter(point.ward_code for point in group).most_common()
            )
            total = totals[outcode]
            writer.writerow(
                [
                    *(outcode, len(group), total, f"{len(group) / total:.3f}", *_mean(group)),
                    *(*_commonest(group, wards), shares, places.get(outcode, "")),
                ]
            )


def _old_place_names(path: Path) -> dict[str, str]:
    """The names of places in each outcode, which Code-Point Open does not have: they are carried over."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["outcode"]: row["place_names"] for row in csv.DictReader(file)}


def _groups(points: list[Point], cut: int) -> list[tuple[str, list[Point]]]:
    """Points by the front of their postcode: without its last two characters the sector, without four the
    outcode.
    """
    groups: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        groups[point.postcode[:-cut]].append(point)
    return sorted(groups.items(), key=lambda item: (item[0].rstrip("0123456789 "), len(item[0]), item[0]))


def _mean(points: list[Point]) -> tuple[float, float]:
    return (
        round(sum(point.lat for point in points) / len(points), 5),
        round(sum(point.lon for point in points) / len(points), 5),
    )


def _commonest(points: list[Point], wards: dict[str, dict[str, str]]) -> list[str]:
    """The commonest ward and committee with their shares: code, name, share, committee, share."""
    code, count = Counter(point.ward_code for point in points).most_common(1)[0]
    committees = Counter(wards[point.ward_code]["committee"] for point in points)
    committee, in_committee = committees.most_common(1)[0]
    total = len(points)
    return [code, wards[code]["ward"], f"{count / total:.3f}", committee, f"{in_committee / total:.3f}"]
