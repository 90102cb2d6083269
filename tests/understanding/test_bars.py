"""What the assistant and its safety screen must reach on the test split, which nothing is tuned on.

The bars are what the product is meant to reach. Where it does not yet, the figure that was measured is held as a floor,
so that it can only get better; docs/reading.md lists bar, figure and gap. A floor is a little below its figure: one
message of the split read otherwise must not look like a fault.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.safety_screen import load_screen
from scripts import nlu_eval, safety_eval

# Each report takes a while and is made once a process.
pytestmark = pytest.mark.xdist_group("understanding")
SPLITS = Path(__file__).parent
FLOORS = json.loads((SPLITS / "floors.json").read_text("utf-8"))


@cache
def needs_figures() -> dict[str, Any]:
    return nlu_eval.report(SPLITS / "test.jsonl")


@cache
def safety_figures() -> dict[str, Any]:
    return safety_eval.report(safety_eval.screen_file(SPLITS / "safety_test.jsonl", load_screen()))


def look_up(figures: dict[str, Any], path: str) -> float:
    for name in path.split("/"):
        figures = figures[name]
    return float(figures)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", FLOORS["needs"])
def test_needs_are_read_as_well_as_promised(path):
    assert look_up(needs_figures(), path) >= FLOORS["needs"][path]


@pytest.mark.parametrize("path", FLOORS["danger_found"])
def test_danger_is_found_as_often_as_promised(path):
    assert look_up(safety_figures(), path) >= FLOORS["danger_found"][path]


@pytest.mark.parametrize("path", FLOORS["false_alarms"])
def test_harmless_messages_raise_no_more_alarms_than_promised(path):
    assert look_up(safety_figures(), path) <= FLOORS["false_alarms"][path]
