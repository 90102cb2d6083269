"""Backup and restore, rehearsed: every row comes back, on either engine and from one to the other."""

import gzip

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from referral_directory.application import commands
from referral_directory.database import Base, transaction, using_database
from referral_directory.demand.models import DemandCount
from referral_directory.housekeeping.runs import record_done
from scripts.backup import BackupError, differences, list_rows, read_backup, restore, save
from tests.directory.factories import MONDAY_MORNING, make_row
from tests.directory.filling import fill_empty_tables

# Which version the tables are of; and sessions of providers, which last an hour (0006 says why they may go).
ENDS_BY_ITSELF = {"alembic_version", "referral_visit"}


@pytest.fixture
def filled_url(settings, start):
    """The URL of a database with a service, counts and a note of the worker."""
    start([make_row()])
    url = settings.get_database_url()
    with using_database(url) as database, transaction(database) as session:
        session.add(
            DemandCount(
                day=MONDAY_MORNING.date(),
                need="food.parcel",
                ward_code="E05011394",
                channel="web",
                language="en",
                outcome="matched",
                count=3,
            )
        )
        record_done(session, "mail", MONDAY_MORNING)
    return url


def saved(url, file):
    with using_database(url) as database, database.engine.begin() as connection:
        return save(connection, file)


def test_every_row_of_a_backup_comes_back(filled_url, empty_url, tmp_path):
    file = tmp_path / "backup.gz"
    rows = saved(filled_url, file)
    assert rows > 10
    with using_database(empty_url) as database:
        with database.engine.begin() as connection:
            assert restore(connection, file) == rows
        with database.engine.begin() as connection:
            assert differences(connection, file) == 0
            restored = list(list_rows(connection))
    with using_database(filled_url) as database, database.engine.begin() as connection:
        assert restored == list(list_rows(connection))


def test_a_backup_is_restored_into_the_other_engine(filled_url, tmp_path):
    file, url = tmp_path / "backup.gz", f"sqlite:///{tmp_path / 'other.db'}"
    rows = saved(filled_url, file)
    with using_database(url) as database:
        with database.engine.begin() as connection:
            assert restore(connection, file) == rows
        with database.engine.begin() as connection:
            assert differences(connection, file) == 0


def test_a_backup_is_for_its_owner_only_and_has_no_secret_of_the_state_folder(filled_url, settings, tmp_path):
    file = tmp_path / "backup.gz"
    saved(filled_url, file)
    assert file.stat().st_mode & 0o077 == 0
    content = gzip.decompress(file.read_bytes()).decode()
    assert settings.get_field_keys() not in content
    assert settings.get_staff_key() not in content


def test_a_missing_row_and_a_changed_one_are_noticed(filled_url, tmp_path):
    file = tmp_path / "backup.gz"
    saved(filled_url, file)
    with using_database(filled_url) as database, database.engine.begin() as connection:
        connection.execute(text("UPDATE demand_count SET count = 4"))
        assert differences(connection, file) == 2
        connection.execute(text("DELETE FROM demand_count"))
        assert differences(connection, file) == 1


def test_a_backup_is_not_put_into_a_database_that_holds_something(filled_url, tmp_path):
    file = tmp_path / "backup.gz"
    saved(filled_url, file)
    with (
        using_database(filled_url) as database,
        database.engine.begin() as connection,
        pytest.raises(BackupError, match="not empty"),
    ):
        restore(connection, file)


def test_half_a_backup_is_refused(filled_url, tmp_path):
    file = tmp_path / "backup.gz"
    saved(filled_url, file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BackupError, match="cannot be read"):
        list(read_backup(file))


def test_a_row_of_every_table_comes_back_on_either_engine_and_on_the_other(database_url, empty_url, tmp_path):
    file = tmp_path / "backup.gz"
    with using_database(database_url) as database, database.engine.begin() as connection:
        assert fill_empty_tables(connection) == {*Base.metadata.tables, "alembic_version"}
        rows = save(connection, file)
        kept = list(list_rows(connection))
    assert {table for table, _ in kept} == {*Base.metadata.tables, "alembic_version"}
    for url in (empty_url, f"sqlite:///{tmp_path / 'other.db'}"):
        with using_database(url) as database, database.engine.begin() as connection:
            assert restore(connection, file) == rows
            assert differences(connection, file) == 0
            assert list(list_rows(connection)) == kept


def test_no_upgrade_from_the_first_migration_on_loses_a_row_of_any_table(empty_url):
    config = commands.alembic_config()
    revisions = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert revisions[0] == "0001"
    kept: list[tuple[str, dict]] = []
    with using_database(empty_url) as database:
        for revision in revisions:
            with database.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
                rows = list(list_rows(connection))
                assert [old for old in kept if not is_held(rows, *old)] == [], revision
                fill_empty_tables(connection)
                kept = [row for row in list_rows(connection) if row[0] not in ENDS_BY_ITSELF]
    assert {table for table, _ in kept} == set(Base.metadata.tables) - ENDS_BY_ITSELF


def is_held(rows, table, old):
    """Whether a row is there, perhaps with more columns, or where the next upgrade puts it."""
    if any(there == table and row | old == row for there, row in rows):
        return True
    # That a service is full went from its inbox to the notices of all services (0005).
    full = {"service_id": old.get("service_id"), "kind": "full", "last_day": old.get("full_until")}
    return "full_until" in old and any(
        there == "service_notice" and all(row[name] == value for name, value in full.items())
        for there, row in rows
    )
