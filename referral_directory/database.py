"""The one door to the database: SQLite by default, PostgreSQL by URL. Only this process opens it."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from referral_directory.errors import NotReady

# Names for every constraint, so that migrations can change them on both engines.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_SECONDS = 15
POOL_SIZE = 20
IDLE_SECONDS = 2.0


class Base(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(naming_convention=NAMING)


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: `read` and `write` make sessions; only a `write` session may change anything. `look` is for a
    single question.
    """

    engine: Engine
    read: sessionmaker[Session]
    write: sessionmaker[Session]
    look: sessionmaker[Session]


def open_database(url: str) -> Database:
    """Open the database at a URL (sqlite:///…, postgresql://…); the folder of a SQLite file is made."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql" or address.drivername == "postgres":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        # Parameters are hidden because an exception's text can reach a log, and parameters can be personal.
        engine = create_engine(
            address,
            hide_parameters=True,
            # More than there are threads that answer requests, with what they and the hourly work hold at a time.
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            connect_args={"connect_timeout": 5},
        )
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _check_idle)
        # Without a transaction round it a single question takes a third of the trips to the database.
        at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        return Database(engine, sessionmaker(engine), sessionmaker(engine), sessionmaker(at_once))
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    # A writer takes SQLite's lock when it begins: one that first reads could no longer be promoted behind
    # another.
    writing = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
    return Database(engine, sessionmaker(engine), sessionmaker(writing), sessionmaker(engine))


@contextmanager
def using_database(url: str) -> Iterator[Database]:
    """Open a database for the length of a block: what a command uses, so that no connection outlives it."""
    database = open_database(url)
    try:
        yield database
    finally:
        database.engine.dispose()


@contextmanager
def transaction(database: Database) -> Iterator[Session]:
    """One request, one transaction: committed when the block ends, rolled back when it raises."""
    with database.write.begin() as session:
        yield session


def show_one_moment(session: Session) -> None:
    """Let everything that a fresh session reads be of one moment, whatever is written meanwhile."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's readers see one moment anyhow.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def check_database(database: Database) -> None:
    """Raises NotReady if the database does not answer."""
    try:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise NotReady("The database cannot be reached.") from error


def insert_into(session: Session, table: type[Base]) -> Any:
    """An INSERT that knows ON CONFLICT, which both engines spell alike but SQLAlchemy keeps per dialect."""
    target = cast(Table, table.__table__)
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(target)
    return sqlite.insert(target)


def _note_use(connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _check_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that lay idle whether it still lives; one that was used just now need not be asked."""
    if time.monotonic() - record.info.get("used_at", math.inf) < IDLE_SECONDS:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except psycopg.Error as error:
        # The pool then opens another one in its place.
        raise DisconnectionError from error


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # With no isolation level the driver leaves BEGIN to us (see _begin_sqlite).
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # What is erased is overwritten in the file, and not only marked as free.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
