"""Promises of single actions, with a stand-in for the directory and no Rasa."""

import pytest

from actions.action_did_you_mean import ActionDidYouMean
from actions.action_find_help import ActionFindHelp
from actions.action_forget_me import ActionForgetMe
from actions.action_see_more import ActionSeeMore
from actions.action_set_place import ActionSetPlace
from actions.action_start_again import ActionStartAgain
from actions.action_talk_to_person import ActionTalkToPerson
from actions.validate_place_form import ValidatePlaceForm
from tests.actions.factories import (
    ARMLEY,
    FOUND,
    HAREHILLS,
    NOT_FOUND,
    make_search,
    make_tracker,
    run,
    slots_set,
    texts_of,
    understood_of,
)

COUNCIL = "0113 376 0330"


@pytest.fixture(autouse=True)
def usual(directory):
    directory.usual |= {
        "/api/places": (200, FOUND),
        "/api/services/search": (200, make_search(["a", "b", "c"])),
        "/api/guidance": (200, {"guidance": [{"text": "Ask your school."}]}),
        "/api/enquiries": (204, None),
    }
    return directory


def searches(directory):
    return [asked.query for asked in directory.asked if asked.path == "/api/services/search"]


def test_a_need_and_a_place_in_one_message_are_answered_at_once(directory):
    tracker = make_tracker("food.parcel", needs=["food.parcel"], place="Armley")
    messages, events = run(ActionFindHelp(), tracker)
    cards = [card for message in messages for card in message["custom"].get("services", [])]
    assert [card["id"] for card in cards] == ["a", "b", "c"]
    assert understood_of(messages)["needs"] == ["food.parcel"]
    assert understood_of(messages)["place"] == {
        "ward_code": "E05011385",
        "ward": "Armley",
        "committee": "Inner West",
    }
    assert slots_set(events)["services_shown"] == {"food.parcel": ["a", "b", "c"]}


def test_guidance_about_a_scheme_leads_to_its_page(directory):
    page = "http://127.0.0.1:8080/guidance/healthy-start"
    directory.usual["/api/guidance"] = (200, {"guidance": [{"text": "Milk and fruit.", "url": page}]})
    tracker = make_tracker("food.parcel", needs=["food.parcel"], place="Armley")
    messages, _ = run(ActionFindHelp(), tracker)
    (said,) = [message for message in messages if message["text"] == "Milk and fruit."]
    assert said["custom"] == {"more": page}
    directory.usual["/api/guidance"] = (200, {"guidance": [{"text": "Ask your school.", "url": None}]})
    messages, _ = run(ActionFindHelp(), tracker)
    assert not any("more" in message["custom"] for message in messages)


def test_a_time_that_was_said_with_open_is_asked_about_and_said(directory):
    sunday = make_search(["a"], "closed_now") | {"about": "Opening times for Sunday 8 November, 10am"}
    directory.usual["/api/services/search"] = (200, sunday)
    text = "is there a food bank open on sunday morning near Armley, my name is Eve"
    tracker = make_tracker("food.parcel", text=text, needs=["food.parcel"], place="Armley")
    messages, events = run(ActionFindHelp(), tracker)
    assert searches(directory)[0]["when"] == ["open on sunday morning"]
    assert "Opening times for Sunday 8 November, 10am." in texts_of(messages)
    assert "right now" not in texts_of(messages)
    assert "when" not in slots_set(events)


def test_a_time_in_a_story_is_not_asked_about(directory):
    for text in ("nothing to eat since sunday", "I get paid on friday", "bailiffs open my door"):
        run(ActionFindHelp(), make_tracker("food.parcel", text=text, needs=["food.parcel"], place="Armley"))
    assert not any("when" in asked for asked in searches(directory))


def test_a_time_holds_for_the_need_it_was_said_with_and_no_further(directory):
    def spoken(text, *needs):
        entities = [{"entity": "need", "value": code} for code in needs]
        return {"event": "user", "text": text, "parse_data": {"intent": {"name": "x"}, "entities": entities}}

    slots = {
        "needs": ["food.parcel"],
        "need_now": "food.parcel",
        "needs_shown": ["food.parcel"],
        "place": ARMLEY,
    }
    tracker = make_tracker("see_more", slots=slots)
    tracker.events = [
        spoken("food open at the weekend", "food.parcel"),
        spoken("Armley"),
        spoken("/see_more"),
    ]
    run(ActionSeeMore(), tracker)
    tracker.events = [
        spoken("food open at the weekend", "food.parcel"),
        spoken("and a cot", "essentials.baby"),
    ]
    run(ActionSeeMore(), tracker)
    assert [asked.get("when") for asked in searches(directory)] == [["open at the weekend"], None]


def test_a_need_without_a_place_opens_the_form():
    messages, events = run(ActionFindHelp(), make_tracker("food.parcel", needs=["food.parcel"]))
    assert [event["name"] for event in events if event["event"] == "followup"] == ["place_form"]
    assert understood_of(messages) == {"needs": ["food.parcel"], "place": None, "language": "en"}


def test_a_need_while_the_place_is_asked_for_leaves_the_form_to_ask_again():
    tracker = make_tracker("food.parcel", needs=["food.parcel"], loop="place_form")
    _, events = run(ActionFindHelp(), tracker)
    assert [event for event in events if event["event"] == "followup"] == []


