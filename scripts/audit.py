"""Looks up known faults of every locked dependency: the program behind `make audit`.

Fails for an advisory of the services' environment, and for one of Rasa's environment whose package docs/audit.md does
not name. Needs a network and an index with advisories in it; without them it says so and ends with 2.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from scripts.stack import ROOT

LOCKS = {"the services": "services.lock", "Rasa": "engine/requirements.lock"}


def explained_packages(page: Path = ROOT / "docs/audit.md") -> set[str]:
    """Return the packages in the first column of the table of docs/audit.md."""
    rows = [line.split("|")[1] for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {word.strip(" ,") for row in rows[1:] for word in row.split()}


def find_advisories(lock: Path) -> list[tuple[str, str]] | None:
    """Return (package, advisory) for a lock file, or None if the advisories could not be looked up."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--format", "json"]
    command += ["--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_answer(answer.stdout)


def read_answer(text: str) -> list[tuple[str, str]] | None:
    """Return (package, advisory) from pip-audit's answer, or None if it looked no package up."""
    try:
        found = json.loads(text)["dependencies"]
    except (ValueError, KeyError):
        return None
    # A package that the index does not know is passed over, with a reason and without a list of faults.
    looked_up = [each for each in found if "vulns" in each]
    return (
        [(each["name"], fault["id"]) for each in looked_up for fault in each["vulns"]] if looked_up else None
    )


def main() -> int:
    """Look everything up and print what was found; return as `report` does."""
    return report({what: find_advisories(ROOT / lock) for what, lock in LOCKS.items()}, explained_packages())


def report(found: Mapping[str, list[tuple[str, str]] | None], explained: Collection[str]) -> int:
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
        for package, identity in advisories or []:
            known = what == "Rasa" and package in explained
            open_ones += not known
            print(f"{what}: {package} {identity}{' (docs/audit.md)' if known else ''}")
    print(f"{open_ones} advisories are not explained.")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
