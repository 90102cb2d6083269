"""The clock of a whole city jumps while residents talk: `make faults` goes through it with the rest of docs/faults.md.

Every process of ours asks libfaketime for the time of day, which adds what stands in a file; PostgreSQL, Redis and the
proxy keep the right time, as if they ran on another machine. What measures how long something takes (CLOCK_MONOTONIC)
goes on as it is, as it does on a machine whose clock is set.
"""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import Crowd, FragileCity, Resident, bring_up, fragile_city, wait_for

pytestmark = pytest.mark.timeout(900)

HOW_TO_GET_IT = "These tests need libfaketime: install it (Debian and Ubuntu: 'apt-get install faketime')."
CLOCK = "clock"
DAY = 86_400


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FragileCity]:
    """Every process, with a clock of ours."""
    library = next(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.fail(HOW_TO_GET_IT, pytrace=False)
    clock = tmp_path_factory.mktemp("clock") / CLOCK
    clock.write_text("+0\n")
    settings = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with fragile_city(settings) as fragile:
        for name in ("postgresql", "redis"):
            # The library cannot be shared with the user that PostgreSQL turns into.
            fragile.city.commands[name] = f"unset LD_PRELOAD; {fragile.city.commands[name]}"
        bring_up(fragile)
        yield fragile


def jump(stack: FragileCity, seconds: int) -> None:
    """Put every clock so far from the right time, and wait until the directory's shows it."""
    Path(stack.city.environment["FAKETIME_TIMESTAMP_FILE"]).write_text(f"{seconds:+d}\n")
    wait_for(lambda: abs(find_offset(stack) - seconds) < 60)


def find_offset(stack: FragileCity) -> float:
    """By how many seconds the directory's clock is ahead."""
    answer = httpx.get(
        f"http://127.0.0.1:{stack.lines['directory'].port}/healthz", timeout=5, trust_env=False
    )
    return parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()


@pytest.mark.parametrize("seconds", [-2 * DAY, -3600, 3600, 2 * DAY])
def test_the_clock_jumps_and_comes_back_while_residents_talk(stack: FragileCity, seconds: int):
    resident = Resident(stack)
    resident.begin()
    # A clock that comes forward by more than a day ends conversations early, also when it only comes back to the right
    # time: better than late.
    with stack.counted():
        with Crowd(stack, may_end=abs(seconds) >= DAY) as crowd:
            jump(stack, seconds)
            # Also if the bot's clock jumps only now, and the conversation that has just begun is forgotten.
            answer = Resident(stack).post("i can smell gas")
            assert answer.status_code == 200 or abs(seconds) >= DAY
            assert answer.json()["messages"][0]["urgent"]
            time.sleep(5)
            if seconds >= DAY:
                with pytest.raises(AssertionError, match="There is no such conversation"):
                    resident.say("Harehills")
            jump(stack, 0)
            time.sleep(5)
        stack.answers_again()
        assert crowd.worst < 10
        if abs(seconds) < DAY:
            assert resident.say("Harehills")["cards"]