def test_more_leaves_out_what_was_shown(directory):
    slots = {
        "needs": ["food.parcel"],
        "need_now": "food.parcel",
        "needs_shown": ["food.parcel"],
        "services_shown": {"food.parcel": ["a", "b"]},
        "place": ARMLEY,
    }
    run(ActionSeeMore(), make_tracker("see_more", slots=slots))
    assert searches(directory)[0]["exclude"] == ["a,b"]


def test_without_the_directory_there_are_numbers_and_the_need_stays_open(directory):
    directory.usual["/api/services/search"] = (500, {})
    slots = {"needs": ["food.parcel"], "place": ARMLEY}
    messages, events = run(ActionFindHelp(), make_tracker("food.parcel", needs=["food.parcel"], slots=slots))
    assert COUNCIL in texts_of(messages)
    assert understood_of(messages)["needs"] == ["food.parcel"]
    assert "needs_shown" not in slots_set(events)


def test_another_try_after_an_outage_repeats_what_was_asked(directory):
    directory.usual["/api/services/search"] = (500, {})
    slots = {
        "needs": ["food.parcel", "fuel.meter"],
        "need_now": "food.parcel",
        "needs_shown": ["food.parcel"],
        "services_shown": {"food.parcel": ["a"]},
        "place": ARMLEY,
    }
    messages, _ = run(ActionSeeMore(), make_tracker("see_more", slots=slots))
    assert messages[0]["buttons"][0]["payload"] == "/see_more"


def test_a_place_said_during_an_outage_is_kept(directory):
    directory.usual["/api/places"] = (500, {})
    slots = {"needs": ["food.parcel"], "requested_slot": "place", "place_asked": 1}
    tracker = make_tracker("inform_place", place="Armley", slots=slots, loop="place_form")
    _, events = run(ValidatePlaceForm(), tracker)
    assert slots_set(events)["place"] == {"said": "Armley"}


@pytest.mark.parametrize("intent", ["thanks", "help", "what_do_you_keep", "start_again", "food.parcel"])
def test_what_is_no_place_does_not_fill_the_form(intent):
    slots = {"needs": ["food.parcel"], "requested_slot": "place", "place_asked": 1}
    _, events = run(ValidatePlaceForm(), make_tracker(intent, slots=slots, loop="place_form"))
    assert slots_set(events).get("place") is None


@pytest.mark.parametrize("intent", ["skip_place", "deny"])
def test_nobody_has_to_say_where_they_are(intent):
    slots = {"needs": ["food.parcel"], "requested_slot": "place", "place_asked": 1}
    _, events = run(ValidatePlaceForm(), make_tracker(intent, slots=slots, loop="place_form"))
    assert slots_set(events)["place"] == {"citywide": True}


def test_a_place_is_not_asked_for_for_ever(directory):
    directory.usual["/api/places"] = (200, NOT_FOUND)
    slots = {"needs": ["food.parcel"], "requested_slot": "place", "place_asked": 2}
    tracker = make_tracker("nlu_fallback", text="lkjh", slots=slots, loop="place_form")
    _, events = run(ValidatePlaceForm(), tracker)
    assert slots_set(events)["place"] == {"citywide": True}


def test_a_place_that_nobody_knows_is_not_the_end(directory):
    directory.usual["/api/places"] = (200, NOT_FOUND)
    slots = {
        "needs": ["food.parcel"],
        "need_now": "food.parcel",
        "needs_shown": ["food.parcel"],
        "place": ARMLEY,
    }
    messages, _ = run(ActionSetPlace(), make_tracker("inform_place", text="lkjlkj", slots=slots))
    assert any(message["buttons"] for message in messages)


def test_what_is_not_understood_is_asked_back_then_offered_then_given_numbers():
    ranking = ["nlu_fallback", "thanks", "food.parcel", "money.debt", "fuel.meter"]
    said, titles, slots = [], [], {}
    for _ in range(3):
        tracker = make_tracker("nlu_fallback", text="mumble", slots=slots, ranking=ranking)
        messages, events = run(ActionDidYouMean(), tracker)
        said.append(texts_of(messages))
        titles.append([button["title"] for button in messages[0]["buttons"]])
        slots |= slots_set(events)
    assert titles[0][:2] == ["Food for today", "Debt"]
    assert titles[1][0] == "Food"
    assert COUNCIL in said[2]
    assert len(set(said)) == 3


def test_nowhere_to_sleep_brings_that_number_first():
    slots = {"needs": ["housing.homeless"]}
    messages, _ = run(ActionTalkToPerson(), make_tracker("talk_to_person", slots=slots))
    assert texts_of(messages).index("0113 222 4412") < texts_of(messages).index(COUNCIL)


def test_a_fresh_start_forgets_needs_and_place_and_counts_what_was_left(directory):
    slots = {"needs": ["food.parcel"], "place": HAREHILLS, "needs_counted": ["fuel.meter"]}
    messages, events = run(ActionStartAgain(), make_tracker("start_again", slots=slots))
    assert understood_of(messages) == {"needs": [], "place": None, "language": "en"}
    assert slots_set(events)["needs_counted"] == ["fuel.meter", "food.parcel"]
    counted = directory.wait_for(1)[0].body
    assert (counted["need"], counted["outcome"]) == ("food.parcel", "abandoned")


def test_to_be_forgotten_is_told_to_the_door(directory):
    slots = {"needs": ["food.parcel"], "place": HAREHILLS}
    messages, events = run(ActionForgetMe(), make_tracker("forget_me", slots=slots))
    assert any(message["custom"].get("forget") for message in messages)
    assert "reset_slots" in [event["event"] for event in events]
    directory.wait_for(1)
