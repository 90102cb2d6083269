"""Tables come from migrations alone, and the migrations say what the models say."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from referral_directory.application.commands import alembic_config, migrate
from referral_directory.database import Base, open_database


def test_migrations_make_every_table_from_nothing_and_again_change_nothing(empty_url: str) -> None:
    database = open_database(empty_url)
    before, after = migrate(database)
    assert before is None
    assert migrate(database) == (after, after)
    assert set(inspect(database.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    database.engine.dispose()


def test_models_and_migrations_say_the_same(database_url: str) -> None:
    database = open_database(database_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.engine.dispose()


def test_migrations_can_be_taken_back(database_url: str) -> None:
    database = open_database(database_url)
    config = alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    database.engine.dispose()


def test_sqlite_waits_for_locks_and_keeps_foreign_keys(tmp_path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'directory.db'}")
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() >= 5000
    database.engine.dispose()
