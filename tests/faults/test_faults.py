"""The part of docs/faults.md that every `make test` goes through: what residents meet when a process dies or hangs."""

import pytest

from tests.faults.conftest import COUNCIL, PLACE, Crowd, FragileCity, Resident, wait_for
from tests.faults.doors import TelegramResident, TlsResident, open_tls_door, shows_services

pytestmark = pytest.mark.timeout(900)


def test_the_proxy_leads_to_both_houses_under_tls_and_to_nothing_that_is_for_operators(stack: FragileCity):
    assert TlsResident(stack).ask_for_food()
    with open_tls_door(stack, "CHAT_HOST") as chat, open_tls_door(stack, "DIRECTORY_HOST_NAME") as directory:
        # The bot believes the proxy that the resident came by https.
        begun = chat.post("/messages", data={"text": "no food in"})
        assert begun.headers["set-cookie"].startswith("__Host-conversation=")
        for door in (chat, directory):
            assert door.get("/").headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
            assert [door.get(f"/{page}").status_code for page in ("metrics", "readyz", "healthz")] == [
                404
            ] * 3
        refused = chat.post("/api/conversations/any/messages", json={"text": "x" * 70_000})
        # By the proxy itself: the bot would say it in the words of a problem.
        assert (refused.status_code, refused.content) == (413, b"")


def test_residents_on_telegram_are_answered_by_a_room_of_their_own(stack: FragileCity):
    resident = TelegramResident(stack)
    resident.say("we have no food at all today")
    assert shows_services(resident.say(PLACE))


def test_a_rasa_worker_dies_and_its_residents_go_on_with_the_other(stack: FragileCity):
    residents = [Resident(stack) for _ in range(4)]
    for resident in residents:
        resident.begin()
    stack.kill("rasa-1")
    for resident in residents:
        answer = resident.say("Harehills")
        assert answer["cards"], answer["text"]
        assert COUNCIL not in answer["text"]
    stack.answers_again()


def test_a_rasa_worker_hangs_and_its_residents_are_answered_by_the_other(stack: FragileCity):
    residents = [Resident(stack) for _ in range(4)]
    for resident in residents:
        resident.begin()
    with stack.paused("rasa-2"):
        for resident in residents:
            answer = resident.say("Harehills")
            if COUNCIL in answer["text"]:
                # A machine with nothing to spare may need longer than a turn has: then trying again must help.
                answer = resident.say("/try_again")
            assert answer["cards"], answer["text"]
    # It wakes up with messages that were answered long ago, and must not undo what came after them.
    assert all(resident.say("Show me more")["cards"] for resident in residents)


def test_conversations_and_locks_away_are_noticed_by_no_resident_and_by_whoever_operates(stack: FragileCity):
    resident = Resident(stack)
    resident.begin()
    with stack.lines["conversations"].cut(), stack.lines["redis"].cut():
        assert resident.say("Harehills")["cards"]
        wait_for(lambda: stack.stores_away() == {"conversations", "locks"})
    wait_for(lambda: not stack.stores_away())
    assert resident.say("Show me more")["cards"]


def test_the_database_stands_still_and_every_resident_is_answered_in_time(stack: FragileCity):
    with Crowd(stack), stack.paused("postgresql"):
        answer = Resident(stack).say("i am going to kill myself")
        assert answer["messages"][0]["urgent"]
    stack.answers_again()
