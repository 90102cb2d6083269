"""Keeps what residents write out of Rasa's log.

When a message fails, Rasa 3.6 logs its text, and the local variables of every frame on the way. The front door
has already taken personal data out of the text, but a log is no place for it: only the keys below are written.
"""

from __future__ import annotations

from typing import Any, Dict, List, MutableMapping, Text

import structlog

KEPT_KEYS = frozenset(["event", "level", "timestamp", "logger"])


def keep_what_is_harmless(
    logger: Any, method: Text, event: MutableMapping[Text, Any]
) -> MutableMapping[Text, Any]:
    """Drops every key of a log event that is not known to be harmless; of exceptions only the kinds stay."""
    kept: Dict[Text, Any] = {key: value for key, value in event.items() if key in KEPT_KEYS}
    raised: List[Dict[Text, Any]] = event.get("exception") or []
    if isinstance(raised, list) and raised:
        kept["exceptions"] = [each.get("exc_type") for each in raised]
    return kept


def quieten_logs() -> None:
    """Puts the filter before the renderer of the running configuration, once."""
    processors = structlog.get_config()["processors"]
    if keep_what_is_harmless not in processors:
        # In place, because loggers that were used before hold on to this very list.
        processors.insert(len(processors) - 1, keep_what_is_harmless)
