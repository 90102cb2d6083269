"""Looks up known faults of every locked dependency: the program behind `make audit`.

Fails for an advisory of the services' environment or of the development tools, and for one of Rasa's environment that
docs/audit.md does not name by its number. Needs a network and an index with advisories in it; without them it says so
and ends with 2.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.stack import ROOT

LOCKS = {
    "the services": "services.lock",
    "the development tools": "services-dev.lock",
    "Rasa": "engine/requirements.lock",
}
NUMBER = re.compile(r"\b(?:CVE|PYSEC)-\d{4}-\d+\b|\bGHSA(?:-[0-9a-z]{4}){3}\b")
Explained = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Advisory:
    """A known fault of a package, under every number that it goes by."""

    package: str
    numbers: frozenset[str]


def explained_advisories(page: Path = ROOT / "docs/audit.md") -> Explained:
    """Return {package: numbers of advisories}, from the rows of docs/audit.md whose second column holds numbers."""
    rows = [line.split("|") for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {row[1].strip(): numbers for row in rows if (numbers := frozenset(NUMBER.findall(row[2])))}


def find_advisories(lock: Path) -> list[Advisory] | None:
    """Return the advisories of a lock file, or None if the advisories could not be looked up."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--format", "json"]
    command += ["--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_answer(answer.stdout)


def read_answer(text: str) -> list[Advisory] | None:
    """Return the advisories of pip-audit's answer, or None if it looked no package up."""
    try:
        found = json.loads(text)["dependencies"]
    except (ValueError, KeyError):
        return None
    # A package that the index does not know is passed over, with a reason and without a list of faults.
    looked_up = [each for each in found if "vulns" in each]
    if not looked_up:
        return None
    return [
        Advisory(each["name"], frozenset([fault["id"], *fault.get("aliases", ())]))
        for each in looked_up
        for fault in each["vulns"]
    ]


def main() -> int:
    """Look everything up and print what was found; return as `report` does."""
    return report(
        {what: find_advisories(ROOT / lock) for what, lock in LOCKS.items()}, explained_advisories()
    )


def report(found: Mapping[str, list[Advisory] | None], explained: Explained) -> int:
    """Print every advisory; return 0 if each is explained, 1 if one is not, 2 if they could not be looked up."""
    for what, advisories in found.items():
        if advisories is None:
            print(f"The advisories of {what} could not be looked up: no network?", file=sys.stderr)
            return 2
    # Those that docs/audit.md explains are there to be found: an index that has none of them has no advisories at all.
    if explained and not found["Rasa"]:
        print("The package index holds no advisories: ask one that publishes them.", file=sys.stderr)
        return 2
    open_ones = 0
    for what, advisories in found.items():
        for advisory in advisories or []:
            known = what == "Rasa" and bool(advisory.numbers & explained.get(advisory.package, frozenset()))
            open_ones += not known
            numbers = ", ".join(sorted(advisory.numbers))
            print(f"{what}: {advisory.package} {numbers}{' (docs/audit.md)' if known else ''}")
    print(f"{open_ones} advisories are not explained.")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
