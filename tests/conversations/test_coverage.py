"""The conversation tests of Rasa (test_*.yml beside this file) leave nothing out; `make test` runs them."""

from pathlib import Path
from typing import Any

import yaml

from actions.needs import NEEDS
from tests.house.repository import ROOT

HERE = Path(__file__).parent
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))


def steps_of(folder: Path, pattern: str, kind: str) -> list[dict[str, Any]]:
    """Return the steps of all stories or rules in the files."""
    return [
        step
        for path in sorted(folder.glob(pattern))
        for story in yaml.safe_load(path.read_text("utf-8"))[kind]
        for step in story["steps"]
    ]


def test_every_need_is_said_in_plain_words():
    said = {step["intent"] for step in steps_of(HERE, "test_*.yml", "stories") if "user" in step}
    assert set(NEEDS) - said == set()


def test_every_act_of_conversation_is_tried():
    tried = {step["intent"] for step in steps_of(HERE, "test_*.yml", "stories") if "intent" in step}
    assert {*DOMAIN["intents"], "nlu_fallback"} - tried == set()


def test_every_intent_has_one_rule():
    answered = [
        step["intent"] for step in steps_of(ROOT / "data", "*/rules.yml", "rules") if "intent" in step
    ]
    assert sorted(answered) == sorted([*DOMAIN["intents"], "nlu_fallback"])


def test_no_story_has_the_name_of_another():
    names = [
        story["story"]
        for path in sorted(HERE.glob("test_*.yml"))
        for story in yaml.safe_load(path.read_text("utf-8"))["stories"]
    ]
    assert len(names) == len(set(names))
