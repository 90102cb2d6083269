"""Hears when help is wanted: "a food bank open on Sunday" asks about Sunday, until another need is raised.

Only words of a fixed list leave here, so nothing else that was said can. What time they mean the directory knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rasa_sdk import Tracker

DAYS = "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tomorrow|weekends?|bank holiday|"
DAYS += "(?:christmas|boxing|new year'?s) day"
PARTS = "tonight|mornings?|afternoons?|evenings?|nights?|lunchtime|midday|noon"
CLOCK = r"\d{1,2}(?:[:.]\d\d)? ?[ap]m|\d{1,2}:\d\d"
SMALL = "on|at|in|the|this|next|over|during|from"
# Only after "open": in a story, "Sunday" is when something happened.
OPEN_WHEN = re.compile(rf"\bopen(?:s|ing)?(?: (?:{SMALL}|{DAYS}|{PARTS}|{CLOCK})\b)+", re.IGNORECASE)
MOST_MESSAGES = 20


def time_heard(tracker: Tracker) -> str:
    """Returns the words that said when, "open on Sunday", of the messages since the need at hand was raised, or ""."""
    for message in _newest_first(tracker):
        text = " ".join(str(message.get("text") or "").replace("’", "'").split())
        if found := OPEN_WHEN.search(text):
            return found[0]
        if _raises_need(message):
            break
    return ""


def _raises_need(message: dict[str, Any]) -> bool:
    intent = (message.get("intent") or {}).get("name") or ""
    entities = message.get("entities") or []
    return "." in intent or any(entity.get("entity") == "need" for entity in entities)


def _newest_first(tracker: Tracker) -> Iterator[dict[str, Any]]:
    yield tracker.latest_message
    users = [event for event in tracker.events if event.get("event") == "user"]
    for event in users[: -MOST_MESSAGES - 1 : -1]:
        yield {"text": event.get("text"), **(event.get("parse_data") or {})}
