"""rasa-sdk, which is newer than Rasa, answers the calls of Rasa 3.6.21 (docs/decisions/0001-two-environments.md)."""

import copy
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.__main__ import FieldsOnly
from scripts.children import Children
from scripts.stack import Stack
from tests.actions.factories import DOMAIN, FOUND, make_search
from tests.actions.stand_in import StandIn, directory_stand_in
from tests.house.repository import ROOT
from tests.stack import isolated_environment

CALLS = Path(__file__).parent / "calls"


@pytest.fixture(scope="module")
def away() -> Iterator[StandIn]:
    with directory_stand_in() as stand_in:
        stand_in.usual |= {
            "/api/places": (200, FOUND),
            "/api/services/search": (200, make_search(["a"])),
            "/api/guidance": (200, {"guidance": []}),
            "/api/enquiries": (204, None),
        }
        yield stand_in


def say_nothing(line: str) -> None:
    """Progress is for people."""
    del line


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, away: StandIn) -> Iterator[httpx.Client]:
    state = tmp_path_factory.mktemp("actions")
    settings = {"DIRECTORY_URL": away.url, "SIGNPOST_SERVICE_TOKEN": "token"}
    environment = isolated_environment(state, settings)
    with Children(ROOT, state / "logs") as children:
        stack = Stack(children, environment, say=say_nothing)
        stack.start(["actions"])
        stack.wait_until_ready(["actions"])
        with httpx.Client(base_url=environment["ACTIONS_URL"], timeout=10, trust_env=False) as client:
            yield client
        assert "Traceback" not in children.log_path("actions").read_text()


def read_call(name: str) -> dict[str, Any]:
    return dict(json.loads((CALLS / f"{name}.json").read_text("utf-8")))


def test_a_call_of_rasa_is_answered_with_events_and_responses(server):
    answer = server.post("", json=read_call("find_help"))
    assert answer.status_code == 200
    assert set(answer.json()) == {"events", "responses"}
    assert {"event": "followup", "timestamp": None, "name": "place_form"} in answer.json()["events"]
    assert "food for today" in answer.json()["responses"][0]["text"]


def test_a_call_with_all_kinds_of_events_is_answered(server):
    call = read_call("ask_place")
    assert {event["event"] for event in call["tracker"]["events"]} >= {"user", "bot", "slot", "active_loop"}
    answer = server.post("", json=call)
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["buttons"] == [
        {"title": "Anywhere in Leeds", "payload": "/skip_place"}
    ]


def test_services_come_as_custom_payload(server):
    call = copy.deepcopy(read_call("find_help"))
    call["tracker"]["slots"]["place"] = FOUND["place"]
    custom = [response["custom"] for response in server.post("", json=call).json()["responses"]]
    assert [card["id"] for part in custom for card in part.get("services", [])] == ["a"]
    assert custom[-1]["understood"]["needs"] == ["food.parcel"]


def test_the_time_that_was_said_reaches_the_directory(server, away):
    call = copy.deepcopy(read_call("find_help"))
    call["tracker"]["slots"]["place"] = FOUND["place"]
    call["tracker"]["latest_message"]["text"] = "Food bank open tomorrow at 6.30pm please, I'm Eve"
    assert server.post("", json=call).status_code == 200
    asked = [one.query for one in away.asked if one.path == "/api/services/search"]
    assert asked[-1]["when"] == ["open tomorrow at 6.30pm"]


@pytest.mark.parametrize("name", DOMAIN["actions"])
def test_every_action_of_the_domain_answers(server, name):
    answer = server.post("", json=read_call("ask_place") | {"next_action": name})
    assert answer.status_code == 200
    assert set(answer.json()) == {"events", "responses"}


def test_the_server_knows_no_action_that_the_domain_does_not(server):
    listed = server.get(str(server.base_url).replace("/webhook", "/actions")).json()
    assert {action["name"] for action in listed} == set(DOMAIN["actions"])


def test_figures_say_how_many_enquiries_wait_for_the_directory_and_nothing_of_them(server, away):
    def waiting() -> str:
        return server.get(str(server.base_url).replace("/webhook", "/metrics")).text.splitlines()[-1]

    call = copy.deepcopy(read_call("find_help"))
    call["tracker"]["slots"]["place"] = FOUND["place"]
    taken, away.usual["/api/enquiries"] = away.usual["/api/enquiries"], (503, None)
    try:
        assert server.post("", json=call).status_code == 200
        assert int(waiting().removeprefix("actions_enquiries_waiting ")) >= 1
    finally:
        away.usual["/api/enquiries"] = taken


def test_what_a_library_says_or_an_exception_quotes_stays_out_of_the_log(caplog):
    caplog.handler.setFormatter(FieldsOnly())
    try:
        raise ValueError("my name is Eve")
    except ValueError:
        logging.getLogger("sanic.error").exception("I am Eve, of 1 Example Street")
    log = logging.getLogger("actions.counting")
    log.warning("the directory does not take enquiries")
    log.error("refused", extra={"status": "422", "address": "1 Example Street"})
    log.error("refused: %s", "I am Eve")
    assert caplog.text.splitlines() == [
        "ERROR sanic.error a library reported something ValueError",
        "WARNING actions.counting the directory does not take enquiries",
        "ERROR actions.counting refused status=422",
        "ERROR actions.counting refused: %s",
    ]


def test_an_action_that_nobody_wrote_is_not_found(server):
    answer = server.post("", json=read_call("find_help") | {"next_action": "action_fly"})
    assert answer.status_code == 404
    assert answer.json()["action_name"] == "action_fly"
