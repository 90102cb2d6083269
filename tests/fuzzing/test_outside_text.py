"""Every parser of outside text meets everything: it reads it, or refuses it in its own words, and nothing else."""

import contextlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import read_rasa_messages
from bot.privacy import strip_unseen
from bot.telegram.updates import read_update
from referral_directory.errors import BadFeed, BadFile, BadHours
from referral_directory.needs import Needs, load_needs
from referral_directory.opening import opening_at, read_times, week_of
from referral_directory.place_tables import Tables, load_tables
from referral_directory.places import find_place
from referral_directory.postcodes import find_postcodes, read_postcode
from referral_directory.truth.feed_reading import Reader, read_service, remote_id_of
from referral_directory.truth.files import read_file
from scripts.backup import BackupError, read_backup

DATA = Path("referral_directory/data")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/London"))
# Parts that parsers care about, among every other character, so that fuzzing gets past the first check.
HOURS = st.lists(
    st.sampled_from(
        'Mo Tu-Fr PH SH off 24/7 09:00-17:00 25:00 ; , || [1] week 01-53/2 Dec 25 easter sunrise "x"'.split()
    )
    | st.text(max_size=6),
    max_size=8,
).map(" ".join)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=15,
)
JSON_BYTES = JSON.map(lambda value: json.dumps(value).encode())
many = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def shaped(names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the names that a parser looks for, and anything in them."""
    return st.dictionaries(st.sampled_from(names.split()), JSON, max_size=12)


@pytest.fixture(scope="module")
def needs() -> Needs:
    return load_needs(DATA / "need_codes.csv")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(DATA / "places")


@many
@given(st.text(max_size=300))
def test_postcodes_and_places(tables, text):
    read_postcode(text)
    find_postcodes(text)
    assert find_place(tables, text).status in ("found", "outside_leeds", "not_found", "ambiguous")


@many
@given(HOURS, st.sampled_from(["confirmed", "indicative", "none", "guessed"]))
def test_opening_hours(hours, status):
    try:
        times = read_times(hours, status, None, has_phone=True)
    except BadHours:
        return
    assert opening_at(times, NOW).state in ("open", "closed", "unknown")
    assert len(week_of(times, NOW.date())) in (0, 7)


@many
@given(
    shaped(
        "id name description url email organization locations phones schedules service_areas languages cost_options "
        "required_documents application_process eligibility_description assured_date last_modified service_taxonomys "
        "attributes contacts service_at_locations status"
    )
)
def test_records_of_feeds(needs, tables, item):
    reader = Reader("https://feed.example.org/v3", needs, tables, date(2026, 11, 23))
    try:
        remote_id_of(item)
        read_service(item, reader)
    except (ValueError, BadFeed):
        return


@many
@given(
    st.sampled_from(["csv", "json", "ods"]),
    st.binary(max_size=400) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_uploaded_files(needs, tmp_path, kind, content):
    file = tmp_path / f"records.{kind}"
    file.write_bytes(content)
    try:
        read_file(file, needs)
    except BadFile:
        return


@many
@given(st.fixed_dictionaries({"update_id": st.integers(0, 2**40)}, optional={
    "message": shaped("message_id date chat from text location entities photo contact reply_to_message") | JSON,
    "callback_query": shaped("id from data message chat_instance") | JSON,
    "my_chat_member": JSON,
}) | JSON)  # fmt: skip
def test_updates_from_telegram(raw):
    with contextlib.suppress(ValueError):
        # Refused with "not an update of Telegram" (bot/telegram/updates.py).
        read_update(raw)


@many
@given(st.lists(shaped("recipient_id text buttons custom image attachment"), max_size=4))
def test_answers_of_rasa(parts):
    assert isinstance(read_rasa_messages(parts).messages, list)


@many
@given(st.text(max_size=300))
def test_unseen_characters(text):
    assert strip_unseen(strip_unseen(text)) == strip_unseen(text)


@many
@given(st.binary(max_size=300))
def test_backups(tmp_path, content):
    file = tmp_path / "backup.gz"
    file.write_bytes(content)
    try:
        list(read_backup(file))
    except BackupError:
        return
