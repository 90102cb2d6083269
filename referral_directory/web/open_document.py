"""Writes a spreadsheet in the OpenDocument format (ODF 1.3, ISO/IEC 26300): plain sheets of titles and tables.

The same sheets always give the same bytes: no time but the one given, files in a fixed order. Laid out as the
Analysis Function asks ("Releasing statistics in spreadsheets"): one table a sheet from column A, marked as a
table with a header row, no merged or empty cells inside it, and the title in A1.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.sax.saxutils import escape, quoteattr

Value = str | int
MIME_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES = (
    " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("style", "style"),
            ("fo", "xsl-fo-compatible"),
            ("meta", "meta"),
            ("manifest", "manifest"),
        )
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_STYLES = """<style:style style:name="wide" style:family="table-column"><style:table-column-properties \
style:column-width="9cm"/></style:style>
<style:style style:name="narrow" style:family="table-column"><style:table-column-properties \
style:column-width="3.2cm"/></style:style>
<style:style style:name="page" style:family="table-column"><style:table-column-properties \
style:column-width="20cm"/></style:style>
<style:style style:name="title" style:family="table-cell"><style:text-properties fo:font-size="16pt" \
fo:font-weight="bold"/></style:style>
<style:style style:name="heading" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" \
fo:border-bottom="0.05cm solid #000000"/><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="words" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" \
style:vertical-align="top"/></style:style>
<style:style style:name="line" style:family="table-cell"/>
<style:style style:name="figure" style:family="table-cell"><style:paragraph-properties fo:text-align="end"/>\
</style:style>
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: a title, lines of text below it, and at most one table with a header row.

    `links` are lines that lead to other sheets: the words, and the sheet's name.
    """

    name: str
    title: str
    lines: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[Value]] = field(default=())
    links: Sequence[tuple[str, str]] = ()


def write_spreadsheet(pages: Sequence[Page], title: str, author: str, day: date) -> bytes:
    """The .ods file; `day` is what it says of when it was made."""
    files = {
        "content.xml": _content(pages),
        "styles.xml": _style_file(),
        "meta.xml": _meta(title, author, day),
        "META-INF/manifest.xml": _manifest(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        # The kind of file comes first and uncompressed, so that it can be told from the first bytes.
        archive.writestr(zipfile.ZipInfo("mimetype", _FIRST_MOMENT), MIME_TYPE)
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _FIRST_MOMENT), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _content(pages: Sequence[Page]) -> str:
    sheets = "".join(_sheet(page) for page in pages)
    ranges = "".join(_range(number, page) for number, page in enumerate(pages, 1) if page.header)
    return (
        f'{_HEAD}<office:document-content {_SPACES} office:version="1.3"><office:automatic-styles>{_STYLES}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{sheets}"
        f"<table:database-ranges>{ranges}</table:database-ranges></office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def _sheet(page: Page) -> str:
    columns = max(len(page.header), 1)
    first = "wide" if page.header else "page"
    lines = [_row([_cell(page.title, "title")])]
    lines += [_row([_cell(line, "line" if page.header else "words")]) for line in page.lines]
    lines += [_row([_link(words, target)]) for words, target in page.links]
    if page.header:
        heads = _row([_cell(words, "heading") for words in page.header])
        lines.append(f"<table:table-header-rows>{heads}</table:table-header-rows>")
        lines += [_row([_cell(value) for value in row]) for row in page.rows]
    more = (
        f'<table:table-column table:style-name="narrow" table:number-columns-repeated="{columns - 1}"/>'
        if columns > 1
        else ""
    )
    return (
        f'<table:table table:name={quoteattr(page.name)}><table:table-column table:style-name="{first}"/>'
        f"{more}{''.join(lines)}</table:table>\n"
    )


def _row(cells: Sequence[str]) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>\n"


def _cell(value: Value, style: str = "") -> str:
    if isinstance(value, int):
        return (
            f'<table:table-cell table:style-name="figure" office:value-type="float" office:value="{value}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )
    style = style or ("figure" if value.startswith("[") else "words")
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string"><text:p>{escape(value)}'
        "</text:p></table:table-cell>"
    )


def _link(words: str, target: str) -> str:
    address = quoteattr(f"#'{target}'.A1")
    return (
        '<table:table-cell table:style-name="words" office:value-type="string"><text:p>'
        f'<text:a xlink:type="simple" xlink:href={address}>{escape(words)}</text:a></text:p></table:table-cell>'
    )


def _range(number: int, page: Page) -> str:
    first = 2 + len(page.lines) + len(page.links)
    last = first + len(page.rows)
    reach = f"'{page.name}'.A{first}:'{page.name}'.{column_name(len(page.header))}{last}"
    return (
        f'<table:database-range table:name="table_{number}" table:target-range-address={quoteattr(reach)} '
        'table:contains-header="true" table:display-filter-buttons="false"/>'
    )


def column_name(number: int) -> str:
    """What a spreadsheet calls its columns: 1 is A, 27 is AA."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _style_file() -> str:
    return (
        f'{_HEAD}<office:document-styles {_SPACES} office:version="1.3"><office:styles>'
        '<style:default-style style:family="table-cell"><style:text-properties style:font-name="Arial" '
        'fo:font-size="12pt" fo:language="en" fo:country="GB"/></style:default-style></office:styles>'
        "</office:document-styles>"
    )


def _meta(title: str, author: str, day: date) -> str:
    return (
        f'{_HEAD}<office:document-meta {_SPACES} office:version="1.3"><office:meta>'
        f"<dc:title>{escape(title)}</dc:title><meta:initial-creator>{escape(author)}</meta:initial-creator>"
        f"<dc:creator>{escape(author)}</dc:creator><meta:creation-date>{day}T00:00:00</meta:creation-date>"
        f"<dc:date>{day}T00:00:00</dc:date><dc:language>en-GB</dc:language></office:meta></office:document-meta>"
    )


def _manifest() -> str:
    entries = [
        ("/", MIME_TYPE),
        ("content.xml", "text/xml"),
        ("styles.xml", "text/xml"),
        ("meta.xml", "text/xml"),
    ]
    lines = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in entries
    )
    return f'{_HEAD}<manifest:manifest {_SPACES} manifest:version="1.3">{lines}</manifest:manifest>'
