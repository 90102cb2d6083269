"""The rest of docs/faults.md, which takes minutes: `make faults` goes through it three times."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import COUNCIL, PLACE, RECOVERY_SECONDS, Crowd, FragileCity, Resident, wait_for
from tests.faults.doors import TelegramResident, TlsResident

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("name", ["actions", "directory", "postgresql", "redis", "worker", "rasa-1"])
def test_a_process_dies_while_residents_talk(stack: FragileCity, name: str):
    with Crowd(stack) as crowd:
        stack.kill(name)
        stack.answers_again()
    assert crowd.worst < 9


@pytest.mark.parametrize("name", ["actions", "directory", "postgresql", "redis", "worker", "rasa-1"])
def test_a_process_stands_still_while_residents_talk(stack: FragileCity, name: str):
    with Crowd(stack) as crowd, stack.paused(name):
        assert Resident(stack).say("i can smell gas")["messages"][0]["urgent"]
        time.sleep(5)
    stack.answers_again()
    assert crowd.worst < 10


@pytest.mark.parametrize(
    "name", ["records", "conversations", "redis", "actions", "directory", "rasa-1", "rasa-2"]
)
def test_a_connection_is_cut_while_residents_talk(stack: FragileCity, name: str):
    with Crowd(stack), stack.lines[name].cut():
        time.sleep(5)
    stack.answers_again()


@pytest.mark.parametrize(
    "names", ["records", "conversations", "redis", "actions", "directory", "rasa-1 rasa-2", "bot"]
)
def test_a_slow_connection_makes_answers_slower_and_no_worse(stack: FragileCity, names: str):
    with stack.counted(fewest=1):
        with ExitStack() as slow, Crowd(stack) as crowd:
            for name in names.split():
                slow.enter_context(stack.lines[name].slowed(0.3))
            assert Resident(stack).ask_for_food()
            time.sleep(5)
        # A search asks the records several times: of four residents at once some do not get theirs in time.
        assert crowd.numbers == 0 or names == "records"
        assert crowd.worst < 9


def test_the_bot_dies_and_whoever_comes_back_begins_anew(stack: FragileCity):
    resident = Resident(stack)
    resident.begin()
    stack.kill("bot")
    with pytest.raises(httpx.TransportError):
        resident.say("Harehills")
    stack.answers_again()
    assert Resident(stack).ask_for_food()


def test_the_bot_stands_still_and_answers_what_was_said_meanwhile(stack: FragileCity):
    resident = Resident(stack)
    resident.begin()
    with ThreadPoolExecutor(1) as pool, stack.paused("bot"):
        waiting = pool.submit(resident.say, "Harehills")
        time.sleep(5)
        assert not waiting.done()
    assert waiting.result()["cards"]
    assert resident.say("Show me more")["cards"]


def finds_food(resident: Resident) -> bool:
    try:
        return bool(resident.say(PLACE)["cards"])
    except httpx.TransportError:
        return False


def test_the_proxy_dies_and_conversations_go_on_when_it_is_back(stack: FragileCity):
    resident = TlsResident(stack)
    resident.begin()
    stack.kill("proxy")
    assert not finds_food(resident)
    stack.answers_again()
    wait_for(lambda: finds_food(resident), RECOVERY_SECONDS)


def test_the_proxy_stands_still_and_passes_on_what_was_said_meanwhile(stack: FragileCity):
    resident = TlsResident(stack)
    resident.begin()
    with ThreadPoolExecutor(1) as pool, stack.paused("proxy"):
        waiting = pool.submit(finds_food, resident)
        time.sleep(5)
        assert not waiting.done()
    assert waiting.result()


def count_cards(resident: TelegramResident, before: int) -> int:
    """How many cards for gas have come since, once the answer to something that is said now is there as well."""
    resident.wait_for_answer(before)
    resident.say("thank you")
    return resident.all_since(before).count("If you smell gas")


def test_what_is_written_on_telegram_while_its_room_is_dead_is_answered_once_when_it_is_back(
    stack: FragileCity,
):
    residents = [TelegramResident(stack) for _ in range(3)]
    for resident in residents:
        resident.say("we have no food at all today")
    before = [resident.heard() for resident in residents]
    stack.kill("telegram")
    for resident in residents:
        resident.write("i can smell gas")
    stack.answers_again()
    assert [count_cards(*each) for each in zip(residents, before, strict=True)] == [1, 1, 1]


@pytest.mark.parametrize("fault", ["cut", "slow", "room stands still"])
def test_what_is_written_while_telegram_is_out_of_reach_is_answered_once(stack: FragileCity, fault: str):
    resident = TelegramResident(stack)
    resident.say("we have no food at all today")
    line, before = stack.lines["telegram"], resident.heard()
    hurts = {
        "cut": line.cut,
        "slow": lambda: line.slowed(0.3),
        "room stands still": lambda: stack.paused("telegram"),
    }
    with hurts[fault]():
        resident.write("i can smell gas")
        time.sleep(5)
        assert fault == "slow" or resident.heard() == before
    assert count_cards(resident, before) == 1


def test_without_any_rasa_worker_residents_get_numbers_and_their_message_is_kept(stack: FragileCity):
    resident = Resident(stack)
    resident.begin()
    for name in ("rasa-1", "rasa-2"):
        stack.kill(name)
    answer = resident.say("Harehills")
    assert COUNCIL in answer["text"]
    assert Resident(stack).say("i am going to kill myself")["messages"][0]["urgent"]
    stack.answers_again()
    wait_for(lambda: resident.say("/try_again")["cards"])


def test_no_enquiry_is_lost_or_counted_twice(stack: FragileCity):
    with stack.counted(fewest=5):
        with stack.lines["directory"].slowed(0.05):
            for _ in range(3):
                assert Resident(stack).ask_for_food()
        # Killed while answers are on their way: what the actions count for these waits for the next directory.
        stack.kill("directory")
        stack.answers_again()
        stack.kill("actions")
        stack.answers_again()


def test_a_full_disk_stops_no_answer_and_loses_no_enquiry(stack: FragileCity):
    with stack.counted(fewest=3):
        before = stack.enquiries()
        with stack.full_disk("actions", "bot", "directory", "rasa-1", "rasa-2"):
            for _ in range(3):
                assert Resident(stack).ask_for_food()
        # They were not in a file, which is what the other tests wait for.
        wait_for(lambda: stack.enquiries() - before == 3)
    stack.answers_again()


def test_the_databases_disk_is_full_while_residents_talk_and_no_enquiry_is_lost(stack: FragileCity):
    with stack.counted(fewest=1), Crowd(stack):
        with stack.full_disk("postgresql"):
            wait_for(lambda: stack.city.children.exit_code("postgresql") is not None)
        stack.answers_again()


def test_what_was_counted_while_the_token_was_not_taken_is_delivered_when_it_is(stack: FragileCity):
    with stack.counted(fewest=4):
        before = stack.enquiries()
        with stack.restarted(
            "directory", SIGNPOST_SERVICE_TOKEN="another-token-of-some-length-than-the-actions-have"
        ):
            stack.city.wait_until_ready(["directory"])
            for _ in range(3):
                assert Resident(stack).ask_for_food()
            assert stack.enquiries() == before
        stack.answers_again()


def test_a_worker_whose_model_is_half_a_file_ends_and_the_other_has_its_residents(stack, tmp_path):
    city = stack.city
    model = city.environment["RASA_MODEL"]
    half = tmp_path / "model.tar.gz"
    half.write_bytes(Path(model).read_bytes()[:1_000_000])
    city.environment["RASA_MODEL"] = str(half)
    try:
        stack.kill("rasa-1")
        assert city.revive() == "rasa-1"
        wait_for(lambda: city.children.exit_code("rasa-1") is not None, seconds=240)
        assert "cannot be loaded" in city.children.last_lines("rasa-1")[-1]
        assert all(Resident(stack).ask_for_food() for _ in range(4))
    finally:
        city.environment["RASA_MODEL"] = model
    stack.answers_again()
