"""A process dies in the middle of a conversation: words and numbers at once, and afterwards it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.chat import Answer, Resident
from tests.journeys.promises import check_answer
from tests.stack import RunningStack, running_stack

pytestmark = pytest.mark.timeout(600)

NO_FOOD = "we have no food at all today"
# A number that needs no computer: the council's welfare support is in every message of an outage.
COUNCIL = "0113 376 0330"


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own, because these tests kill parts of it. Each test leaves it whole."""
    with running_stack(tmp_path_factory.mktemp("outages")) as running:
        yield running


def check_useful(answer: Answer, said: str) -> None:
    """Check that an answer during an outage helps without a computer. The client's timeout is the deadline."""
    check_answer(answer, said)
    assert COUNCIL in answer.text
    assert not answer.cards
    assert answer.buttons, "nothing to press for another try"


def check_helped(answer: Answer) -> None:
    """Check that the conversation went on with the need and the place that were said."""
    check_answer(answer, "")
    assert answer.needs[:1] == ["food.parcel"]
    assert answer.ward == "Gipton & Harehills"
    assert answer.cards


@contextmanager
def outage(stack: RunningStack, name: str) -> Iterator[None]:
    """Kill a process, and start it again when the block is left."""
    stack.kill(name)
    try:
        yield
    finally:
        stack.restart(name)


@pytest.mark.parametrize("name", ["actions", "directory", "rasa"])
def test_a_death_while_the_place_is_asked_for(fragile: RunningStack, name: str):
    with Resident(fragile.bot_url) as resident:
        resident.say(NO_FOOD)
        with outage(fragile, name):
            check_useful(resident.say("Harehills"), "Harehills")
        check_helped(resident.press("Try again"))


@pytest.mark.parametrize("name", ["actions", "directory", "rasa"])
def test_a_death_after_services_were_shown(fragile: RunningStack, name: str):
    with Resident(fragile.bot_url) as resident:
        resident.say(NO_FOOD)
        first = resident.say("Harehills")
        with outage(fragile, name):
            check_useful(resident.press("Show me more"), "Show me more")
        more = resident.press("Try again")
        check_helped(more)
        assert {card["id"] for card in more.cards}.isdisjoint(card["id"] for card in first.cards)


# The first message needs no directory.
@pytest.mark.parametrize("name", ["actions", "rasa"])
def test_a_death_before_the_first_message(fragile: RunningStack, name: str):
    with Resident(fragile.bot_url) as resident:
        with outage(fragile, name):
            check_useful(resident.say(NO_FOOD), NO_FOOD)
        assert resident.press("Try again").needs[0] == "food.parcel"
        check_helped(resident.say("Harehills"))


@pytest.mark.parametrize("name", ["actions", "directory", "rasa"])
def test_trying_again_too_early_loses_nothing(fragile: RunningStack, name: str):
    with Resident(fragile.bot_url) as resident:
        resident.say(NO_FOOD)
        with outage(fragile, name):
            check_useful(resident.say("Harehills"), "Harehills")
            check_useful(resident.press("Try again"), "Try again")
        check_helped(resident.press("Try again"))


@pytest.mark.parametrize("name", ["actions", "directory", "rasa"])
def test_danger_is_answered_during_an_outage(fragile: RunningStack, name: str):
    with outage(fragile, name), Resident(fragile.bot_url) as resident:
        answer = resident.say("i am going to kill myself")
        assert answer.urgent
        assert answer.understood["risk"] == "suicide_self_harm"
        assert "999" in answer.texts[0]
