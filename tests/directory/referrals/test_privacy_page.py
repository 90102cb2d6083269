"""docs/privacy.md says what is stored: every field of residents and staff, and every other table by its name."""

import re
import sqlite3

from actions.counting import enquiry
from bot.telegram.storage import TABLES
from referral_directory.application import application
from referral_directory.database import Base
from referral_directory.referrals import models as referrals
from referral_directory.staff import models as staff
from tests.house.repository import ROOT

ROW = re.compile(r"^\| `([a-z_]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
# Imports every module, and with them every table.
assert application


def page() -> str:
    return (ROOT / "docs/privacy.md").read_text("utf-8")


def documented() -> dict[str, set[str]]:
    sections = re.split(r"^## ", page(), flags=re.MULTILINE)[1:]
    rows = {section.split("\n")[0]: ROW.findall(section) for section in sections}
    return {
        name: {field for field, why, long in found if why.strip() and long.strip()}
        for name, found in rows.items()
        if found
    }


def tables_of(*rooms: object) -> dict[str, set[str]]:
    names = {room.__name__ for room in rooms}
    return {
        mapper.local_table.name: {column.name for column in mapper.local_table.columns}
        for mapper in Base.registry.mappers
        if mapper.class_.__module__ in names
    }


def kept_elsewhere() -> dict[str, set[str]]:
    """What Rasa, the actions and the Telegram door keep, from where they make it."""
    source = (ROOT / "engine/shared_conversations.py").read_text("utf-8")
    made = re.findall(r"CREATE UNLOGGED TABLE IF NOT EXISTS (\w+) \(([^)]+)\)", source)
    found = {table: {column.split()[0] for column in columns.split(",")} for table, columns in made}
    found["enquiries"] = set(enquiry("web-1", "food.parcel", None, "en", "matched"))
    database = sqlite3.connect(":memory:")
    database.executescript(TABLES)
    names = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'telegram%'")
    for (table,) in names.fetchall():
        found[table] = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
    database.close()
    return found


def test_what_is_kept_outside_the_directory_says_why_and_for_how_long():
    kept = kept_elsewhere()
    assert len(kept) == 10
    found = documented()
    assert {name: found.get(name) for name in kept} == kept
    # On one machine the table is the same, without what only several workers need.
    single = (ROOT / "engine/kept_conversations.py").read_text("utf-8")
    columns = re.search(r"IF NOT EXISTS conversation \(([^)]+)\)", single)
    assert columns is not None
    assert {column.split()[0] for column in columns[1].split(",")} < kept["conversation"]


def test_every_stored_field_of_residents_and_staff_says_why_and_for_how_long():
    tables = tables_of(referrals, staff)
    assert len(tables) >= 20
    found = documented()
    assert {name: found.get(name) for name in tables} == tables


def test_the_page_describes_no_field_that_is_not_there():
    stored = {
        table.name: {column.name for column in table.columns} for table in Base.metadata.tables.values()
    } | kept_elsewhere()
    assert {name: fields - stored.get(name, set()) for name, fields in documented().items()} == {
        name: set() for name in documented()
    }


def test_every_other_table_is_named():
    section = page().split("## Tables that hold nothing of residents")[1].split("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)`", section))
    assert set(Base.metadata.tables) - set(documented()) == named
