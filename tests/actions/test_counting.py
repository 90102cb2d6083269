import hashlib

import pytest

from actions.answers import count_need
from actions.conversation import CITYWIDE, Conversation
from actions.counting import count, enquiry
from tests.actions.factories import ARMLEY
from tests.actions.stand_in import directory_stand_in
from tests.stack import free_ports

FIELDS = {"need", "ward_code", "channel", "language", "outcome", "key"}


@pytest.fixture
def counter(directory):
    directory.usual["/api/enquiries"] = (204, None)
    return directory


def test_an_enquiry_says_what_where_and_how_and_never_who():
    counted = enquiry("web-Xy12", "food.parcel", ARMLEY, "en", "matched")
    key = hashlib.sha256(b"web-Xy12 food.parcel").hexdigest()
    assert counted == {
        "need": "food.parcel",
        "ward_code": "E05011385",
        "channel": "web",
        "language": "en",
        "outcome": "matched",
        "key": key,
    }


@pytest.mark.parametrize("place", [None, CITYWIDE, {"said": "Armley"}])
def test_an_enquiry_without_a_ward_is_counted_without_one(place):
    assert enquiry("web-1", "food.parcel", place, "en", "matched")["ward_code"] is None


@pytest.mark.parametrize(
    ("sender", "channel"), [("web-1", "web"), ("telegram-1", "telegram"), ("api-1", "api"), ("odd", "api")]
)
def test_the_channel_is_the_door_that_the_resident_came_by(sender, channel):
    assert enquiry(sender, "food.parcel", None, "en", "matched")["channel"] == channel


def test_the_same_need_of_two_conversations_has_two_keys():
    keys = {enquiry(sender, "food.parcel", None, "en", "matched")["key"] for sender in ("web-1", "web-2")}
    keys.add(enquiry("web-1", "fuel.meter", None, "en", "matched")["key"])
    assert len(keys) == 3


def test_an_enquiry_is_delivered(counter):
    counted = enquiry("web-1", "food.parcel", ARMLEY, "en", "matched")
    count(counted)
    assert [asked.body for asked in counter.wait_for(1)] == [counted]


def test_a_directory_that_refuses_at_first_gets_the_enquiry_in_the_end(counter):
    counter.answers = [(503, {})] * 3
    count({"need": "food.parcel", "key": "one"})
    asked = counter.wait_for(4)
    # Each time with the same key, so that it is counted once.
    assert [request.body["key"] for request in asked] == ["one"] * 4


def test_a_directory_that_is_away_gets_the_enquiries_in_their_order_when_it_is_back(monkeypatch):
    port = free_ports(1)[0]
    monkeypatch.setenv("DIRECTORY_URL", f"http://127.0.0.1:{port}")
    for key in ("one", "two", "three"):
        count({"need": "food.parcel", "key": key})
    with directory_stand_in(port) as directory:
        directory.usual["/api/enquiries"] = (204, None)
        assert [asked.body["key"] for asked in directory.wait_for(3)] == ["one", "two", "three"]


def test_an_enquiry_that_is_refused_for_good_does_not_hold_up_the_next(counter):
    counter.answers = [(422, {})]
    count({"need": "nonsense", "key": "one"})
    count({"need": "food.parcel", "key": "two"})
    assert [asked.body["key"] for asked in counter.wait_for(2)] == ["one", "two"]


def test_a_need_is_counted_once_in_a_conversation(counter):
    conversation = Conversation("web-1")
    for need in ("food.parcel", "food.parcel", "fuel.meter"):
        count_need(conversation, need, "matched")
    assert [asked.body["need"] for asked in counter.wait_for(2)] == ["food.parcel", "fuel.meter"]
    assert conversation.needs_counted == ["food.parcel", "fuel.meter"]
