"""The rest of docs/faults.md, which takes minutes: `make faults` goes through it three times."""

import resource
import subprocess
import time

import pytest

from scripts.stack import ROOT, rasa_environment
from tests.faults.conftest import COUNCIL, Crowd, FragileCity, Resident
from tests.stack import free_ports

pytestmark = pytest.mark.timeout(900)


def wait_for(check, seconds=40):
    give_up = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < give_up
        time.sleep(0.3)


@pytest.mark.parametrize("name", ["actions", "directory", "postgresql", "redis", "worker", "rasa-1"])
def test_a_process_dies_while_residents_talk(stack: FragileCity, name: str):
    with Crowd(stack) as crowd:
        stack.kill(name)
        assert stack.answers_again() < 30
    assert crowd.worst < 9


@pytest.mark.parametrize("name", ["actions", "directory", "postgresql", "redis", "rasa-1"])
def test_a_process_stands_still_while_residents_talk(stack: FragileCity, name: str):
    with Crowd(stack) as crowd, stack.paused(name):
        assert Resident(stack).say("i can smell gas")["messages"][0]["urgent"]
        time.sleep(5)
    assert stack.answers_again() < 30
    assert crowd.worst < 10


@pytest.mark.parametrize("name", ["records", "conversations", "redis", "directory", "rasa-1"])
def test_a_connection_is_cut_while_residents_talk(stack: FragileCity, name: str):
    with Crowd(stack), stack.lines[name].cut():
        time.sleep(5)
    assert stack.answers_again() < 30


@pytest.mark.parametrize("name", ["conversations", "redis", "directory", "rasa-1"])
def test_a_slow_connection_makes_answers_slower_and_no_worse(stack: FragileCity, name: str):
    with stack.lines[name].slowed(0.1):
        assert Resident(stack).ask_for_food()


def test_without_any_rasa_worker_residents_get_numbers_and_their_message_is_kept(stack: FragileCity):
    resident = Resident(stack)
    resident.begin()
    for name in ("rasa-1", "rasa-2"):
        stack.kill(name)
    answer = resident.say("Harehills")
    assert COUNCIL in answer["text"]
    assert stack.answers_again() < 60
    wait_for(lambda: resident.say("/try_again")["cards"])


def test_no_enquiry_is_lost_or_counted_twice(stack: FragileCity):
    wait_for(lambda: stack.enquiries() >= len(stack.served))
    before, stack.served = stack.enquiries(), set()
    with stack.lines["directory"].slowed(0.05):
        for _ in range(3):
            Resident(stack).ask_for_food()
    stack.kill("directory")
    stack.answers_again()
    stack.kill("actions")
    stack.answers_again()
    wait_for(lambda: stack.enquiries() - before >= len(stack.served))
    assert stack.enquiries() - before == len(stack.served)


def test_a_full_disk_stops_no_answer(stack: FragileCity):
    pid = stack.city.children.pid("actions")
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        assert Resident(stack).ask_for_food()
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    stack.answers_again()


def test_a_corrupt_model_is_refused_in_words(stack: FragileCity, tmp_path):
    model = tmp_path / "model.tar.gz"
    model.write_bytes(b"this is no model")
    environment = rasa_environment(stack.city.environment, tmp_path)
    command = ["engine/.venv/bin/rasa", "run", "--interface", "127.0.0.1", "--port", str(free_ports(1)[0])]
    command += [
        "--model",
        str(model),
        "--endpoints",
        "deploy/endpoints.yml",
        "--credentials",
        "credentials.yml",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as rasa:
        try:
            said, _ = rasa.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            rasa.kill()
            said, _ = rasa.communicate()
    assert "model" in said.lower()
