"""What several workers promise together: a conversation goes on anywhere, and is forgotten everywhere."""

import asyncio
import signal
import sys
from pathlib import Path

import psycopg2
import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.utils.endpoints import read_endpoint_config

from engine.shared_tracker_store import SharedTrackerStore
from engine.tracker_store import FORGET_ACTION

sys.path.insert(0, str(Path(__file__).parent))
from servers import running

HOUR = 3600
DOMAIN = Domain.load("domain.yml")


class Clock:
    def __init__(self):
        self.seconds = 1_000_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def postgresql():
    with running("postgresql") as server:
        yield server


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def workers(postgresql, clock):
    """Two workers' stores on one empty database."""
    with psycopg2.connect(postgresql.url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS conversation, epoch")
    connection.close()
    return [SharedTrackerStore(DOMAIN, database=postgresql.url, now=clock) for _ in range(2)]


def run(coroutine):
    return asyncio.run(coroutine)


def say(store, sender, text="hello", *events):
    async def turn():
        tracker = await store.get_or_create_tracker(sender)
        tracker.update(UserUttered(text, {"name": "greet"}), DOMAIN)
        for event in events:
            tracker.update(event, DOMAIN)
        tracker.update(ActionExecuted("action_listen"), DOMAIN)
        await store.save(tracker)

    run(turn())


def words(store, sender):
    tracker = run(store.retrieve(sender))
    return tracker and [event.text for event in tracker.events if isinstance(event, UserUttered)]


def rows(postgresql):
    with psycopg2.connect(postgresql.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT sender_id, events FROM conversation ORDER BY 1")
        found = cursor.fetchall()
    connection.close()
    return found


def test_the_hours_that_the_city_sets_are_those_of_every_worker(workers, postgresql, clock, monkeypatch):
    monkeypatch.setenv("CONVERSATION_HOURS", "2")
    monkeypatch.setenv("CONVERSATIONS_URL", postgresql.url)
    for neighbour in ("ACTIONS_URL", "REDIS_URL"):
        monkeypatch.setenv(neighbour, "http://127.0.0.1:1")
    settings = read_endpoint_config("deploy/endpoints.yml", "tracker_store").kwargs
    store = SharedTrackerStore(DOMAIN, now=clock, **settings)
    say(store, "web-1")
    clock.seconds += 2 * HOUR - 1
    assert words(store, "web-1") == ["hello"]
    clock.seconds += 2
    assert words(store, "web-1") is None


def test_another_worker_goes_on_with_a_conversation(workers):
    one, two = workers
    say(one, "web-1", "no food", SlotSet("needs", ["food.parcel"]), ActiveLoop("place_form"))
    say(two, "web-1", "Harehills")
    assert words(one, "web-1") == ["no food", "Harehills"]
    assert run(two.retrieve("web-1")).get_slot("needs") == ["food.parcel"]
    assert run(two.retrieve("web-1")).active_loop_name == "place_form"


def test_a_worker_that_was_stopped_does_not_undo_what_another_has_done(workers):
    one, two = workers
    say(one, "web-1", "no food")

    async def late():
        tracker = await one.get_or_create_tracker("web-1")
        # Here the first worker is stopped for a while, and the second one goes on.
        await asyncio.get_running_loop().run_in_executor(None, say, two, "web-1", "Harehills")
        tracker.update(UserUttered("too late", {"name": "greet"}), DOMAIN)
        await one.save(tracker)

    run(late())
    assert words(one, "web-1") == words(two, "web-1") == ["no food", "Harehills"]


def test_what_one_worker_forgets_is_forgotten_by_all(workers, postgresql):
    one, two = workers
    say(one, "web-1", "a very particular sentence")
    say(two, "web-1", "and more")
    say(one, "web-1", "forget me", ActionExecuted(FORGET_ACTION))
    assert words(two, "web-1") is None
    assert rows(postgresql) == []


def test_conversations_are_forgotten_everywhere_24_hours_after_their_last_message(workers, postgresql, clock):
    one, two = workers
    say(one, "web-1")
    clock.seconds += 23 * HOUR
    assert words(two, "web-1") == ["hello"]
    clock.seconds += HOUR + 1
    assert words(one, "web-1") is None
    assert words(two, "web-1") is None
    # A worker that starts clears what a dead one left.
    SharedTrackerStore(DOMAIN, database=postgresql.url, now=clock)
    assert rows(postgresql) == []


def test_a_clock_that_jumps_back_loses_no_conversation(workers, clock):
    one, two = workers
    say(one, "web-1", "no food")
    clock.seconds -= 48 * HOUR
    say(two, "web-1", "Harehills")
    assert words(one, "web-1") == ["no food", "Harehills"]


def test_what_a_clock_that_ran_ahead_wrote_is_forgotten_24_hours_after_it_is_put_right(
    workers, postgresql, clock
):
    one, two = workers
    clock.seconds += 48 * HOUR
    say(one, "web-1")
    clock.seconds -= 48 * HOUR
    say(two, "web-2")
    for worker in workers:
        worker._shared.forget_older(clock.seconds - 24 * HOUR, clock.seconds)
    assert words(one, "web-1") == ["hello"]
    clock.seconds += 24 * HOUR + 1
    assert [words(worker, name) for worker in workers for name in ("web-1", "web-2")] == [None] * 4
    SharedTrackerStore(DOMAIN, database=postgresql.url, now=clock)
    assert rows(postgresql) == []


def test_points_on_the_map_are_in_memory_only(workers, postgresql):
    one, two = workers
    place = {"name": "LS9 6", "ward_code": "E05011394", "lat": 53.81, "lon": -1.5}
    say(one, "web-1", "at [place:E05011394:53.81:-1.50]", SlotSet("place", place))
    assert "53.81" not in rows(postgresql)[0][1]
    assert run(one.retrieve("web-1")).get_slot("place") == place
    assert run(two.retrieve("web-1")).get_slot("place") == {**place, "lat": None, "lon": None}


def test_a_stopped_database_costs_a_moment_and_no_conversation(workers, postgresql):
    one, two = workers
    say(one, "web-1", "no food")
    with postgresql.paused():
        say(one, "web-1", "Harehills")
        assert words(one, "web-1") == ["no food", "Harehills"]
    for store in workers:
        store._shared._rest_until = 0
    say(one, "web-1", "thanks")
    assert words(two, "web-1") == ["no food", "Harehills", "thanks"]


def test_a_crash_of_the_database_loses_no_conversation_of_a_living_worker(workers, postgresql):
    one, two = workers
    say(one, "web-1", "no food")
    say(one, "web-2", "no heating")
    postgresql.kill()
    postgresql.start()
    assert words(one, "web-1") == ["no food"]
    assert words(one, "web-2") == ["no heating"]
    say(one, "web-1", "Harehills")
    assert words(two, "web-1") == ["no food", "Harehills"]


def test_what_is_forgotten_while_the_database_is_away_is_forgotten_when_it_is_back(workers, postgresql):
    one, two = workers
    say(one, "web-1", "a very particular sentence")
    postgresql.process.send_signal(signal.SIGINT)
    postgresql.process.wait()
    say(one, "web-1", "forget me", ActionExecuted(FORGET_ACTION))
    postgresql.start()
    for store in workers:
        store._shared._rest_until = 0
    run(one._sweep_shared())
    assert words(two, "web-1") is None


def test_what_a_worker_that_is_gone_kept_goes_on_time_although_nobody_writes(
    workers, postgresql, clock, monkeypatch
):
    say(workers[0], "web-1", "a very particular sentence")
    monkeypatch.setattr("engine.tracker_store.SWEEP_SECONDS", 0.01)

    def kept():
        with psycopg2.connect(postgresql.url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM conversation")
            (rows,) = cursor.fetchone()
        connection.close()
        return rows

    async def stay_idle():
        SharedTrackerStore(DOMAIN, database=postgresql.url, now=clock)
        assert kept() == 1
        clock.seconds += 25 * HOUR
        while kept():
            await asyncio.sleep(0.01)

    run(asyncio.wait_for(stay_idle(), 20))
