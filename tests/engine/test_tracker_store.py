"""What the tracker store promises: conversations stay short, and are forgotten on time and on request."""

import asyncio

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.utils.endpoints import read_endpoint_config

from engine.tracker_store import FORGET_ACTION, KEPT_TURNS, MAX_TURNS, ForgettingTrackerStore

HOUR = 3600
DOMAIN = Domain.load("domain.yml")


class Clock:
    def __init__(self):
        self.seconds = 1_000_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return ForgettingTrackerStore(DOMAIN, now=clock, max_conversations=100)


def run(coroutine):
    return asyncio.run(coroutine)


def say(store, sender, text="hello", *events):
    tracker = run(store.get_or_create_tracker(sender))
    tracker.update(UserUttered(text, {"name": "greet"}), DOMAIN)
    for event in events:
        tracker.update(event, DOMAIN)
    tracker.update(ActionExecuted("action_listen"), DOMAIN)
    run(store.save(tracker))


def turns(tracker):
    return [event for event in tracker.events if isinstance(event, UserUttered)]


def test_a_conversation_is_there_for_the_next_message(store):
    say(store, "web-1", "no food", SlotSet("needs", ["food.parcel"]))
    assert run(store.retrieve("web-1")).get_slot("needs") == ["food.parcel"]


def test_a_conversation_is_forgotten_24_hours_after_its_last_message(store, clock):
    say(store, "web-1")
    clock.seconds += 23 * HOUR
    say(store, "web-1")
    clock.seconds += 23 * HOUR
    assert run(store.retrieve("web-1")) is not None
    clock.seconds += HOUR + 1
    assert run(store.retrieve("web-1")) is None
    assert list(run(store.keys())) == []


def test_what_a_clock_that_ran_ahead_wrote_keeps_nothing_behind_it(clock, tmp_path):
    store = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    clock.seconds += 48 * HOUR
    say(store, "web-1")
    clock.seconds -= 48 * HOUR
    say(store, "web-2")
    assert run(store.retrieve("web-1")) is not None
    store._kept.forget_older(clock.seconds - 24 * HOUR, clock.seconds)
    clock.seconds += 24 * HOUR + 1
    assert [run(store.retrieve(name)) for name in ("web-1", "web-2")] == [None, None]
    later = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    assert [run(later.retrieve(name)) for name in ("web-1", "web-2")] == [None, None]


@pytest.mark.parametrize(("said", "hours"), [("2", 2), ("0.5", 0.5), ("", 24)])
def test_the_hours_that_the_city_sets_are_those_of_rasa(clock, tmp_path, monkeypatch, said, hours):
    # Rasa fills in the variables of the file, so that a number comes as text.
    monkeypatch.setenv("CONVERSATION_HOURS", said)
    monkeypatch.setenv("SIGNPOST_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("ACTIONS_URL", "http://127.0.0.1:1/webhook")
    settings = read_endpoint_config("endpoints.yml", "tracker_store").kwargs
    store = ForgettingTrackerStore(DOMAIN, now=clock, **settings)
    say(store, "web-1")
    clock.seconds += hours * HOUR - 1
    assert run(store.retrieve("web-1")) is not None
    clock.seconds += 2
    assert run(store.retrieve("web-1")) is None


def test_a_conversation_that_asks_to_be_forgotten_is_gone_at_once(store):
    say(store, "web-1", "my secret")
    say(store, "web-2")
    say(store, "web-1", "forget me", ActionExecuted(FORGET_ACTION))
    assert run(store.retrieve("web-1")) is None
    assert list(run(store.keys())) == ["web-2"]


def test_the_conversations_idle_longest_make_room_when_there_are_too_many(store, clock):
    for number in range(101):
        clock.seconds += 1
        say(store, f"web-{number}")
    assert run(store.retrieve("web-0")) is None
    assert len(list(run(store.keys()))) == 100


def test_a_long_conversation_keeps_what_it_knows_and_only_its_last_turns(store):
    say(store, "web-1", "no food", SlotSet("needs", ["food.parcel"]), SlotSet("place_asked", 1))
    say(store, "web-1", "where", ActiveLoop("place_form"), SlotSet("requested_slot", "place"))
    for number in range(40):
        say(store, "web-1", f"message {number}")
    tracker = run(store.retrieve("web-1"))
    assert KEPT_TURNS <= len(turns(tracker)) <= MAX_TURNS
    assert turns(tracker)[-1].text == "message 39"
    assert tracker.get_slot("needs") == ["food.parcel"]
    assert tracker.get_slot("place_asked") == 1
    assert tracker.active_loop_name == "place_form"
    assert tracker.get_slot("requested_slot") == "place"
    assert tracker.latest_action_name == "action_listen"


def test_a_restart_of_rasa_loses_no_conversation(clock, tmp_path):
    before = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    say(before, "web-1", "no food", SlotSet("needs", ["food.parcel"]), ActiveLoop("place_form"))
    after = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    tracker = run(after.retrieve("web-1"))
    assert tracker.get_slot("needs") == ["food.parcel"]
    assert tracker.active_loop_name == "place_form"
    assert turns(tracker)[-1].text == "no food"


@pytest.mark.parametrize("how", ["asked", "time"])
def test_what_is_forgotten_is_in_no_file(clock, tmp_path, how):
    store = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    say(store, "web-1", "a very particular sentence")
    assert b"very particular" in (tmp_path / "conversations.db").read_bytes()
    if how == "asked":
        say(store, "web-1", "forget me", ActionExecuted(FORGET_ACTION))
    else:
        clock.seconds += 25 * HOUR
        run(swept(store))
    assert all(b"very particular" not in file.read_bytes() for file in tmp_path.iterdir())
    assert run(ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path)).retrieve("web-1")) is None


async def swept(store):
    store._sweep()


def test_what_an_earlier_process_kept_goes_on_time_although_nobody_writes(clock, tmp_path, monkeypatch):
    say(
        ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path)), "web-1", "a very particular sentence"
    )
    monkeypatch.setattr("engine.tracker_store.SWEEP_SECONDS", 0.01)

    async def stay_idle():
        ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
        clock.seconds += 25 * HOUR
        while b"very particular" in (tmp_path / "conversations.db").read_bytes():
            await asyncio.sleep(0.01)

    run(asyncio.wait_for(stay_idle(), 20))


def test_the_file_is_for_nobody_else(clock, tmp_path):
    ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    assert (tmp_path / "conversations.db").stat().st_mode & 0o077 == 0


def test_points_on_the_map_are_in_memory_only(clock, tmp_path):
    store = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    place = {"name": "LS9 6", "ward_code": "E05011394", "lat": 53.81, "lon": -1.5}
    say(store, "web-1", "at [place:E05011394:53.81:-1.50]", SlotSet("place", place))
    assert run(store.retrieve("web-1")).get_slot("place") == place
    assert b"53.81" not in (tmp_path / "conversations.db").read_bytes()
    after = ForgettingTrackerStore(DOMAIN, now=clock, folder=str(tmp_path))
    assert run(after.retrieve("web-1")).get_slot("place") == {**place, "lat": None, "lon": None}
