"""Puts a row into every table, made up from the table itself, so that no table can be forgotten."""

import os
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, Column, Connection, MetaData, Table, func, select
from sqlalchemy.sql import sqltypes

# The first of the values that a column may have, as SQLite and as PostgreSQL say it.
ALLOWED = re.compile(r"\b(\w+)\)?(?:::text)? (?:IN \(|= ANY \(+(?:ARRAY\[)?)'([^']+)'")


def fill_empty_tables(connection: Connection) -> set[str]:
    """Put a row into each table that has none; return the names of all tables that have rows."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if not connection.execute(select(func.count()).select_from(table)).scalar():
            connection.execute(table.insert(), [_make_row(connection, table)])
    return set(tables.tables)


def _make_row(connection: Connection, table: Table) -> dict[str, Any]:
    allowed: dict[str, Any] = {}
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            allowed |= dict(ALLOWED.findall(str(constraint.sqltext)))
    return {
        column.name: allowed.get(column.name) or _make_value(connection, column) for column in table.columns
    }


def _make_value(connection: Connection, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        return connection.execute(select(key.column).limit(1)).scalar()
    # Some keep the id of a service without the database knowing it.
    named = column.table.metadata.tables.get(column.name.removesuffix("_id"))
    if column.name.endswith("_id") and named is not None and named is not column.table:
        there = connection.execute(select(named.c.id).limit(1)).scalar()
        if there is not None:
            return there
    kind = column.type
    if isinstance(kind, sqltypes.Uuid):
        return uuid4()
    if isinstance(kind, sqltypes.LargeBinary):
        return os.urandom(kind.length or 32)
    if isinstance(kind, sqltypes.DateTime):
        return datetime(2026, 11, 2, 10, 0, 0, 123456, tzinfo=UTC)
    others = ((sqltypes.Date, date(2026, 11, 2)), (sqltypes.Boolean, True), (sqltypes.Integer, 1))
    for generic, value in (*others, (sqltypes.Float, 53.8125), (sqltypes.JSON, {"said": ["ön", 1, None]})):
        if isinstance(kind, generic):
            return value
    # As long as the column lets it be, and with a letter that not every encoding knows.
    length = getattr(kind, "length", None)
    return uuid4().hex[:length] if length and length <= 32 else f"ł {uuid4().hex}"
