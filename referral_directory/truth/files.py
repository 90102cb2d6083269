"""Records as a file and back: CSV, ODS and JSON with the columns of the starter file, and `modified`.

A confidential address is never written. In CSV a text that a spreadsheet would take for a formula gets an
apostrophe in front, which reading takes away again; in ODS every cell says that it is text.
"""

import csv
import io
import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from referral_directory.catalogue.models import Service
from referral_directory.catalogue.records import read_record
from referral_directory.catalogue.sites import open_places
from referral_directory.catalogue.starter import (
    COLUMNS,
    LISTS,
    StarterRow,
    check_header,
    read_row,
    text_of,
    texts_of,
)
from referral_directory.errors import BadFile, BadHours
from referral_directory.needs import Needs
from referral_directory.truth.importing import modified_mark

KINDS = ("csv", "ods", "json")
HEADER = (*COLUMNS, "modified")
# A hundred places are this long.
LONGEST_CELL = 40_000
MOST_BYTES = 300_000_000
FORMULA = re.compile(r"'*[=+\-@\t\r]")
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
TABLE, TEXT = f"{{{OFFICE.format('table')}}}", f"{{{OFFICE.format('text')}}}"
# Damaged, cut off, locked with a password, packed in a way that we do not know, or no spreadsheet at all.
NOT_ODS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    ET.ParseError,
    LookupError,
    ValueError,
    OSError,
    EOFError,
    RuntimeError,
)
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


@dataclass(slots=True)
class FileRows:
    """The rows of a file that can be used, each with its `modified`; and what is wrong with the others. Older files
    have no further places: `without_places` are the ids of their rows.
    """

    rows: list[tuple[StarterRow, str]]
    faults: list[BadFile]
    without_places: set[str] = field(default_factory=set)


def export_values(service: Service) -> dict[str, str]:
    """A record as texts by column. The place of a confidential address is left out, and a confidential place."""
    row = read_record(service)
    row = replace(row, more_places=open_places(row.more_places))
    if row.confidential:
        row = replace(row, address="", postcode="", lat=None, lon=None, ward_code="")
    return texts_of(row) | {"modified": modified_mark(service)}


def write_file(path: Path, services: Iterable[Service]) -> int:
    """Write records to a .csv, .ods or .json file; how many. Raises BadFile for another ending."""
    kind = _kind(path)
    rows = [export_values(service) for service in services]
    made = path.with_name(f".{path.name}.part")
    if kind == "csv":
        made.write_text(_write_csv(rows), encoding="utf-8", newline="")
    elif kind == "json":
        made.write_text(
            json.dumps([_for_json(row) for row in rows], ensure_ascii=False, indent=1) + "\n", "utf-8"
        )
    else:
        _write_ods(made, rows)
    # Whole or not at all, so that nobody reads half an export.
    made.replace(path)
    return len(rows)


