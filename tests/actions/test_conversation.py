from actions.conversation import Conversation, changes, needs_heard, place_heard, read_conversation
from tests.actions.factories import make_tracker


def test_needs_of_one_message_wait_in_order_of_urgency():
    conversation = Conversation("web-1")
    conversation.hear(["essentials.furniture", "fuel.meter", "food.parcel"])
    assert conversation.pending == ["food.parcel", "fuel.meter", "essentials.furniture"]


def test_a_need_that_was_shown_waits_no_longer():
    conversation = Conversation("web-1", needs=["food.parcel", "fuel.meter"], needs_shown=["food.parcel"])
    assert conversation.pending == ["fuel.meter"]


def test_what_is_said_later_keeps_what_was_said_before():
    conversation = Conversation("web-1")
    conversation.hear(["essentials.furniture"])
    conversation.hear(["money.debt"])
    assert set(conversation.pending) == {"essentials.furniture", "money.debt"}


def test_a_need_said_again_is_shown_again_from_its_first_service():
    conversation = Conversation(
        "web-1",
        needs=["food.parcel"],
        needs_shown=["food.parcel"],
        services_shown={"food.parcel": ["a", "b"]},
    )
    conversation.hear(["food.parcel"])
    assert conversation.pending == ["food.parcel"]
    assert conversation.services_shown == {}


def test_hearing_nothing_new_changes_nothing():
    conversation = Conversation("web-1", needs=["food.parcel", "money.debt"], needs_shown=["food.parcel"])
    conversation.hear([])
    assert conversation.needs == ["food.parcel", "money.debt"]
    assert conversation.pending == ["money.debt"]


def test_a_conversation_that_begins_is_empty():
    assert read_conversation(make_tracker("greet")) == Conversation("web-abc")


def test_only_slots_that_changed_are_stored():
    tracker = make_tracker("greet", slots={"needs": ["food.parcel"], "place_asked": 1})
    conversation = read_conversation(tracker)
    assert changes(conversation, tracker) == []
    conversation.hear(["fuel.meter"])
    assert [event["name"] for event in changes(conversation, tracker)] == ["needs"]


def test_reading_does_not_tie_the_conversation_to_the_tracker():
    slots = {"needs": ["food.parcel"], "services_shown": {"food.parcel": ["a"]}}
    tracker = make_tracker("greet", slots=slots)
    conversation = read_conversation(tracker)
    conversation.needs.append("fuel.meter")
    conversation.services_shown["food.parcel"].append("b")
    assert {event["name"] for event in changes(conversation, tracker)} == {"needs", "services_shown"}


def test_the_needs_of_a_message_are_its_entities():
    tracker = make_tracker("fuel.meter", needs=["fuel.meter", "food.parcel"])
    assert needs_heard(tracker) == ["fuel.meter", "food.parcel"]


def test_a_pressed_need_is_its_intent():
    assert needs_heard(make_tracker("food.pantry")) == ["food.pantry"]


def test_what_is_no_need_is_not_heard_as_one():
    assert needs_heard(make_tracker("thanks")) == []
    assert needs_heard(make_tracker("thanks", needs=["money.lottery"])) == []


def test_the_last_place_named_counts():
    tracker = make_tracker("inform_place", place="Armley")
    tracker.latest_message["entities"].append({"entity": "place", "value": "Harehills"})
    assert place_heard(tracker) == "Harehills"
    assert place_heard(make_tracker("thanks")) is None
