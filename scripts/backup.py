"""Back up and restore the records: everything in the directory's database, and the secrets that open it.

python -m scripts.backup save FILE       write a backup (never the conversations: those are kept for a day)
python -m scripts.backup restore FILE    put a backup into an empty database
python -m scripts.backup compare FILE    end with 0 if the database holds the backup's rows, every one and no other

A backup is a gzipped file of JSON lines, the same for SQLite and PostgreSQL, so that one can be restored into the
other. The field keys are not in it: without them nobody reads the personal data in a stolen backup, and with them lost
nobody reads it at all, so they are kept apart (docs/operating.md).
"""

import base64
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, MetaData, Table, func, inspect, select
from sqlalchemy.sql import sqltypes

from referral_directory.application.settings import Settings
from referral_directory.database import using_database

ROWS_AT_ONCE = 500


class BackupError(Exception):
    """Something stops the backup; the text is one plain sentence."""


def list_rows(connection: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table, row) for every row, tables in an order in which they can be put back, rows by primary key."""
    for table in _tables(connection).sorted_tables:
        for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings():
            yield table.name, {name: _plain(value) for name, value in row.items()}


def save(connection: Connection, file: Path) -> int:
    """Write a backup whole or not at all, readable by its owner only; return the number of rows."""
    rows = 0
    descriptor, made = tempfile.mkstemp(dir=file.parent)  # mode 600
    with os.fdopen(descriptor, "wb") as raw, gzip.open(raw, "wt", encoding="utf-8") as lines:
        for table, row in list_rows(connection):
            lines.write(json.dumps([table, row], separators=(",", ":")) + "\n")
            rows += 1
    Path(made).replace(file)
    return rows


def restore(connection: Connection, file: Path) -> int:
    """Put every row of a backup into a database that has no tables; return their number. Raises BackupError."""
    if inspect(connection).get_table_names():
        raise BackupError("The database is not empty: restore into a new one.")
    rows = list(read_backup(file))
    versions = [row["version_num"] for table, row in rows if table == "alembic_version"]
    if len(versions) != 1:
        raise BackupError("The backup does not say which version of the tables it holds.")
    _make_tables(connection, versions[0])
    tables = _tables(connection)
    for table in reversed(tables.sorted_tables):
        # What a migration put in is in the backup too, perhaps changed since.
        connection.execute(table.delete())
    for table in tables.sorted_tables:
        own = _parents_first(table, [_typed(table, row) for name, row in rows if name == table.name])
        for start in range(0, len(own), ROWS_AT_ONCE):
            connection.execute(table.insert(), own[start : start + ROWS_AT_ONCE])
    _set_sequences(connection, tables)
    return len(rows)


def differences(connection: Connection, file: Path) -> int:
    """Return how many rows are in the database or in the backup, but not in both."""
    there = {json.dumps([table, row], sort_keys=True) for table, row in list_rows(connection)}
    kept = {json.dumps([table, row], sort_keys=True) for table, row in read_backup(file)}
    return len(there ^ kept)


def read_backup(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table, row) for every line of a backup. Raises BackupError if the file is not whole."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                table, row = json.loads(line)
                yield table, row
    except (OSError, EOFError, ValueError) as problem:
        raise BackupError(f"{file.name} cannot be read: {type(problem).__name__}.") from problem


def _parents_first(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order rows so that each comes after the rows of its own table that it points to."""
    pointing = [(key.parent.name, key.column.name) for key in table.foreign_keys if key.column.table is table]
    if not pointing:
        return rows
    ordered: list[dict[str, Any]] = []
    while rows:
        waiting = {target: {row[target] for row in rows} for _, target in pointing}
        ready = [row for row in rows if not any(row[name] in waiting[target] for name, target in pointing)]
        # Rows in a ring, or that point to themselves, cannot be ordered: the database says so.
        ordered += ready or rows
        rows = [row for row in rows if row not in ready] if ready else []
    return ordered


def _tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def _make_tables(connection: Connection, version: str) -> None:
    from alembic import command

    from referral_directory.application.commands import alembic_config

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _set_sequences(connection: Connection, tables: MetaData) -> None:
    """PostgreSQL goes on counting from where the backup was."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.sorted_tables:
        for column in table.primary_key.columns:
            if isinstance(column.type, sqltypes.Integer):
                # Without a sequence this is null, and changes nothing.
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                newest = select(func.coalesce(func.max(column), 1)).scalar_subquery()
                connection.execute(select(func.setval(sequence, newest)))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return {"moment": moment.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, UUID):
        return value.hex
    return value


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in row.items():
        kind = table.columns[name].type
        if isinstance(value, dict) and "bytes" in value:
            typed[name] = base64.b64decode(value["bytes"])
        elif isinstance(value, dict) and "moment" in value:
            typed[name] = datetime.fromisoformat(value["moment"])
        elif isinstance(value, dict) and "day" in value:
            typed[name] = date.fromisoformat(value["day"])
        elif isinstance(kind, sqltypes.Uuid) and value is not None:
            typed[name] = UUID(value)
        elif isinstance(kind, sqltypes.Boolean) and value is not None:
            typed[name] = bool(value)
        else:
            typed[name] = value
    return typed


def main(arguments: list[str]) -> int:
    """Do what is asked; return 0, or 1 with one line on standard error."""
    if len(arguments) != 2 or arguments[0] not in ("save", "restore", "compare"):
        print("Say 'save FILE', 'restore FILE' or 'compare FILE'.", file=sys.stderr)
        return 2
    file = Path(arguments[1])
    try:
        with using_database(Settings().get_database_url()) as database, database.engine.begin() as connection:
            if arguments[0] == "save":
                print(f"{save(connection, file)} rows saved in {file}")
            elif arguments[0] == "restore":
                print(f"{restore(connection, file)} rows restored from {file}")
            elif found := differences(connection, file):
                raise BackupError(f"{found} rows are in the database or in the backup, but not in both.")
            else:
                print("Every row is the same.")
    except BackupError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
