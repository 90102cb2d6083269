"""What is kept of a person: sealed, bound to its place, found when tampered with, and gone in time."""

import gzip
import stat
import time
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import text

from referral_directory.application.application import create_app
from referral_directory.application.referrals import rotate
from referral_directory.errors import BadKey
from referral_directory.field_encryption import (
    Place,
    key_id_of,
    make_key,
    read_field_keys,
    seal,
    unseal,
)
from scripts.backup import read_backup, save
from tests.directory.factories import TestClient, opened
from tests.directory.referrals.following import (
    NAME,
    PERSONAL,
    act,
    make_referral,
)
from tests.directory.referrals.stored import (
    ask_about_a_record,
    bring_to,
    everything_stored,
    faults_of,
    keys_of,
    send_again,
    tamper,
)
from tests.directory.staff.visiting import sign_in_by_link

STATUSES = [
    "draft",
    "sent",
    "opened",
    "accepted",
    "declined",
    "in_progress",
    "completed",
    "withdrawn",
    "re_routed",
]


@given(some.text(), some.uuids(), some.uuids())
def test_a_sealed_value_opens_only_in_its_place(words, row, other):
    keys = read_field_keys(make_key())
    place = Place("referral_detail", "name", row)
    sealed = seal(keys, place, words)
    assert unseal(keys, place, sealed) == words
    for elsewhere in (Place("referral_detail", "phone", row), Place("referral_note", "name", row)):
        with pytest.raises(BadKey):
            unseal(keys, elsewhere, sealed)
    if other != row:
        with pytest.raises(BadKey):
            unseal(keys, Place("referral_detail", "name", other), sealed)


@pytest.mark.parametrize("position", [0, 1, 5, 17, -1])
def test_a_changed_byte_is_noticed(position):
    keys, place = read_field_keys(make_key()), Place("t", "c", UUID(int=1))
    sealed = bytearray(seal(keys, place, NAME))
    sealed[position] ^= 1
    with pytest.raises(BadKey):
        unseal(keys, place, bytes(sealed))


@pytest.mark.parametrize("wrong", ["", "short", "not base64!", "AAAA"])
def test_a_key_that_is_no_key_is_refused(wrong):
    with pytest.raises(BadKey):
        read_field_keys(wrong)


def test_nothing_personal_is_stored_in_the_clear(staff, post, new_browser, settings, capfd):
    bring_to("opened", staff, post, new_browser)
    stored = everything_stored(settings)
    assert [word for word in PERSONAL if word in stored] == []
    logged = "".join(capfd.readouterr())
    assert [word for word in PERSONAL if word in logged] == []


def test_the_key_file_is_for_its_owner_only(app, settings):
    mode = (settings.state_dir / "field-keys").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_application_does_not_start_with_another_key(staff, post, settings):
    make_referral(staff, post)
    (settings.state_dir / "field-keys").write_text(make_key())
    with pytest.raises(BadKey, match="we do not hold"), TestClient(create_app(settings)):
        pass


@pytest.mark.parametrize("wrong", [False, True])
def test_keys_are_checked_before_anything_is_served_also_if_the_database_comes_later(
    staff, post, settings, wrong, capfd
):
    make_referral(staff, post)
    if wrong:
        (settings.state_dir / "field-keys").write_text(make_key())
    tamper(settings, "ALTER TABLE referral_audit RENAME TO gone")
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/my-referral").status_code == 503
        tamper(settings, "ALTER TABLE gone RENAME TO referral_audit")
        said, until = "", time.monotonic() + 60
        while client.get("/readyz").status_code != 200 and "wrong field keys" not in said:
            assert time.monotonic() < until
            said += capfd.readouterr().out
        assert client.get("/my-referral").status_code == (503 if wrong else 200)


def test_work_of_the_hour_that_fails_ends_nothing(app, settings, capfd):
    again = create_app(settings, app.state.directory.clock)

    def broken():
        raise ValueError("not a database's error")

    again.state.directory = replace(again.state.directory, clock=broken)
    with TestClient(again) as client:
        assert client.get("/healthz").status_code == 200
    assert "hourly work failed" in capfd.readouterr().out


