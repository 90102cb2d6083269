"""Backup and restore, rehearsed: every row comes back, on either engine and from one to the other."""

import gzip
import json

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from referral_directory.application import commands
from referral_directory.database import transaction, using_database
from referral_directory.demand.models import DemandCount
from referral_directory.housekeeping.runs import record_done
from scripts.backup import BackupError, differences, list_rows, read_backup, restore, save
from tests.directory.factories import MONDAY_MORNING, make_row

ROWS_OF_THE_FIRST_MIGRATION = {
    "organization": "INSERT INTO organization (id, name, description, website, email) VALUES "
    "('00000000000000000000000000000001', 'A foodbank', '', '', '')",
}


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


def test_an_upgrade_from_the_first_migration_loses_no_row(empty_url):
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    config = commands.alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in ROWS_OF_THE_FIRST_MIGRATION.values():
            connection.execute(text(statement))
        before = [row for row in list_rows(connection) if row[0] in ROWS_OF_THE_FIRST_MIGRATION]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with engine.begin() as connection:
        after = [row for row in list_rows(connection) if row[0] in ROWS_OF_THE_FIRST_MIGRATION]
    engine.dispose()
    assert before
    for (table, old), (also_table, new) in zip(before, after, strict=True):
        assert table == also_table
        assert json.dumps(old, sort_keys=True) == json.dumps(
            {name: new[name] for name in old}, sort_keys=True
        )
