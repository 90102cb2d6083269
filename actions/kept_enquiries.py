"""Keeps enquiries that wait for the directory in files too, so that a process that dies loses none.

One file an enquiry in ``enquiries`` in the state folder, named by its key: writing it again changes nothing, and the
directory counts a key once. What is in it (codes, a ward, a hash) belongs to nobody. When the disk is full an enquiry
waits in memory alone.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

# What a process that died while it wrote leaves behind.
UNFINISHED = ".new"


def _folder() -> Path:
    return Path(os.environ.get("SIGNPOST_STATE_DIR", "var")) / "enquiries"


def keep(counted: dict[str, Any]) -> None:
    """Writes an enquiry to its file."""
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=folder, suffix=UNFINISHED)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(counted, file)
            # Whole or not at all: a reader never finds half an enquiry.
            Path(made).replace(folder / f"{counted.get('key')}.json")
        finally:
            Path(made).unlink(missing_ok=True)
    except OSError as error:
        log.error("an enquiry is kept in memory only", extra={"error": type(error).__name__})


def drop(counted: dict[str, Any]) -> None:
    """Removes the file of an enquiry that was delivered."""
    with suppress(OSError):
        (_folder() / f"{counted.get('key')}.json").unlink(missing_ok=True)


def list_kept() -> list[dict[str, Any]]:
    """Returns the enquiries that an earlier process did not deliver, the oldest first; unreadable ones are removed."""
    found = []
    with suppress(OSError):
        for path in _folder().glob(f"*{UNFINISHED}"):
            path.unlink()
        for path in sorted(_folder().glob("*.json"), key=lambda path: path.stat().st_mtime):
            try:
                found.append(json.loads(path.read_bytes()))
            except (OSError, ValueError):
                log.error("a kept enquiry could not be read")
                path.unlink(missing_ok=True)
    return found
