"""The 26 needs, read from data/need_codes.csv, and the emergency classes (design, section 5)."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from referral_directory.errors import BadFile, InvalidInput

RISKS = ("suicide_self_harm", "domestic_abuse", "violence", "child_safety", "medical", "gas_leak")


@dataclass(frozen=True, slots=True)
class Need:
    """One need. `short` is a noun phrase for sentences; `urgency` is 1 for what is handled first."""

    code: str
    topic: str
    label: str
    short: str
    urgent: bool
    urgency: int
    pillar: str
    social_progress_dimension: str
    fund_strand: str


Needs = Mapping[str, Need]


def load_needs(path: Path) -> Needs:
    """The needs by code, in the order of the file. Raises BadFile if a column is missing or a code comes
    twice.
    """
    needs: dict[str, Need] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                need = Need(
                    code=row["code"],
                    topic=row["topic"],
                    label=row["label"],
                    short=row["short"],
                    urgent=row["urgent"] == "yes",
                    urgency=int(row["urgency_order"]),
                    pillar=row["pillar"],
                    social_progress_dimension=row["social_progress_dimension"],
                    fund_strand=row["fund_strand"],
                )
            except (KeyError, ValueError) as error:
                raise BadFile(path.name, line, f"cannot be read ({error})") from error
            if need.code in needs:
                raise BadFile(path.name, line, f"{need.code} comes twice")
            needs[need.code] = need
    return MappingProxyType(needs)


def check_need(needs: Needs, code: str) -> None:
    """Raises InvalidInput, naming the field `need`, for what is no code."""
    if code not in needs:
        raise InvalidInput("need", "Use one of these codes: " + ", ".join(needs) + ".")


def expand_needs(needs: Needs, asked: Iterable[str]) -> list[str]:
    """The codes meant by codes and topics ("food" means all four of its needs), each once, in the order
    asked.

    Raises InvalidInput, naming the field `need`, for anything else.
    """
    expanded: dict[str, None] = {}
    for name in asked:
        wanted = name.strip().lower()
        codes = [code for code, need in needs.items() if wanted in (code, need.topic)]
        if not codes:
            raise InvalidInput("need", "Use one of these codes, or its topic: " + ", ".join(needs) + ".")
        expanded.update(dict.fromkeys(codes))
    return list(expanded)