def test_a_new_key_seals_everything_again_and_nothing_is_lost(staff, post, new_browser, settings):
    page = bring_to("opened", staff, post, new_browser)
    send_again(staff)
    ask_about_a_record(settings)
    before = everything_stored(settings)
    old = keys_of(settings).newest
    assert rotate(settings) == 2
    assert keys_of(settings).newest != old
    with opened(settings) as database, database.read() as session:
        for table in ("referral_detail", "referral_note"):
            assert set(session.scalars(text(f"SELECT key_id FROM {table}"))) == {keys_of(settings).newest}
        for table in ("referral_mail", "service_mail"):
            mails = session.scalars(text(f"SELECT secret FROM {table} WHERE secret IS NOT NULL")).all()
            assert {key_id_of(secret) for secret in mails} == {keys_of(settings).newest}
    assert everything_stored(settings) != before
    assert faults_of(settings) == []
    with TestClient(create_app(settings), raise_server_exceptions=False) as renewed:
        assert renewed.get("/my-referral").status_code == 200
    assert page


@pytest.mark.parametrize("status", STATUSES)
def test_personal_data_goes_in_time_in_every_status(staff, post, new_browser, settings, clock, status):
    bring_to(status, staff, post, new_browser)
    for _ in range(20):
        clock.move(days=20)
        post.keep_time()
    with opened(settings) as database, database.read() as session:
        for table in ("referral_detail", "referral_note", "referral_link", "referral_visit"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        rows = session.execute(text("SELECT needs, ward_code, erased_at FROM referral")).all()
        secrets = session.scalar(text("SELECT count(*) FROM referral_mail WHERE secret IS NOT NULL"))
        words = session.scalars(text("SELECT text FROM referral_consent")).all()
    assert all(needs == "" and ward is None and erased for needs, ward, erased in rows)
    assert secrets == 0
    assert [word for word in words if "food" in word] == []
    assert len(words) == (0 if status == "draft" else 1)
    assert faults_of(settings) == []


def test_personal_data_is_kept_until_ninety_days_after_the_end(staff, post, new_browser, settings, clock):
    bring_to("completed", staff, post, new_browser)
    clock.move(days=89)
    assert post.keep_time()["erase"] == 0
    clock.move(days=1)
    assert post.keep_time()["erase"] == 1


def test_withdrawing_what_is_completed_does_not_put_its_erasure_off(staff, post, settings, clock):
    made = make_referral(staff, post)
    act(staff, made.page, "complete", outcome="helped")
    clock.move(days=60)
    sign_in_by_link(staff, settings, clock)
    assert act(staff, made.page, "withdraw").status_code == 303
    clock.move(days=29)
    assert post.keep_time()["erase"] == 0
    clock.move(days=1)
    assert post.keep_time()["erase"] == 1
    assert faults_of(settings) == []


def test_a_draft_that_was_never_sent_is_erased_when_it_ends(staff, post, new_browser, clock):
    bring_to("draft", staff, post, new_browser)
    for _ in range(4):
        clock.move(days=7)
        done = post.keep_time()
    assert done["erase"] + done["expire"] in (0, 2)
    clock.move(days=7)
    assert post.keep_time() == {}


def test_personal_data_can_be_erased_on_request(staff, post, new_browser, settings):
    page = bring_to("withdrawn", staff, post, new_browser)
    assert act(staff, page, "erase").status_code == 303
    assert "The personal data of this referral is erased" in staff.get(page).text
    assert act(staff, page, "reopen").status_code == 409
    assert act(staff, page, "copy").status_code == 409
    assert faults_of(settings) == []


def test_neither_backups_nor_mail_files_hold_a_person(staff, post, new_browser, settings, tmp_path):
    page = bring_to("opened", staff, post, new_browser)
    backup = tmp_path / "backup.gz"

    def written() -> str:
        with opened(settings) as database, database.engine.connect() as connection:
            save(connection, backup)
        mails = "".join(path.read_text() for path in (settings.state_dir / "mail").iterdir())
        return gzip.decompress(backup.read_bytes()).decode() + mails

    assert [word for word in PERSONAL if word in written()] == []
    act(staff, page, "withdraw")
    act(staff, page, "erase")
    assert [word for word in PERSONAL if word in written()] == []
    rows = list(read_backup(backup))
    assert {"referral_detail", "referral_note"}.isdisjoint(table for table, _ in rows)
    [needs] = [row["needs"] for table, row in rows if table == "referral"]
    assert needs == ""


def test_a_silent_service_is_chased_and_escalated_and_the_referral_comes_back(staff, post, clock):
    made = make_referral(staff, post)
    clock.move(days=2)
    assert post.keep_time() == {"chase": 1}
    post.deliver()
    assert "Still waiting" in post.messages()[-1]["Subject"]
    clock.move(days=5)
    assert post.keep_time() == {"escalate": 1}
    assert post.keep_time() == {}
    clock.move(days=14)
    assert post.keep_time() == {"expire": 1}
    assert made.page
