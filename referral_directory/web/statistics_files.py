"""The statistics as files to keep: the name of a simulated one says that it is."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from starlette.responses import Response


def give_file(content: str | bytes, media_type: str, name: str, simulated: bool) -> Response:
    """A file under this name."""
    named = f"SIMULATED-{name}" if simulated else name
    headers = {"content-disposition": f'attachment; filename="{named}"'}
    return Response(content, media_type=media_type, headers=headers)


def give_csv(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], name: str, simulated: bool
) -> Response:
    """Rows as a CSV file; what a row does not have is empty."""
    text = io.StringIO(newline="")
    # CRLF, as RFC 4180 and CSV on the Web have it.
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return give_file(text.getvalue(), "text/csv; charset=utf-8", name, simulated)
