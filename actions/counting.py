"""Counts enquiries without making a resident wait for it, and without losing one when the directory is away.

An enquiry is one need shown results in one conversation (docs/architecture.md). It waits in memory, and in a file in
case this process dies (``kept_enquiries.py``), until the directory has taken it; the key makes sure that trying again
never counts twice.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from functools import cache
from typing import Any

from actions import kept_enquiries
from actions.directory_client import DirectoryUnavailable, EnquiryRefused, record_enquiry

log = logging.getLogger(__name__)

CHANNELS = ("web", "telegram", "api")
# Half of an outcode often lies in another ward than its commonest one: these are counted without a ward.
KINDS_OF_NO_WARD = ("outcode", "approximate")
# Enough for an evening's outage at city scale; beyond it the oldest would cost memory that answers need.
MAX_WAITING = 100_000
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


def enquiry(
    sender_id: str, need: str, place: dict[str, Any] | None, language: str, outcome: str
) -> dict[str, Any]:
    """Returns the body of ``POST /api/enquiries``: what was asked, where, how and with what outcome. No identifiers.

    ``key`` is a hash: the conversation cannot be found from it, and the directory drops it after a day.
    """
    channel = sender_id.split("-", 1)[0]
    where = place or {}
    ward_code = None if where.get("kind") in KINDS_OF_NO_WARD else where.get("ward_code")
    return {
        "need": need,
        "ward_code": ward_code,
        "channel": channel if channel in CHANNELS else "api",
        "language": language,
        "outcome": outcome,
        "key": hashlib.sha256(f"{sender_id} {need}".encode()).hexdigest(),
    }


def count(counted: dict[str, Any]) -> None:
    """Hands an enquiry to the background thread that delivers it."""
    waiting = _waiting()
    kept_enquiries.keep(counted)
    try:
        waiting.put_nowait(counted)
    except queue.Full:
        log.error("an enquiry was not counted: too many are waiting for the directory")


@cache
def _waiting() -> queue.Queue[dict[str, Any]]:
    waiting: queue.Queue[dict[str, Any]] = queue.Queue(MAX_WAITING)
    for kept in kept_enquiries.list_kept()[:MAX_WAITING]:
        waiting.put_nowait(kept)
    threading.Thread(target=_deliver_for_ever, args=(waiting,), name="counting", daemon=True).start()
    return waiting


def _deliver_for_ever(waiting: queue.Queue[dict[str, Any]]) -> None:
    pause = threading.Event()
    while True:
        counted = waiting.get()
        seconds = FIRST_PAUSE_SECONDS
        while not _delivered(counted):
            if seconds == FIRST_PAUSE_SECONDS:
                log.warning("the directory does not take enquiries: they wait and are tried again")
            pause.wait(seconds)
            seconds = min(seconds * 2, LONGEST_PAUSE_SECONDS)
        kept_enquiries.drop(counted)
        waiting.task_done()


def count_waiting() -> int:
    """Returns how many enquiries the directory has not taken yet."""
    return _waiting().unfinished_tasks


def start() -> None:
    """Begins to deliver what an earlier process could not."""
    _waiting()


def _delivered(counted: dict[str, Any]) -> bool:
    try:
        record_enquiry(counted)
    except (DirectoryUnavailable, OSError):
        return False
    except EnquiryRefused as refusal:
        log.error("the directory refused an enquiry", extra={"status": str(refusal)})
    return True
