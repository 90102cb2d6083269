"""Nothing that identifies a person gets past the door: not to Rasa and its tracker, not to a file, not to a log."""

import re
from pathlib import Path

import pytest

from tests.journeys.chat import Resident
from tests.journeys.promises import check_answer
from tests.journeys.recorder import recording
from tests.stack import free_ports, running_stack

# What is said, and the pieces of it that must be found nowhere. Numbers are of ranges kept for drama and tests.
SAID = {
    "hi my name is Philomena Cuthbertson and i have no food at all": ["Philomena", "Cuthbertson"],
    "im called Bartholomew": ["Bartholomew"],
    "you can ring me on 07700 900123 or 07700-900-456": ["07700 900123", "07700-900-456"],
    "my number is 0 7 7 0 0 9 0 0 7 8 9 ok": ["0 7 7 0 0 9 0 0 7 8 9"],
    "or +44 (0)7700 900 321, landline 0113 496 0123": ["7700 900 321", "0113 496 0123"],
    "email me philomena.cuthbertson+help@example.co.uk": ["philomena.cuthbertson+help@example.co.uk"],
    "or p dot cuthbertson at gmail dot com": ["p dot cuthbertson at gmail dot com", "cuthbertson"],
    "my ni number is AB 12 34 56 C": ["AB 12 34 56 C"],
    "national insurance ab123457d": ["ab123457d"],
    "my card is 4111 1111 1111 1111": ["4111 1111 1111 1111"],
    "the other card 5555-5555-5555-4444": ["5555-5555-5555-4444"],
    "nhs number 943 476 5919": ["943 476 5919"],
    "im at 17 Shakespeare Street LS9 7UJ": ["Shakespeare Street", "LS9 7UJ"],
    "postcode is ls97tb": ["ls97tb"],
    "no sorry i typed it wrong its L S 8  3 P D": ["L S 8  3 P D"],
    "near LS12 3qx, ring 07700900654": ["LS12 3qx", "07700900654"],
    "i need a laptop, ask for Mrs Featherstone": ["Featherstone"],
    "/inform_place my name is Philomena, 07700900123, LS9 7UJ": ["Philomena", "07700900123"],
    "thanks": [],
}
TOKENS = ("[name]", "[phone]", "[email]", "[ni]", "[card]", "[place:")


def squeezed(text: str) -> str:
    """Return only the letters and digits of `text`, in lower case: the form in which spelling hides nothing."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def traces_in(text: str) -> list[str]:
    """Return the pieces of personal data that `text` holds, in whatever spelling."""
    plain, bare = text.lower(), squeezed(text)
    pieces = dict.fromkeys(piece for pieces in SAID.values() for piece in pieces)
    return [piece for piece in pieces if piece.lower() in plain or squeezed(piece) in bare]


def traces_under(folder: Path) -> dict[str, list[str]]:
    """Return the pieces found in each file under `folder`, databases and logs included."""
    found = {
        str(path.relative_to(folder)): traces_in(path.read_bytes().decode("latin-1"))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {name: traces for name, traces in found.items() if traces}


def test_the_search_finds_what_it_should(tmp_path: Path):
    (tmp_path / "a.log").write_text("caller 07700900123\n")
    (tmp_path / "b.db").write_bytes(b"\0\1lS9-7Uj\0")
    assert traces_under(tmp_path) == {"a.log": ["07700 900123", "07700900123"], "b.db": ["LS9 7UJ"]}


@pytest.mark.timeout(600)
def test_nothing_personal_is_left_after_a_conversation(tmp_path: Path):
    rasa_port, recorder_port = free_ports(2)
    with recording(recorder_port, f"http://127.0.0.1:{rasa_port}") as recorder:
        addresses = {"RASA_PORT": str(rasa_port), "RASA_URL": f"http://127.0.0.1:{recorder_port}"}
        with running_stack(tmp_path, LOG_LEVEL="DEBUG", **addresses) as stack:
            assert traces_under(tmp_path) == {}, "a needle is in the haystack from the start"
            with Resident(stack.bot_url) as resident:
                for said in SAID:
                    check_answer(resident.say(said), said)
                # Failures are where programs like to log what they were given.
                for name in ("directory", "actions"):
                    stack.kill(name)
                    for said in SAID:
                        check_answer(resident.say(said), said)
        heard = b"\n".join(recorder.bodies).decode()
    assert traces_under(tmp_path) == {}
    assert traces_in(heard) == []
    assert [token for token in TOKENS if token not in heard] == []
    assert (tmp_path / "logs/rasa.log").stat().st_size
