"""Keeps conversations in a small SQLite file, so that a restart of Rasa loses none, and forgets them for good.

What is kept is what Rasa was sent: text from which the front door has taken personal data, without the points on the
map that stand for postcodes, which are for memory only. Each conversation is one row, overwritten at every turn, and
gone 24 hours after the last one. Deleted content is overwritten with zeros (``secure_delete``), and no write-ahead
log is left behind that could hold it longer.
"""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

_SETTINGS = (
    "PRAGMA auto_vacuum = FULL",
    "PRAGMA journal_mode = TRUNCATE",
    # A power cut may cost the last turns; a crash of Rasa costs none.
    "PRAGMA synchronous = OFF",
    "PRAGMA secure_delete = ON",
)
_TABLE = """CREATE TABLE IF NOT EXISTS conversation (
    sender_id TEXT PRIMARY KEY, last_message REAL NOT NULL, events TEXT NOT NULL
) WITHOUT ROWID"""

_POINT = re.compile(r'"(lat|lon)":-?\d+(?:\.\d+)?')
_TOKEN_POINT = re.compile(r"\[place:(E\d{8}):[-\d.]+:[-\d.]+\]")


class KeptConversations:
    """The events of each conversation as JSON, by sender id. One writer: the Rasa process that made it."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        self._database = sqlite3.connect(str(file), isolation_level=None, check_same_thread=False)
        for setting in _SETTINGS:
            self._database.execute(setting)
        self._database.execute(_TABLE)

    def keep(self, sender_id: Text, last_message: float, events: List[Dict[Text, Any]]) -> None:
        """Replaces what is kept of a conversation."""
        self._database.execute(
            "INSERT OR REPLACE INTO conversation VALUES (?, ?, ?)",
            (sender_id, last_message, without_points(json.dumps(events, separators=(",", ":")))),
        )

    def find(self, sender_id: Text, oldest_allowed: float) -> Optional[List[Dict[Text, Any]]]:
        """Returns the events of a conversation that had a message after ``oldest_allowed``, or None."""
        row = self._database.execute(
            "SELECT events FROM conversation WHERE sender_id = ? AND last_message > ?",
            (sender_id, oldest_allowed),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def forget(self, sender_id: Text) -> None:
        """Deletes a conversation, if it is there."""
        self._database.execute("DELETE FROM conversation WHERE sender_id = ?", (sender_id,))

    def forget_older(self, oldest_allowed: float, now: float) -> None:
        """Deletes every conversation whose last message was at ``oldest_allowed`` or before.

        What a clock that ran ahead wrote counts from now.
        """
        self._database.execute("DELETE FROM conversation WHERE last_message <= ?", (oldest_allowed,))
        self._database.execute("UPDATE conversation SET last_message = ? WHERE last_message > ?", (now, now))


def without_points(content: Text) -> Text:
    """Returns the JSON without latitudes and longitudes; the ward stays, and searches go on from its centre."""
    return _TOKEN_POINT.sub(r"[place:\1]", _POINT.sub(r'"\1":null', content))
