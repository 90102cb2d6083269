"""What residents take with them: a list on paper, a QR code, text, a calendar entry, a code for a person."""

from datetime import UTC, datetime
from uuid import uuid4

import html5lib
import pytest

from bot.handover import MOST_ON_LIST
from bot.messages import Card
from bot.takeaway import MOST, draw_qr, pack, unpack, write_calendar, write_text
from tests.bot.conftest import Bot, Browser, StartBot, open_browser
from tests.bot.fakes import card

SERVICE = str(card()["id"])
PERSON = [{"text": "You can talk to a person.", "buttons": [], "custom": {"person": True}}]
FOUND = [{"text": "Here."}, {"custom": {"services": [card()]}}]
PLACE = {"ward_code": "E05011394", "ward": "x", "committee": "y"}
NEEDS = {"custom": {"understood": {"needs": ["food.parcel"], "place": PLACE}}}


@pytest.fixture
def bot(start_bot: StartBot) -> Bot:
    return start_bot(signpost_service_token="a-token-for-tests")


def show_a_service(bot: Bot, browser: Browser) -> None:
    bot.rasa.answer = lambda _: [*FOUND, NEEDS]
    browser.submit("/messages", text="no food in")


def test_a_service_is_kept_and_taken_off_again_without_a_script(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    assert "Keep : Harehills Food Pantry" in browser.open("/").words("button")
    page = browser.submit("/my-list", service=SERVICE)
    assert page.words("h2")[0] == "Harehills Food Pantry"
    assert "Nothing is on your list yet" in browser.submit("/my-list", service=SERVICE, do="drop").text


def test_only_what_the_chat_showed_gets_on_the_list(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    assert "Nothing is on your list yet" in browser.submit("/my-list", service=str(uuid4())).text
    assert "Nothing is on your list yet" in browser.submit("/my-list", service="x").text


def test_the_paper_says_everything_and_needs_no_conversation(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    page = browser.submit("/my-list", service=SERVICE)
    paper = next(link.get("href") for link in page.find_all("a") if link.get("href").startswith("/kept/"))
    browser.submit("/forget")
    with open_browser(bot) as elsewhere:
        page = elsewhere.open(paper)
        for part in (
            "Harehills Food Pantry",
            "0113 248 0000",
            "LS8 5QD",
            "Monday: 9am to 5pm",
            "28 August 2026",
        ):
            assert part in page.text
        assert "set-cookie" not in page.answer.headers
        assert len(bot.app.state.desk.conversations) == 0
        assert f"{bot.url}{paper}" in page.text
        picture = elsewhere.client.get(f"{paper}/qr.svg")
        assert picture.headers["content-type"] == "image/svg+xml"
        assert picture.text.startswith("<?xml")
        assert "<script" not in picture.text


def test_an_opening_time_is_a_calendar_file_that_names_no_need(bot: Bot, browser: Browser):
    paper = f"/kept/{pack([SERVICE])}"
    link = next(
        a.get("href") for a in browser.open(paper).find_all("a") if a.get("href", "").endswith(".ics")
    )
    answer = browser.client.get(link)
    assert answer.headers["content-type"].startswith("text/calendar")
    lines = answer.text.split("\r\n")
    assert {"DTSTART:20261130T090000Z", "DTEND:20261130T170000Z", "SUMMARY:Harehills Food Pantry"} <= set(
        lines
    )
    # It has begun, and the next one now stands in its place.
    bot.directory.opens = ("2026-12-01",)
    assert browser.client.get(link).status_code == 404


def test_the_list_says_that_it_is_full_and_nothing_of_what_was_open_when_a_service_was_kept(
    bot: Bot, browser: Browser
):
    found = [card(id=str(uuid4()), name=f"Place {number}") for number in range(MOST_ON_LIST + 1)]
    bot.rasa.answer = lambda _: [{"text": "Here."}, {"custom": {"services": found}}]
    browser.submit("/messages", text="no food in")
    for shown in found[:-1]:
        page = browser.submit("/my-list", service=shown["id"])
        assert "Your list is full" not in page.text
    assert found[0]["open"]["text"] not in page.text
    page = browser.submit("/my-list", service=found[-1]["id"])
    assert "Your list is full: at most 10 services." in page.text
    assert found[-1]["name"] not in page.words("h2")
    browser.submit("/my-list", service=found[0]["id"], do="drop")
    page = browser.submit("/my-list", service=found[-1]["id"])
    assert found[-1]["name"] in page.words("h2")
    assert "Your list is full" not in page.text


@pytest.mark.parametrize("word", ["x", "%20", "AAAA", "a" * 500, pack([])])
def test_an_address_that_is_no_list_is_not_found(browser: Browser, word: str):
    for path in (f"/kept/{word}", f"/kept/{word}/qr.svg"):
        assert browser.client.get(path).status_code == 404, path


def test_the_paper_says_when_the_directory_is_away(bot: Bot, browser: Browser):
    bot.directory.status = 500
    page = browser.open(f"/kept/{pack([SERVICE])}", expected=503)
    assert "0113 376 0330" in page.text


def test_whoever_wants_a_person_gets_a_code_that_carries_no_identity(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    bot.rasa.answer = lambda _: PERSON
    page = browser.submit("/messages", text="I am Wilhelmina Test, I want to talk to a person")
    assert "Get a code for a person to help" in page.words("button")
    before = len(bot.rasa.messages)
    page = browser.submit("/messages", text="/hand_over")
    assert "Your code is K7RM-4WXY" in page.text
    assert "K for king, 7, R for rain" in page.text
    assert len(bot.rasa.messages) == before
    assert bot.directory.handed_over == [
        {"needs": ["food.parcel"], "ward_code": "E05011394", "language": "en", "services": [SERVICE]}
    ]


def test_the_same_list_has_the_same_code_until_it_changes(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    assert "K7RM-4WXY" in browser.submit("/my-list/code", ask="yes").text
    browser.submit("/my-list/code", ask="yes")
    assert len(bot.directory.handed_over) == 1
    bot.rasa.answer = lambda _: [
        {"text": "And heating."},
        {"custom": {"understood": {"needs": ["fuel.meter"]}}},
    ]
    browser.submit("/messages", text="and no gas")
    browser.submit("/my-list/code", ask="yes")
    assert bot.directory.handed_over[1]["needs"] == ["fuel.meter"]


def test_a_code_that_is_used_up_is_replaced_by_a_new_one_five_times_in_all(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    page = browser.submit("/my-list/code", ask="yes")
    assert "Get a new code" in page.words("button")
    for made in (2, 3, 4, 5):
        assert "Your code is" in browser.submit("/my-list/code", again="yes").text
        assert len(bot.directory.handed_over) == made
    page = browser.submit("/my-list/code", again="yes")
    assert "I cannot make a code just now" in page.text
    assert "Get a new code" not in page.words("button")
    assert len(bot.directory.handed_over) == 5
    assert "Your code is" in browser.submit("/my-list/code", ask="yes").text


def test_a_new_code_can_be_asked_for_in_the_chat(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    bot.rasa.answer = lambda _: PERSON
    browser.submit("/messages", text="a person please")
    page = browser.submit("/messages", text="/hand_over")
    assert "Get a new code" in page.words("button")
    browser.submit("/messages", text="/hand_over_again")
    assert len(bot.directory.handed_over) == 2


def test_a_code_of_a_week_ago_is_not_given_again(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    browser.submit("/my-list/code", ask="yes")
    for _ in range(7):
        bot.clock.move(hours=23)
        browser.submit("/messages", text="still no food")
    browser.submit("/my-list/code", ask="yes")
    assert len(bot.directory.handed_over) == 2


def test_there_is_no_code_before_there_is_anything_that_it_could_carry(bot: Bot, browser: Browser):
    bot.rasa.answer = lambda _: PERSON
    browser.submit("/messages", text="a person please")
    assert "Get a code for a person to help" not in browser.open("/my-list").words("button")
    assert "Your code is" not in browser.submit("/my-list/code", ask="yes").text
    page = browser.submit("/messages", text="/hand_over")
    assert "Tell me in a few words what is wrong" in page.text
    assert "Food" in page.words("button")
    assert bot.directory.handed_over == []


def test_without_the_directory_there_is_a_number_to_ring_instead_of_a_code(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    bot.rasa.answer = lambda _: PERSON
    browser.submit("/messages", text="a person please")
    bot.directory.status = 500
    assert "0113 376 0330" in browser.submit("/messages", text="/hand_over").text
    assert "0113 376 0330" in browser.submit("/my-list/code", ask="yes").text


def test_the_payload_of_the_code_is_only_words_to_whoever_was_not_offered_it(bot: Bot, browser: Browser):
    page = browser.submit("/messages", text="/hand_over")
    assert bot.rasa.messages == ["hand_over"]
    assert "Your code is" not in page.text


def test_a_service_that_takes_self_referrals_has_a_link_to_its_form(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    page = browser.open("/my-list")
    assert "Get the link to the form : Harehills Food Pantry" in page.words("button")
    page = browser.submit("/my-list/self", service=SERVICE)
    assert "http://127.0.0.1:8080/self-referral/a-token" in {link.get("href") for link in page.find_all("a")}
    bot.directory.takes_self_referrals = False
    assert "Get the link to the form" not in browser.open("/my-list").text


def test_another_site_can_neither_change_the_list_nor_ask_for_a_code(bot: Bot, browser: Browser):
    show_a_service(bot, browser)
    for path in ("/my-list", "/my-list/code", "/my-list/self"):
        answer = browser.client.post(
            path, data={"service": SERVICE}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403, path
    assert bot.directory.handed_over == []


def test_a_list_is_its_own_address():
    ids = [str(uuid4()) for _ in range(MOST)]
    assert unpack(pack(ids)) == ids
    assert unpack(pack([*ids, str(uuid4())])) == ids
    assert unpack(pack(["not an id", ids[0]])) == [ids[0]]


def test_the_qr_code_is_black_on_white():
    drawn = draw_qr("http://127.0.0.1:8000/kept/x").decode()
    assert "#fff" in drawn
    assert "#000" in drawn


def test_a_calendar_file_escapes_and_folds_as_calendars_read_it():
    service = Card.model_validate(
        card(name="Bread; butter, and \\ jam", what="Line one\nline two " + "é" * 200)
    )
    start = datetime(2026, 11, 30, 9, tzinfo=UTC)
    text = write_calendar(service, start, start, start)
    assert "SUMMARY:Bread\\; butter\\, and \\\\ jam\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    unfolded = text.replace("\r\n ", "")
    assert "é" * 200 in unfolded
    assert "\n" not in unfolded.replace("\r\n", "")


def test_the_text_to_copy_is_what_the_card_says():
    text = write_text([Card.model_validate(card())])
    assert text.startswith("Harehills Food Pantry\nSt Aidan's Community Trust\n")
    assert "Phone: 0113 248 0000" in text


def test_our_own_words_beside_those_of_a_service_are_read_aloud_in_their_own_language(bot: Bot):
    bot.rasa.answer = lambda _: FOUND
    bot.api.headers["Accept-Language"] = "pl"
    bot.api.post("/messages", data={"text": "nie mam nic do jedzenia"})
    bot.api.post("/my-list", data={"service": SERVICE})
    for path, place, least in (
        ("/", "article", 2),
        ("/my-list", "ul[@class='govuk-list kept']", 1),
        (f"/kept/{pack([SERVICE])}", "article", 7),
    ):
        page = html5lib.parse(bot.api.get(path).text, namespaceHTMLElements=False)
        english = page.find(f".//{place}")
        assert english.get("lang") == "en-GB"
        ours = [span.text for span in english.iter("span") if span.get("lang") == "pl"]
        assert len(ours) >= least, (path, ours)
