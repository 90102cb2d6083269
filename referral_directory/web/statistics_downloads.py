"""The statistics as open data: tidy CSV with its two kinds of metadata, a JSON API and an Atom feed."""

import json
from collections.abc import Iterable
from typing import Annotated, Any
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from referral_directory.demand.disclosure import HIDDEN, NOISE
from referral_directory.demand.periods import WEEK
from referral_directory.demand.releases import (
    Heading,
    Release,
    get_release,
    is_simulated,
    list_headings,
    list_latest,
)
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.statistics import KIND_NAMES, make_labels
from referral_directory.web.statistics_figures import KEPT_WEEKS
from referral_directory.web.statistics_files import give_csv

LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
ATTRIBUTION = (
    "Signpost Leeds. Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0."
)
SIMULATED = "SIMULATED DATA: every figure is made up, none is about Leeds."
# Name, type in Frictionless and CSVW, what it is.
COLUMNS = (
    ("release", "integer", "Number of the release"),
    ("version", "integer", "Version of this period's release"),
    ("period", "string", "ISO week (2026-W46), four weeks (2026-P12) or quarter (2026-Q4)"),
    ("first_day", "date", "First day of the period"),
    ("last_day", "date", "Last day of the period"),
    ("table", "string", "Which table of the release"),
    ("area", "string", "Ward code, community committee, city, unknown or total"),
    ("area_name", "string", "Name of the area"),
    ("need", "string", "Code of the need; empty where needs are taken together"),
    ("unmet_reason", "string", "Why the need was not met; empty where that was not asked"),
    ("referral_end", "string", "How a referral ended; empty where enquiries are counted"),
    ("said", "string", "What residents said of the help they were shown; empty elsewhere"),
    ("figure", "integer", "The count, with noise and rounded to 5; [c] where hidden"),
    ("status", "string", "published, or simulated for made-up data"),
)
_KIND_COLUMNS = {
    "area": "area",
    "need": "need",
    "reason": "unmet_reason",
    "end": "referral_end",
    "said": "said",
}

