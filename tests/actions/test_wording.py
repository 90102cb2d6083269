import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from string import Formatter

import pytest
import yaml

from actions.needs import NEEDS, TOPICS
from actions.wording import UnknownPhrase, joined, need_button, need_name, phrase, phrases
from tests.actions.factories import DOMAIN
from tests.house.repository import ROOT

RULES_OF_CONVERSATION = ROOT / "data/conversation/rules.yml"
# Keys that are put together from a code.
BY_CODE = {f"say_need_{code.replace('.', '_')}_{kind}" for code in NEEDS for kind in ("name", "button")}
BY_CODE |= {f"say_topic_{topic}_{kind}" for topic in TOPICS for kind in ("button", "question")}
PIECE = re.compile(r"say_[a-z0-9_]+\Z")


def action_trees() -> Iterator[ast.Module]:
    for path in sorted((ROOT / "actions").glob("*.py")):
        yield ast.parse(path.read_text("utf-8"))


def keys_in_code() -> set[str]:
    """Return every whole string in actions/ that is a key of a phrase."""
    return {
        node.value
        for tree in action_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PIECE.match(node.value)
    } - {"say_need_", "say_topic_", "say_to_"}


def calls_with_a_key() -> Iterator[tuple[str, set[str]]]:
    """Yield (key, names of the gaps that are filled) of each call of `phrase` or `button` with a fixed key."""
    for tree in action_trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"phrase", "button"}:
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    yield str(key.value), {str(keyword.arg) for keyword in node.keywords}


def intents_with_fixed_answers() -> set[str]:
    """Return the intents that rules answer with `action_say`."""
    steps = [rule["steps"] for rule in yaml.safe_load(RULES_OF_CONVERSATION.read_text("utf-8"))["rules"]]
    return {
        step["intent"]
        for rule in steps
        for step, following in pairwise(rule)
        if following == {"action": "action_say"}
    }


def gaps_of(key: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrases()[key]) if name is not None}


def response_buttons() -> Iterator[tuple[str, str]]:
    """Yield (response key, payload) of every button in data/*/responses.yml."""
    for path in sorted((ROOT / "data").glob("*/responses.yml")):
        for key, variations in yaml.safe_load(path.read_text("utf-8"))["responses"].items():
            for variation in variations:
                yield from ((key, button["payload"]) for button in variation.get("buttons", []))


@pytest.mark.parametrize("code", NEEDS)
def test_every_need_has_a_name_and_a_button(code):
    assert need_name(code).strip()
    assert need_button(code).strip()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_a_button_and_a_question(topic):
    assert phrase(f"say_topic_{topic}_button").strip()
    assert phrase(f"say_topic_{topic}_question").strip()


def test_no_two_needs_have_the_same_words():
    assert len({need_name(code) for code in NEEDS}) == len(NEEDS)
    assert len({need_button(code) for code in NEEDS}) == len(NEEDS)


def test_every_phrase_in_the_code_exists():
    assert keys_in_code() - set(phrases()) == set()


def test_every_phrase_is_said_somewhere():
    said_to = {f"say_to_{intent}" for intent in intents_with_fixed_answers()}
    assert set(phrases()) - keys_in_code() - BY_CODE - said_to == set()


def test_every_intent_with_a_fixed_answer_has_its_words():
    assert {f"say_to_{intent}" for intent in intents_with_fixed_answers()} == {
        key for key in phrases() if key.startswith("say_to_")
    }


def test_every_gap_of_a_phrase_is_filled_and_nothing_else():
    wrong = {key: gaps_of(key) for key, filled in calls_with_a_key() if gaps_of(key) != filled}
    assert wrong == {}


def test_every_button_stands_for_something_that_is_understood():
    unknown = [
        (key, payload)
        for key, payload in response_buttons()
        if payload.lstrip("/").partition("{")[0] not in DOMAIN["intents"]
    ]
    assert unknown == []


def test_a_key_that_is_nowhere_is_said_to_be_unknown():
    with pytest.raises(UnknownPhrase):
        phrase("say_nothing_of_the_kind")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_names_are_joined_as_in_a_sentence(names, sentence):
    assert joined(names) == sentence
