"""What docs/ says is shown by a test is shown by a test that exists."""

import re

import pytest

from tests.house.repository import ROOT

PAGES = ("threat-model.md", "asvs.md", "faults.md")
NAMES = re.compile(r"`((?:tests/[\w/]+/)?\w+\.py)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_exists(page):
    named = set(NAMES.findall((ROOT / "docs" / page).read_text(encoding="utf-8")))
    assert named
    missing = [name for name in named if not list(ROOT.glob(name if "/" in name else f"tests/**/{name}"))]
    assert missing == []


def test_every_advisory_of_rasa_is_explained_by_a_sentence():
    rows = [
        line.split("|") for line in (ROOT / "docs/audit.md").read_text().splitlines() if line.startswith("| ")
    ]
    assert len(rows) > 5
    assert all(len(row[3].split()) >= 3 for row in rows[1:])


def test_every_row_of_the_asvs_is_answered():
    lines = (ROOT / "docs/asvs.md").read_text().splitlines()
    rows = [line.split("|") for line in lines if re.match(r"\| (\d|API\d)", line)]
    assert len(rows) > 40
    for row in rows:
        assert re.match(r" (met|partly|not)\b", row[-3]), row
        assert "`tests/" in row[-2], row