router = APIRouter(tags=["statistics"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the release.")]


class ReleaseHeading(BaseModel):
    """A release without its figures."""

    number: int
    period: str
    kind: str
    version: int
    first_day: str
    last_day: str
    released_at: str
    note: str
    sha256: str = Field(description="Of the text at json_url.")
    is_latest: bool
    json_url: str
    csv_url: str


class Releases(BaseModel):
    """Every release and version, the latest first."""

    simulated: bool = Field(description="True for a demonstration: then every figure is made up.")
    licence: str
    attribution: str
    releases: list[ReleaseHeading]


@router.get("/api/statistics/releases")
def list_releases(request: Request) -> Releases:
    """Every release and version, the latest first."""
    directory = get_directory(request)
    with directory.database.read() as session:
        headings, simulated = list_headings(session), is_simulated(session)
    return Releases(
        simulated=simulated,
        licence=LICENCE,
        attribution=ATTRIBUTION,
        releases=[_describe(directory, heading) for heading in headings],
    )


@router.get("/api/statistics/releases/{number}", response_class=Response)
def get_release_json(request: Request, number: Number) -> Response:
    """A release as it was frozen: figures (null where hidden) and the report of its checks."""
    return Response(_read(request, number).content, media_type="application/json")


@router.get("/statistics/releases/{number}/figures.csv", include_in_schema=False)
def get_csv(request: Request, number: Number) -> Response:
    """A release as tidy CSV, one figure a line."""
    release = _read(request, number)
    name = f"signpost-leeds-{release.period.name}-v{release.version}.csv"
    return _csv(_rows(release, make_labels(get_directory(request))), name, release.simulated)


@router.get("/statistics/weeks.csv", include_in_schema=False)
def get_weeks_csv(request: Request) -> Response:
    """The latest versions of all weeks of the trend as one tidy CSV file."""
    directory = get_directory(request)
    with directory.database.read() as session:
        weeks, simulated = list_latest(session, WEEK, KEPT_WEEKS), is_simulated(session)
    labels = make_labels(directory)
    return _csv((row for week in weeks for row in _rows(week, labels)), "signpost-leeds-weeks.csv", simulated)


@router.get("/statistics/noise-table.csv", include_in_schema=False)
async def get_noise_table() -> Response:
    """The noise of each cell key."""
    lines = ["cell_key,noise", *(f"{key},{noise}" for key, noise in enumerate(NOISE))]
    return Response("\n".join(lines) + "\n", media_type="text/csv; charset=utf-8")


@router.get("/statistics/releases/{number}/datapackage.json", include_in_schema=False)
def get_datapackage(request: Request, number: Number) -> Response:
    """Frictionless Data Package of a release (specs.frictionlessdata.io/data-package)."""
    release = _read(request, number)
    fields = [{"name": name, "type": kind, "description": text} for name, kind, text in COLUMNS]
    return _json(
        {
            "name": f"signpost-leeds-{release.period.name.lower()}",
            "title": title_of(release),
            "description": _describe_release(release),
            "version": f"{release.version}.0.0",
            "licenses": [{"name": "OGL-UK-3.0", "path": LICENCE, "title": "Open Government Licence v3.0"}],
            "sources": [{"title": ATTRIBUTION}],
            "resources": [
                {
                    "name": "figures",
                    "path": "figures.csv",
                    "profile": "tabular-data-resource",
                    "format": "csv",
                    "mediatype": "text/csv",
                    "encoding": "utf-8",
                    "schema": {"fields": fields, "missingValues": ["", "[c]"]},
                }
            ],
        }
    )


@router.get("/statistics/releases/{number}/figures.csv-metadata.json", include_in_schema=False)
def get_csvw(request: Request, number: Number) -> Response:
    """Metadata for CSV on the Web (W3C Recommendation, 17 December 2015)."""
    release = _read(request, number)
    columns = [
        {
            "name": name,
            "titles": name,
            "datatype": kind,
            "dc:description": text,
            "null": ["[c]"] if name == "figure" else [""],
        }
        for name, kind, text in COLUMNS
    ]
    return _json(
        {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "url": "figures.csv",
            "dc:title": title_of(release),
            "dc:description": _describe_release(release),
            "dc:license": {"@id": LICENCE},
            "dc:rights": ATTRIBUTION,
            "tableSchema": {"columns": columns},
        },
        "application/csvm+json",
    )


@router.get("/statistics/feed.atom", include_in_schema=False)
def get_feed(request: Request) -> Response:
    """The last 50 releases as an Atom feed (RFC 4287)."""
    directory = get_directory(request)
    with directory.database.read() as session:
        headings, simulated = list_headings(session)[:50], is_simulated(session)
    base = directory.catalogue.public_url
    feed = ET.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _put(feed, "id", f"{base}/statistics")
    _put(feed, "title", "Signpost Leeds statistics" + (f" - {SIMULATED}" if simulated else ""))
    _put(feed, "updated", (headings[0].released_at if headings else directory.clock()).isoformat())
    ET.SubElement(feed, "link", rel="self", href=f"{base}/statistics/feed.atom")
    ET.SubElement(feed, "link", href=f"{base}/statistics")
    _put(ET.SubElement(feed, "author"), "name", "Signpost Leeds")
    _put(feed, "rights", ATTRIBUTION)
    for heading in headings:
        entry = ET.SubElement(feed, "entry")
        _put(entry, "id", f"{base}/statistics/releases/{heading.number}")
        _put(entry, "title", ("Simulated: " if simulated else "") + _name(heading))
        _put(entry, "updated", heading.released_at.isoformat())
        ET.SubElement(entry, "link", href=f"{base}/statistics/releases/{heading.number}")
        _put(entry, "summary", heading.note or f"Figures for {heading.period.dates}.")
    text = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(text, media_type="application/atom+xml")


def _read(request: Request, number: int) -> Release:
    with get_directory(request).database.read() as session:
        return get_release(session, number)


def _rows(release: Release, labels: dict[str, str]) -> Iterable[dict[str, object]]:
    start = {
        "release": release.number,
        "version": release.version,
        "period": release.period.name,
        "first_day": release.period.first.isoformat(),
        "last_day": release.period.last.isoformat(),
        "status": "simulated" if release.simulated else "published",
    }
    for sheet in release.sheets:
        for row, line in zip(sheet.rows, sheet.figures.tolist(), strict=True):
            for column, figure in zip(sheet.columns, line, strict=True):
                codes = {_KIND_COLUMNS[sheet.row_kind]: row, _KIND_COLUMNS[sheet.column_kind]: column}
                area = codes.setdefault("area", "city")
                yield (
                    start
                    | codes
                    | {
                        "table": sheet.name,
                        "area_name": labels[area],
                        "figure": "[c]" if figure == HIDDEN else figure,
                    }
                )


def _csv(rows: Iterable[dict[str, object]], name: str, simulated: bool) -> Response:
    return give_csv([column for column, _, _ in COLUMNS], rows, name, simulated)


def _json(body: dict[str, Any], media_type: str = "application/json") -> Response:
    return Response(json.dumps(body, ensure_ascii=False, indent=1), media_type=media_type)


def title_of(release: Release) -> str:
    """What a release is called in its files."""
    title = f"Signpost Leeds: needs asked about, {release.period.name}, version {release.version}"
    return f"{SIMULATED} {title}" if release.simulated else title


def _describe_release(release: Release) -> str:
    text = (
        f"{KIND_NAMES[release.period.kind]}, {release.period.dates}. Counts of enquiries with small noise, rounded "
        "to 5, totals too; [c] is hidden so that nobody can be identified."
    )
    return f"{text} Corrected: {release.note}" if release.note else text


def _describe(directory: Directory, heading: Heading) -> ReleaseHeading:
    base, period = directory.catalogue.public_url, heading.period
    return ReleaseHeading(
        number=heading.number,
        period=period.name,
        kind=period.kind,
        version=heading.version,
        first_day=period.first.isoformat(),
        last_day=period.last.isoformat(),
        released_at=heading.released_at.isoformat(),
        note=heading.note,
        sha256=heading.digest,
        is_latest=heading.is_latest,
        json_url=f"{base}/api/statistics/releases/{heading.number}",
        csv_url=f"{base}/statistics/releases/{heading.number}/figures.csv",
    )


def _name(heading: Heading) -> str:
    version = f", version {heading.version}" if heading.version > 1 else ""
    return f"Release {heading.number}: {heading.period.name}{version}"


def _put(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
