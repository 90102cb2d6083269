"""docs/privacy.md says what is stored: every field of every table of referrals, and nothing that is not there."""

import re

from referral_directory.database import Base
from referral_directory.referrals import models
from tests.house.repository import ROOT

ROW = re.compile(r"^\| `([a-z_]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def documented() -> dict[str, set[str]]:
    text = (ROOT / "docs/privacy.md").read_text("utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    rows = {section.split("\n")[0]: ROW.findall(section) for section in sections}
    return {
        name: {field for field, why, long in found if why.strip() and long.strip()}
        for name, found in rows.items()
        if found
    }


def test_every_stored_field_says_why_and_for_how_long():
    tables = {
        mapper.local_table.name: {column.name for column in mapper.local_table.columns}
        for mapper in Base.registry.mappers
        if mapper.class_.__module__ == models.__name__
    }
    assert len(tables) >= 10
    assert documented() == tables
