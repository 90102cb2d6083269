"""A PDF page of headings, paragraphs and bars, each tagged for what it is, in reading order.

fpdf2 tags only pictures by itself. Headings and paragraphs are tagged here through the same structure tree,
which its authors call internal: tests read the tags back, and would see if a new version changed it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fpdf import FPDF, ViewerPreferences
from fpdf.enums import XPos, YPos

_BLUE = (18, 67, 109)
_WIDTH = 174  # millimetres between the margins of an A4 page
_BAR_START, _BAR_LENGTH = 78, 66


class TaggedPdf:
    """One page in the making; `finish` gives its bytes."""

    def __init__(self, title: str, author: str, made_at: datetime) -> None:
        self._pdf = FPDF(format="A4")
        self._pdf.set_lang("en-GB")
        self._pdf.set_title(title)
        self._pdf.set_author(author)
        self._pdf.set_creation_date(made_at)
        self._pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._pdf.set_margins(18, 12, 18)
        self._pdf.set_auto_page_break(False)
        self._pdf.add_page()

    def write_heading(self, text: str, level: int) -> None:
        """A heading of level 1 or 2."""
        self._pdf.ln(1.5)
        self._pdf.set_font("Helvetica", "B", 16 if level == 1 else 12)
        with self._tagged(f"/H{level}"):
            self._write(text, 8 if level == 1 else 6.5)

    def write_paragraph(self, text: str, bold: bool = False, small: bool = False) -> None:
        """A paragraph as wide as the page."""
        self._pdf.set_font("Helvetica", "B" if bold else "", 8 if small else 10)
        with self._tagged("/P"):
            self._write(text, 3.8 if small else 4.7)
        self._pdf.ln(0.8)

    def write_bar(self, label: str, figure: str, share: float) -> None:
        """A line that reads "label: figure", with a bar between that is only decoration."""
        self._pdf.set_font("Helvetica", "", 10)
        top = self._pdf.get_y()
        with self._artifact():
            self._pdf.set_fill_color(*_BLUE)
            if share > 0:
                self._pdf.rect(18 + _BAR_START, top + 0.7, max(_BAR_LENGTH * share, 0.3), 3.6, style="F")
        with self._tagged("/P"):
            self._pdf.cell(_BAR_START - 2, 5, _plain(f"{label}:"))
            self._pdf.set_x(18 + _BAR_START + _BAR_LENGTH * share + 2)
            self._pdf.cell(0, 5, _plain(figure), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def finish(self) -> bytes:
        """The file."""
        return bytes(self._pdf.output())

    def _write(self, text: str, height: float) -> None:
        self._pdf.multi_cell(_WIDTH, height, _plain(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    @contextmanager
    def _tagged(self, kind: str) -> Iterator[None]:
        number = self._pdf.struct_builder.next_mcid_for_page(self._pdf.page)
        self._pdf._add_marked_content(struct_type=kind, mcid=number)
        self._pdf._out(f"{kind} <</MCID {number}>> BDC")
        yield
        self._pdf._out("EMC")

    @contextmanager
    def _artifact(self) -> Iterator[None]:
        self._pdf._out("/Artifact BMC")
        yield
        self._pdf._out("EMC")


def _plain(text: str) -> str:
    """Letters that the fonts every reader has can show; our own words use no others."""
    return text.encode("latin-1", "replace").decode("latin-1")
