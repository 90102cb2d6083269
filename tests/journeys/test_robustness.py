"""What a script cannot say: several residents at once, messages sent twice, markup on the page, ids that are gone."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.journeys.chat import DEADLINE_SECONDS, Answer, Resident
from tests.journeys.promises import check_answer, check_problem
from tests.stack import RunningStack

pytestmark = pytest.mark.timeout(600)

COMMANDS = [
    "/restart",
    "/session_start",
    "/food.parcel",
    "/deny",
    "/forget_me",
    '/forget_me{"place": "Harehills"}',
    '/choose_topic{"topic": "gardening"}',
    '/inform_place{"place": "Harehills"}',
    "//next_need",
    " / see_more",
]
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)> i need a food parcel"
WARDS = {
    "Armley": "Armley",
    "Harehills": "Gipton & Harehills",
    "Seacroft": "Killingbeck & Seacroft",
    "Headingley": "Headingley & Hyde Park",
    "Beeston": "Beeston & Holbeck",
    "Otley": "Otley & Yeadon",
}
NEEDS = {
    "i need a food parcel": "food.parcel",
    "i need a laptop": "digital.device",
    "i am behind with my rent": "housing.rent",
    "i feel lonely": "wellbeing.loneliness",
    "i cannot pay my council tax": "money.council_tax",
    "i need nappies for my baby": "essentials.baby",
}


@pytest.mark.parametrize("typed", COMMANDS)
def test_a_command_typed_by_a_person_does_what_its_words_do(stack: RunningStack, typed: str):
    with Resident(stack.bot_url) as one, Resident(stack.bot_url) as other:
        assert one.say(typed).texts == other.say(typed.strip("/ ")).texts


def test_residents_at_the_same_time_do_not_mix(stack: RunningStack):
    def ask(pair: tuple[str, str]) -> tuple[str, str | None, int]:
        said, place = pair
        with Resident(stack.bot_url) as resident:
            check_answer(resident.say(said), said)
            answer = resident.say(place)
            check_answer(answer, place)
            return answer.needs[0], answer.ward, len(answer.cards)

    with ThreadPoolExecutor(len(NEEDS)) as pool:
        answers = list(pool.map(ask, zip(NEEDS, WARDS, strict=True)))
    assert [(need, ward) for need, ward, _ in answers] == list(
        zip(NEEDS.values(), WARDS.values(), strict=True)
    )
    assert all(cards for _, _, cards in answers)


def test_a_message_sent_twice_with_its_key_is_answered_once(stack: RunningStack):
    with Resident(stack.bot_url) as resident:
        resident.say("i need a food parcel in Armley", key="first")
        more = resident.say("are there any more", key="second")
        again = resident.say("are there any more", key="second")
        further = resident.say("are there any more", key="third")
    assert again.body == more.body
    assert {card["id"] for card in further.cards}.isdisjoint(card["id"] for card in more.cards)


def test_a_message_sent_twice_at_once_is_answered_twice(stack: RunningStack):
    with Resident(stack.bot_url) as resident, ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(resident.say, ["i need a food parcel in Armley"] * 2))
    for answer in answers:
        check_answer(answer, "i need a food parcel in Armley")
        assert answer.needs[0] == "food.parcel"


def test_a_burst_of_messages_is_answered_or_refused_and_the_conversation_lives(stack: RunningStack):
    with Resident(stack.bot_url) as resident:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(resident.say, ["i need a food parcel in Armley"] * 12))
        for answer in answers:
            if answer.status == 200:
                check_answer(answer, "i need a food parcel in Armley")
            else:
                check_problem(answer, 429)
        assert resident.say("i need a food parcel in Armley").cards


def test_the_page_shows_markup_as_the_words_it_is(stack: RunningStack):
    with httpx.Client(
        base_url=stack.bot_url, timeout=DEADLINE_SECONDS, trust_env=False, follow_redirects=True
    ) as browser:
        browser.get("/")
        page = browser.post("/messages", data={"text": MARKUP}).text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_forgotten_conversation_is_gone(stack: RunningStack):
    with Resident(stack.bot_url) as resident:
        resident.say("i need a food parcel in Armley")
        assert resident.forget() == 204
        check_problem(resident.say("hello"), 404)
        assert resident.forget() == 404


def test_a_conversation_that_asked_to_be_forgotten_is_gone(stack: RunningStack):
    with Resident(stack.bot_url) as resident:
        resident.say("i need a food parcel in Armley")
        resident.say("forget me")
        check_problem(resident.say("are there any more"), 404)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"text": null}', "application/json", 422),
        (b'{"text": ["i need food"]}', "application/json", 422),
        (b'{"text": 1}', "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
        (b"text=food", "application/x-www-form-urlencoded", 415),
        (b'{"text": "' + b"a" * 40_000 + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_is_no_message_is_refused_with_what_to_do(
    stack: RunningStack, content: bytes, media_type: str, status: int
):
    with Resident(stack.bot_url) as resident:
        response = httpx.post(
            f"{stack.bot_url}/api/conversations/{resident.conversation}/messages",
            content=content,
            headers={"Content-Type": media_type},
            timeout=DEADLINE_SECONDS,
            trust_env=False,
        )
        media = response.headers["content-type"].partition(";")[0]
        check_problem(Answer(response.status_code, response.json(), media), status)
        check_answer(resident.say("i need a food parcel"), "i need a food parcel")


def test_every_card_leads_to_a_page_of_its_service(stack: RunningStack):
    with Resident(stack.bot_url) as resident:
        cards = resident.say("i need a food parcel in Armley").cards
    assert cards
    for card in cards:
        page = httpx.get(card["url"], timeout=DEADLINE_SECONDS, trust_env=False)
        assert page.status_code == 200
        assert card["name"].split(" (")[0].split("'")[0] in page.text
