"""Trackers as Rasa hands them to an action, and answers as the directory gives them."""

import asyncio
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from tests.house.repository import ROOT

DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))

ARMLEY = {
    "name": "Armley",
    "kind": "area",
    "ward_code": "E05011385",
    "ward": "Armley",
    "committee": "Inner West",
    "lat": 53.7973,
    "lon": -1.5887,
}
HAREHILLS = ARMLEY | {
    "name": "Harehills",
    "ward_code": "E05011394",
    "ward": "Gipton & Harehills",
    "committee": "Inner East",
}
FOUND = {"status": "found", "query": "Armley", "place": ARMLEY, "options": []}
NOT_FOUND = {"status": "not_found", "query": "", "place": None, "options": []}


def make_tracker(
    intent: str,
    *,
    text: str = "",
    needs: list[str] | None = None,
    place: str | None = None,
    slots: dict[str, Any] | None = None,
    loop: str | None = None,
    ranking: list[str] | None = None,
) -> Tracker:
    """Return a tracker whose newest message has this intent, needs and place."""
    entities = [{"entity": "need", "value": code} for code in needs or []]
    entities += [{"entity": "place", "value": place}] if place else []
    message = {
        "intent": {"name": intent, "confidence": 0.9},
        "entities": entities,
        "text": text or place or intent,
        "intent_ranking": [{"name": name, "confidence": 0.3} for name in ranking or [intent]],
    }
    return Tracker(
        sender_id="web-abc",
        slots=slots or {},
        latest_message=message,
        events=[],
        paused=False,
        followup_action=None,
        active_loop={"name": loop} if loop else {},
        latest_action_name="action_listen",
    )


def make_search(ids: list[str], outcome: str = "matched") -> dict[str, Any]:
    """Return an answer of `GET /api/services/search` with cards of these ids."""
    cards = [{"id": identity, "name": f"Service {identity}"} for identity in ids]
    return {
        "services": cards,
        "total": len(ids),
        "place": None,
        "outcome": outcome,
        "as_of": "2026-11-18T10:00",
        "about": "",
    }


def run(action: Action, tracker: Tracker) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Run an action and return its messages and its events."""
    dispatcher = CollectingDispatcher()
    events = asyncio.run(action.run(dispatcher, tracker, DOMAIN))
    return dispatcher.messages, events


def slots_set(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the slots that events set."""
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def texts_of(messages: list[dict[str, Any]]) -> str:
    """Return all that was said."""
    return "\n".join(message["text"] for message in messages if message["text"])


def understood_of(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what was last reported as understood."""
    reports = [message["custom"]["understood"] for message in messages if "understood" in message["custom"]]
    return dict(reports[-1])
