"""Looks up known faults of every locked dependency: the program behind `make audit`.

Fails for an advisory of the services' environment, and for one of Rasa's environment whose package docs/audit.md does
not name. Needs a network; without one it says so and ends with 2.
"""

import json
import subprocess
import sys
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
    try:
        found = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    return [(each["name"], fault["id"]) for each in found for fault in each.get("vulns", [])]


def main() -> int:
    """Print every advisory; return 0 if each is explained, 1 if one is not, 2 if they could not be looked up."""
    explained, open_ones = explained_packages(), 0
    for what, lock in LOCKS.items():
        advisories = find_advisories(ROOT / lock)
        if advisories is None:
            print(f"The advisories of {what} could not be looked up: no network?", file=sys.stderr)
            return 2
        for package, identity in advisories:
            known = what == "Rasa" and package in explained
            open_ones += not known
            print(f"{what}: {package} {identity}{' (docs/audit.md)' if known else ''}")
    print(f"{open_ones} advisories are not explained.")
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
