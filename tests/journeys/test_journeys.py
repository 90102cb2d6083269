"""Scripted journeys (scripts/*.yaml) over the real chat API. scripts/README.md says what a script may hold."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.journeys.chat import Answer, Resident
from tests.journeys.promises import check_answer, check_problem, check_urgency, questions
from tests.stack import RunningStack

# The first of them starts the stack, and trains the language model if there is none of the present sources.
pytestmark = pytest.mark.timeout(600)

SCRIPTS = Path(__file__).parent / "scripts"
STEP_KEYS = {"say", "press", "until", "pad_to", "anew", "expect"}
EXPECT_KEYS = {
    "needs", "first_need", "needs_have", "needs_lack", "ward", "cards_min", "cards_max", "text_has",
    "text_lacks", "risk", "urgent", "buttons_have", "status", "language",
}  # fmt: skip
FEWEST_JOURNEYS = 40
# More presses than the directory has services for any need.
MOST_PRESSES = 60


def read_journeys() -> list[dict[str, Any]]:
    """Return every journey of every script."""
    return [
        journey
        for path in sorted(SCRIPTS.glob("*.yaml"))
        for journey in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


JOURNEYS = read_journeys()


def test_every_journey_is_well_formed():
    names = [journey["name"] for journey in JOURNEYS]
    assert len(names) == len(set(names)) >= FEWEST_JOURNEYS
    for journey in JOURNEYS:
        assert set(journey) == {"name", "steps"}
        for step in journey["steps"]:
            assert set(step) <= STEP_KEYS, f"{journey['name']}: {step}"
            assert ("say" in step) != ("press" in step), f"{journey['name']}: {step}"
            assert set(step.get("expect", {})) <= EXPECT_KEYS, f"{journey['name']}: {step}"


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey["name"])
def test_journey(stack: RunningStack, journey: dict[str, Any]):
    with Resident(stack.bot_url) as resident:
        welcome = {key: resident.welcome.body[key] for key in ("messages", "understood")}
        check_answer(Answer(200, welcome), "")
        play(resident, journey["steps"])


def play(resident: Resident, steps: list[dict[str, Any]]) -> None:
    """Take the steps one after another, and check each answer."""
    asked: set[str] = set()
    needs: list[str] = []
    for step in steps:
        answer = take(resident, step)
        expect = step.get("expect", {})
        if "status" in expect:
            check_problem(answer, expect["status"])
            continue
        check_answer(answer, words_of(step))
        check_urgency(needs, answer)
        if step.get("anew"):
            asked.clear()
        again = asked & set(questions(answer))
        # A resident who presses a button gets what it shows, as often as they like.
        assert not again or "press" in step, f"asked again: {again}"
        asked |= set(questions(answer))
        needs = answer.needs
        check_expected(answer, expect)


def take(resident: Resident, step: dict[str, Any]) -> Answer:
    """Say or press what the step says; with `until`, press again until that is said."""
    if "say" in step:
        return resident.say(words_of(step))
    answer = resident.press(step["press"])
    for _ in range(MOST_PRESSES):
        if step.get("until", "") in answer.text:
            return answer
        check_answer(answer, "")
        answer = resident.press(step["press"])
    raise AssertionError(f"never said: {step['until']}")


def words_of(step: dict[str, Any]) -> str:
    """Return what the step says; `pad_to` repeats it until it has exactly so many characters."""
    said = str(step.get("say", ""))
    length = step.get("pad_to", len(said))
    return (said * (length // max(len(said), 1) + 1))[:length]


def check_expected(answer: Answer, expect: dict[str, Any]) -> None:
    """Check what this step of the script expects."""
    check_needs(answer, expect)
    if "ward" in expect:
        assert answer.ward == expect["ward"]
    assert len(answer.cards) >= expect.get("cards_min", 0), f"{len(answer.cards)} cards"
    assert len(answer.cards) <= expect.get("cards_max", 3), f"{len(answer.cards)} cards"
    text = answer.text.lower()
    missing = [part for part in expect.get("text_has", []) if part.lower() not in text]
    assert not missing, f"not said: {missing}"
    unwanted = [part for part in expect.get("text_lacks", []) if part.lower() in text]
    assert not unwanted, f"said: {unwanted}"
    if "risk" in expect:
        assert answer.understood["risk"] == expect["risk"]
    if "language" in expect:
        assert answer.understood["language"] == expect["language"]
    if "urgent" in expect:
        assert answer.urgent is expect["urgent"]
    for title in expect.get("buttons_have", []):
        assert any(offered.startswith(title) for offered in answer.titles), (
            f"{title!r} not in {answer.titles}"
        )


def check_needs(answer: Answer, expect: dict[str, Any]) -> None:
    """Check which needs were understood."""
    if "needs" in expect:
        assert answer.needs == expect["needs"]
    if "first_need" in expect:
        assert answer.needs[:1] == [expect["first_need"]]
    assert set(expect.get("needs_have", [])) <= set(answer.needs)
    assert not set(answer.needs) & set(expect.get("needs_lack", []))
