"""The small SQLite file of the Telegram door: what came in and what has to go out, until it is done.

One thread owns the connection; every call is one transaction, and it is on the disk when the call returns.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Connection = sqlite3.Connection

# `chat` is a keyed hash. `body`, `chat_id` and `payload` are sealed (bot.telegram.sealing).
TABLES = """
-- What came in. The body goes when it is handled; the rest stays for a day, because Telegram repeats itself.
CREATE TABLE IF NOT EXISTS telegram_updates (
    update_id INTEGER PRIMARY KEY,
    chat TEXT,
    message TEXT,
    body BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    received REAL NOT NULL,
    UNIQUE (chat, message)
);
CREATE INDEX IF NOT EXISTS telegram_updates_waiting ON telegram_updates (chat, update_id) WHERE body IS NOT NULL;
-- The delivery queue: parts of answers in the order in which they are sent, and where to.
CREATE TABLE IF NOT EXISTS telegram_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT NOT NULL,
    first INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL,
    queued REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS telegram_deliveries_order ON telegram_deliveries (chat, first DESC, id);
CREATE TABLE IF NOT EXISTS telegram_addresses (chat TEXT PRIMARY KEY, chat_id BLOB NOT NULL);
-- What a button stands for: Telegram carries only a short id.
CREATE TABLE IF NOT EXISTS telegram_buttons (
    chat TEXT NOT NULL,
    short TEXT NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (chat, short)
);
CREATE TABLE IF NOT EXISTS telegram_chats (chat TEXT PRIMARY KEY, last_message REAL NOT NULL);
CREATE INDEX IF NOT EXISTS telegram_chats_age ON telegram_chats (last_message);
CREATE INDEX IF NOT EXISTS telegram_updates_age ON telegram_updates (received) WHERE chat IS NULL;
CREATE INDEX IF NOT EXISTS telegram_deliveries_age ON telegram_deliveries (queued);
-- Conversations that Rasa has still to forget.
CREATE TABLE IF NOT EXISTS telegram_owed (chat TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS telegram_bot (fingerprint TEXT NOT NULL);
"""
# Not what is owed: Rasa knows the conversations of the earlier bot by the names that stand there.
EMPTIED_FOR_ANOTHER_BOT = ("updates", "deliveries", "addresses", "buttons", "chats", "bot")


class Storage:
    """One SQLite file, one connection, one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "telegram-storage")
        self._connection: Connection | None = None

    async def open(self, fingerprint: str) -> None:
        """Open the file (mode 600) and make the tables; rows of another bot are dropped."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open, fingerprint)

    async def run(
        self,
        work: Callable[Concatenate[Connection, Parameters], Result],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result:
        """Run `work(connection, ...)` in a transaction of its own and return its result once it is on disk."""
        # Shielded: a task that is cancelled while it waits must not leave half a transaction behind.
        return await asyncio.shield(
            asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: self._transact(work, *arguments, **named)
            )
        )

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    def _open(self, fingerprint: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        # FULL: an update is acknowledged to Telegram only after it would survive a power cut.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(TABLES)
        self._connection = connection
        self._transact(_keep_rows_of, fingerprint)

    def _transact(
        self,
        work: Callable[Concatenate[Connection, Parameters], Result],
        *arguments: Parameters.args,
        **named: Parameters.kwargs,
    ) -> Result:
        connection = self._connection
        if connection is None:
            raise RuntimeError("the storage is not open")
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection, *arguments, **named)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result


def _keep_rows_of(connection: Connection, fingerprint: str) -> None:
    if connection.execute("SELECT fingerprint FROM telegram_bot").fetchone() == (fingerprint,):
        return
    for table in EMPTIED_FOR_ANOTHER_BOT:
        connection.execute(f"DELETE FROM telegram_{table}")  # noqa: S608 - names of our own
    connection.execute("INSERT INTO telegram_bot VALUES (?)", (fingerprint,))
