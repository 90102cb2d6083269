import pytest

from actions.conversation import CITYWIDE, Conversation
from actions.directory_client import DirectoryUnavailable
from actions.places import resolve_place, settle_place
from tests.actions.factories import ARMLEY, FOUND, NOT_FOUND

TOKEN = "[place:E05011385:53.81:-1.50]"


def test_a_token_is_the_ward_with_the_rounded_point(directory):
    directory.usual["/api/places"] = (200, FOUND)
    answer = resolve_place(f"im at {TOKEN} ta")
    assert answer.status == "found"
    assert answer.place == ARMLEY | {"lat": 53.81, "lon": -1.5}
    # The ward is asked for by its code, which belongs to thousands.
    assert directory.asked[0].query == {"q": ["E05011385"]}


@pytest.mark.parametrize(("reason", "status"), [("outside", "outside_leeds"), ("unknown", "not_found")])
def test_a_token_without_a_ward_says_why_and_asks_nobody(directory, reason, status):
    assert resolve_place(f"[place:{reason}]").status == status
    assert directory.asked == []


@pytest.mark.parametrize(
    "forged", ["[place:]", "[place:E05:1:2]", "[place:E05011385]", "[place:outside:1.0]"]
)
def test_what_only_looks_like_a_token_is_words(directory, forged):
    directory.usual["/api/places"] = (200, NOT_FOUND)
    assert resolve_place(forged).status == "not_found"
    assert directory.asked[0].query == {"q": [forged]}


def test_a_ward_that_the_directory_does_not_know_is_no_place(directory):
    directory.usual["/api/places"] = (200, NOT_FOUND)
    assert resolve_place(TOKEN).status == "not_found"


@pytest.mark.parametrize("said", ["Leeds", " anywhere ", "anywhere in Leeds"])
def test_the_whole_city_is_a_place_and_needs_no_question(directory, said):
    assert resolve_place(said).place == CITYWIDE
    assert directory.asked == []


def test_a_place_said_during_an_outage_is_looked_up_afterwards(directory):
    conversation = Conversation("web-1", place={"said": "Armley"})
    directory.answers = [(500, {})]
    with pytest.raises(DirectoryUnavailable):
        settle_place(conversation)
    assert conversation.place == {"said": "Armley"}
    directory.usual["/api/places"] = (200, FOUND)
    settle_place(conversation)
    assert conversation.place == ARMLEY


def test_a_place_that_is_settled_is_not_looked_up_again(directory):
    for place in (ARMLEY, CITYWIDE, None):
        settle_place(Conversation("web-1", place=place))
    assert directory.asked == []
