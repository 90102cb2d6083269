"""Keeps the conversations of several Rasa workers in one PostgreSQL database, and forgets them for good.

The table is UNLOGGED: what residents wrote is never in PostgreSQL's write-ahead log, so it reaches no replica and no
archive, and it is not in the database that backups are made of. If PostgreSQL crashes it empties the table; then each
worker's own memory is believed (``epoch``). Every statement has a time limit on our side, because a server that
is stopped but not gone answers nothing and closes nothing.
"""

from __future__ import annotations

import os
import select
import socket
import time
import uuid
from typing import Any, NamedTuple, Optional, Text, Tuple

import psycopg2
import psycopg2.extensions

STATEMENT_SECONDS = 2.0
# After a failure nobody asks again for this long: a resident should not wait for what is known to be away.
REST_SECONDS = 2.0
# By how much the clocks of two machines may differ.
CLOCKS_DIFFER_SECONDS = 60.0
# Any number that nobody else in this database uses: workers that start together make the tables once.
_MAKING_TABLES = 20_250_101
_TABLES = """
CREATE UNLOGGED TABLE IF NOT EXISTS conversation (
    sender_id text PRIMARY KEY, last_message double precision NOT NULL, version text NOT NULL, events text NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 500);
CREATE UNLOGGED TABLE IF NOT EXISTS epoch (epoch text PRIMARY KEY);
INSERT INTO epoch SELECT %s WHERE NOT EXISTS (SELECT FROM epoch);
"""
_KEEP = """
INSERT INTO conversation AS kept VALUES (%s, %s, %s, %s)
ON CONFLICT (sender_id) DO UPDATE
SET last_message = excluded.last_message, version = excluded.version, events = excluded.events
WHERE kept.version IN (%s, excluded.version)
"""
_FIND = """
SELECT version, CASE WHEN version = %s THEN NULL ELSE events END FROM conversation
WHERE sender_id = %s AND last_message > %s
"""


class ConversationsAway(Exception):
    """The database does not answer, or did not a moment ago."""


class NewerIsKept(Exception):
    """Another worker has kept a newer version of this conversation."""


class Kept(NamedTuple):
    """A conversation in the database; ``events`` (JSON) is None when it is the version that the caller has."""

    version: Text
    events: Optional[Text]


class SharedConversations:
    """The events of each conversation as JSON, by sender id. Used from one thread at a time."""

    def __init__(self, url: Text) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._connection: Any = None
        self._rest_until = 0.0
        psycopg2.extensions.set_wait_callback(_wait_a_moment)

    def keep(self, sender_id: Text, last_message: float, events: Text, known: Text) -> Text:
        """Replaces the version ``known`` and returns the new version; raises NewerIsKept if that is another one."""
        version = uuid.uuid4().hex
        _, changed = self._do(_KEEP, (sender_id, last_message, version, events, known))
        if not changed:
            raise NewerIsKept
        return version

    def find(self, sender_id: Text, oldest_allowed: float, known: Text) -> Optional[Kept]:
        """Returns the conversation if it had a message after ``oldest_allowed``, else None."""
        row, _ = self._do(_FIND, (known, sender_id, oldest_allowed))
        return Kept(*row) if row else None

    def epoch(self) -> Text:
        """Returns a name that changes when PostgreSQL has crashed and emptied the table."""
        row, _ = self._do("SELECT epoch FROM epoch", ())
        if row is None:
            # Emptied under an open connection: the next one gives the new epoch its name.
            self._away()
            raise ConversationsAway
        return row[0]

    def forget(self, sender_id: Text) -> None:
        """Deletes a conversation, if it is there."""
        self._do("DELETE FROM conversation WHERE sender_id = %s", (sender_id,))

    def forget_older(self, oldest_allowed: float, now: float) -> None:
        """Deletes every conversation whose last message was at ``oldest_allowed`` or before.

        What a clock that ran ahead wrote counts from now.
        """
        self._do("DELETE FROM conversation WHERE last_message <= %s", (oldest_allowed,))
        self._do(
            "UPDATE conversation SET last_message = %s WHERE last_message > %s",
            (now, now + CLOCKS_DIFFER_SECONDS),
        )

    def _do(self, statement: Text, values: Tuple[Any, ...]) -> Tuple[Optional[Tuple[Any, ...]], int]:
        if time.monotonic() < self._rest_until:
            raise ConversationsAway
        # A connection that the server closed in the meantime is found out by using it: then once more with a new one.
        for last_try in (self._connection is None, True):
            try:
                with self._open().cursor() as cursor:
                    cursor.execute(statement, values)
                    row = cursor.fetchone() if cursor.description else None
                    return row, cursor.rowcount
            except psycopg2.Error as failure:  # noqa: PERF203 - two rounds at most
                timed_out = isinstance(failure, psycopg2.extensions.QueryCanceledError)
                self._drop()
                if last_try or timed_out:
                    self._away()
                    raise ConversationsAway from failure
        raise AssertionError("the last try returns or raises")

    def _open(self) -> Any:
        if self._connection is None:
            connection = psycopg2.connect(self._url, connect_timeout=2, application_name="signpost-rasa")
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", (_MAKING_TABLES,))
                cursor.execute(_TABLES, (uuid.uuid4().hex,))
                cursor.execute("SELECT pg_advisory_unlock(%s)", (_MAKING_TABLES,))
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _away(self) -> None:
        self._drop()
        self._rest_until = time.monotonic() + REST_SECONDS


def _wait_a_moment(connection: Any) -> None:
    """Waits until a statement is done, but never longer than ``STATEMENT_SECONDS``: then the connection is given up."""
    give_up = time.monotonic() + STATEMENT_SECONDS
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        reading = [connection.fileno()] if state == psycopg2.extensions.POLL_READ else []
        writing = [] if reading else [connection.fileno()]
        if not any(select.select(reading, writing, [], max(0.0, give_up - time.monotonic()))):
            # psycopg2 holds a lock on the connection here, so it cannot be closed: cut off, it closes itself.
            with socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
            raise psycopg2.extensions.QueryCanceledError("no answer in time")