def read_file(path: Path, needs: Needs) -> FileRows:
    """The rows of a file. Raises BadFile if the file itself, or its header, is wrong."""
    kind = _kind(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadFile(path.name, None, f"is larger than {MOST_BYTES // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise BadFile(path.name, None, f"cannot be read ({type(error).__name__})") from error
    reader = {"csv": _read_csv, "json": _read_json, "ods": _read_ods}[kind]
    found = FileRows([], [])
    seen: dict[str, int] = {}
    for line, values in reader(path.name, raw):
        if isinstance(values, str):
            found.faults.append(BadFile(path.name, line, values))
            continue
        try:
            row = _read_values(values, needs)
            if row.id in seen:
                raise ValueError(f"the id {row.id} comes twice, first in line {seen[row.id]}")
        except (ValueError, BadHours, OverflowError) as error:
            found.faults.append(BadFile(path.name, line, str(error)))
            continue
        seen[row.id] = line
        found.rows.append((row, (values.get("modified") or "").strip()))
        if values.get("more_places") is None:
            found.without_places.add(row.id)
    return found


Lines = Iterator[tuple[int, dict[str, str] | str]]


def _read_values(values: Mapping[str, str], needs: Needs) -> StarterRow:
    if long := [name for name in COLUMNS if len(values.get(name) or "") > LONGEST_CELL]:
        raise ValueError(f"{long[0]}: longer than {LONGEST_CELL} characters")
    for name in COLUMNS:
        if any(ord(sign) < 32 and sign not in "\n\t" for sign in values.get(name) or ""):
            raise ValueError(f"{name}: holds a control character")
    return read_row(values, needs)


def _kind(path: Path) -> str:
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise BadFile(path.name, None, "ends in neither .csv, .ods nor .json")
    return kind


def _write_csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADER, lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{text}" if FORMULA.match(text) else text for name, text in row.items()})
    return out.getvalue()


def _read_csv(name: str, raw: bytes) -> Lines:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadFile(name, line, "is not in UTF-8: save it as “CSV UTF-8”") from error
    lines = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    try:
        check_header(name, lines.fieldnames or ())
    except csv.Error as error:
        raise BadFile(name, 1, f"is not CSV ({error})") from error
    while True:
        try:
            values = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield lines.line_num, f"cannot be read ({error})"
            continue
        if values.pop("", None):
            yield lines.line_num, "has more cells than the header"
            continue
        yield lines.line_num, {key: _without_guard(value) for key, value in values.items()}


def _without_guard(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def _for_json(row: dict[str, str]) -> dict[str, object]:
    return {
        name: [part for part in text.split("|") if part] if name in LISTS else text
        for name, text in row.items()
    }


def _read_json(name: str, raw: bytes) -> Lines:
    try:
        entries = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadFile(name, None, "is not in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadFile(name, None, f"is not JSON ({error})") from error
    if not isinstance(entries, list):
        raise BadFile(name, None, "is not a list of records")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            yield number, "is not a record"
            continue
        parts = {
            key: "|".join(map(str, value)) if isinstance(value, list) else value
            for key, value in entry.items()
        }
        yield number, {key: text_of(value) for key, value in parts.items()}


def _write_ods(path: Path, rows: list[dict[str, str]]) -> None:
    """A spreadsheet with one table whose cells are all texts (OpenDocument 1.3, part 3)."""

    def line(texts: Iterable[str]) -> str:
        cells = "".join(
            '<table:table-cell office:value-type="string">'
            + "".join(f"<text:p>{_ods_text(part)}</text:p>" for part in text.split("\n"))
            + "</table:table-cell>"
            for text in texts
        )
        return f"<table:table-row>{cells}</table:table-row>"

    spaces = " ".join(f'xmlns:{short}="{OFFICE.format(short)}"' for short in ("office", "table", "text"))
    body = "".join([line(HEADER), *(line(row[name] for name in HEADER) for row in rows)])
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3"><office:body>'
        f'<office:spreadsheet><table:table table:name="Services">{body}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest manifest:version="1.3" '
        f'xmlns:manifest="{OFFICE.format("manifest")}"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{MIMETYPE}"/><manifest:file-entry manifest:full-path="content.xml" '
        'manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        # The type stands first and is not compressed, so that programs know the file by its beginning.
        package.writestr(zipfile.ZipInfo("mimetype"), MIMETYPE, zipfile.ZIP_STORED)
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)


def _ods_text(text: str) -> str:
    # Several spaces in a row, and those at an end, are one in XML unless they are written as an element.
    spaced = re.sub(r"^ | (?= )| $", "\0", "".join(sign for sign in text if sign >= " " or sign == "\t"))
    return escape(spaced).replace("\0", "<text:s/>").replace("\t", "<text:tab/>")


def _read_ods(name: str, raw: bytes) -> Lines:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            if package.getinfo("content.xml").file_size > MOST_BYTES:
                raise BadFile(name, None, "is too large inside")
            # Spreadsheets are written in UTF-8, whatever a file says of itself.
            content = package.read("content.xml").decode("utf-8-sig")
        if "<!DOCTYPE" in content or "<!ENTITY" in content:
            raise BadFile(name, None, "declares entities, which no spreadsheet needs")
        tree = ET.fromstring(content)  # noqa: S314 - a file that declares entities is refused above
    except NOT_ODS as error:
        raise BadFile(name, None, f"is not an ODS spreadsheet ({type(error).__name__})") from error
    header: list[str] = []
    for number, row in enumerate(tree.iter(f"{TABLE}table-row"), 1):
        try:
            cells = _ods_cells(row)
        except RecursionError:
            yield number, "has texts inside texts without end"
            continue
        if not any(cells):
            continue
        if not header:
            header = cells
            check_header(name, header)
            continue
        yield number, dict(zip(header, [*cells, *[""] * len(header)], strict=False))
    if not header:
        raise BadFile(name, 1, "has no header")


def _ods_cells(row: ET.Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            continue
        text = "\n".join(_ods_paragraph(part) for part in cell.iter(f"{TEXT}p"))
        cells.extend([text] * _times(cell.get(f"{TABLE}number-columns-repeated", "1"), len(HEADER)))
    return cells[: 4 * len(HEADER)]


def _times(number: str, most: int) -> int:
    # A number of thousands of digits is more than int() reads.
    return min(int(number[:9]), most) if number.isascii() and number.isdigit() else 1


def _ods_paragraph(part: ET.Element) -> str:
    words = [part.text or ""]
    for one in part:
        if one.tag == f"{TEXT}s":
            words.append(" " * _times(one.get(f"{TEXT}c", "1"), 1000))
        elif one.tag == f"{TEXT}tab":
            words.append("\t")
        elif one.tag == f"{TEXT}line-break":
            words.append("\n")
        else:
            words.append(_ods_paragraph(one))
        words.append(one.tail or "")
    return "".join(words)
