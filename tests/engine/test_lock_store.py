"""Of several workers one works on a conversation at a time; a death or an absence holds nobody up for long."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from rasa.utils.endpoints import EndpointConfig

from engine.lock_store import LIFETIME_SECONDS, ConversationLocks

sys.path.insert(0, str(Path(__file__).parent))
from servers import running


@pytest.fixture(scope="module")
def redis():
    with running("redis") as server:
        yield server


def worker(redis):
    return ConversationLocks(EndpointConfig(redis.url))


async def hold(locks, order, name, seconds):
    async with locks.lock("web-1"):
        order.append(f"{name} in")
        await asyncio.sleep(seconds)
        order.append(f"{name} out")


def test_two_workers_take_turns(redis):
    async def both():
        order = []
        await asyncio.gather(hold(worker(redis), order, "one", 0.2), hold(worker(redis), order, "two", 0.2))
        return order

    order = asyncio.run(both())
    assert [said.split()[1] for said in order] == ["in", "out", "in", "out"]


def test_two_messages_in_one_worker_take_turns(redis):
    async def both():
        order, locks = [], worker(redis)
        await asyncio.gather(hold(locks, order, "one", 0.1), hold(locks, order, "two", 0.1))
        return order

    assert [said.split()[1] for said in asyncio.run(both())] == ["in", "out", "in", "out"]


def test_a_lock_that_is_held_long_is_renewed(redis):
    async def both():
        order = []
        await asyncio.gather(
            hold(worker(redis), order, "one", LIFETIME_SECONDS + 1), hold(worker(redis), order, "two", 0)
        )
        return order

    assert [said.split()[1] for said in asyncio.run(both())] == ["in", "out", "in", "out"]


def test_a_worker_that_died_with_a_lock_holds_nobody_up_for_longer_than_its_life(redis):
    async def after_a_death():
        assert await worker(redis)._take("signpost-lock:dead")
        began = time.monotonic()
        assert await worker(redis)._take("signpost-lock:dead")
        return time.monotonic() - began

    assert asyncio.run(after_a_death()) < LIFETIME_SECONDS + 1


def test_names_of_locks_are_no_keys_to_conversations(redis):
    async def names():
        locks = worker(redis)
        async with locks.lock("web-secret"):
            return await locks._redis.keys("*")

    assert all(b"web-secret" not in name for name in asyncio.run(names()))


def test_without_redis_messages_are_answered_all_the_same(redis):
    async def one_turn():
        order = []
        began = time.monotonic()
        await hold(worker(redis), order, "one", 0)
        return order, time.monotonic() - began

    with redis.paused():
        order, seconds = asyncio.run(one_turn())
    assert order == ["one in", "one out"]
    assert seconds < 2
