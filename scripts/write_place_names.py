"""Writes the assistant's list of place names from the directory's gazetteer: ``make place-names``.

The assistant must hear exactly the places that the directory can find, so the list is never edited by hand;
tests/house/test_place_names.py fails when the two differ.
"""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACES = ROOT / "referral_directory" / "data" / "places"
TARGET = ROOT / "data" / "places" / "nlu.yml"
# Heard so that the assistant can say that they are outside Leeds, instead of asking again.
OUTSIDE_LEEDS = (
    "Bradford Wakefield Huddersfield Halifax Harrogate York Sheffield Manchester Hull Doncaster Barnsley "
    "Keighley Dewsbury Batley Castleford Pontefract Selby Skipton Ilkley Shipley Bingley Knaresborough "
    "Tadcaster Liverpool London Birmingham Newcastle Nottingham Middlesbrough Rotherham Cleckheaton "
    "Heckmondwike Mirfield Normanton Ossett"
).split()
HEADER = """\
# Written by scripts/write_place_names.py from referral_directory/data/places: do not edit by hand.
version: "3.1"

nlu:
- lookup: place
  examples: |
"""


def place_names() -> list[str]:
    """Returns every name of a ward, area or alias in Leeds, and of towns around it, in alphabetical order."""
    names = set(OUTSIDE_LEEDS)
    with (PLACES / "wards.csv").open(encoding="utf-8", newline="") as wards:
        for row in csv.DictReader(wards):
            names.add(row["ward"])
            names.add(row["ward"].replace("&", "and"))
    with (PLACES / "areas.csv").open(encoding="utf-8", newline="") as areas:
        for row in csv.DictReader(areas):
            names |= {row["name"], *filter(None, (row["aliases"] or "").split("|"))}
    return sorted(names)


def lookup_file() -> str:
    """Returns the content of ``data/places/nlu.yml``."""
    return HEADER + "".join(f"    - {name}\n" for name in place_names())


if __name__ == "__main__":
    TARGET.write_text(lookup_file(), encoding="utf-8")
