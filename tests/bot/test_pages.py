import gc
import re

import pytest

from bot.conversations import Conversation
from tests.bot.conftest import Bot, Browser, StartBot, open_browser
from tests.bot.fakes import card

QUICK = [{"title": "Next need", "payload": "/next_need"}, {"title": "More like this", "payload": "/more"}]


def test_the_first_page_greets_and_has_one_box_to_write_in(browser: Browser):
    page = browser.open("/")
    assert page.words("title") == ["Find help near you – Signpost Leeds"]
    assert page.words("label") == ["Your message"]
    assert "Tell me what is wrong" in page.text
    assert "Food" in page.words("button")
    assert page.find_all("div[@role='log']")
    assert page.find_all("form[@id='forget']")[0].get("hidden") is not None


def test_looking_at_the_page_starts_no_conversation_and_sets_no_cookie(bot: Bot, browser: Browser):
    page = browser.open("/")
    assert "set-cookie" not in page.answer.headers
    assert len(bot.app.state.desk.conversations) == 0


def test_the_journey_works_without_javascript(bot: Bot, browser: Browser):
    bot.rasa.answer = lambda _: [
        {"text": "Here is food.", "buttons": QUICK},
        {"custom": {"services": [card()]}},
    ]
    page = browser.submit("/messages", text="no food in")
    assert page.answer.history[0].status_code == 303
    assert re.search(r"/#line-\d+$", page.answer.history[0].headers["location"])
    assert "no food in" in page.words("div[@class='line you']/p")
    bot.rasa.answer = lambda message: [{"text": f"heard {message}"}]
    page = browser.submit("/messages", text="/next_need")
    assert bot.rasa.messages == ["no food in", "/next_need"]
    # The resident sees the words of the button, not what it sends.
    assert "Next need" in page.words("div[@class='line you']/p")
    assert "/next_need" not in page.text.replace("heard /next_need", "")


def test_a_card_shows_all_that_a_resident_needs(bot: Bot, browser: Browser):
    bot.rasa.answer = lambda _: [{"text": "Here."}, {"custom": {"services": [card()]}}]
    page = browser.submit("/messages", text="food")
    article = page.find_all("article")[0]
    words = " ".join(" ".join(article.itertext()).split())
    for part in (
        "Harehills Food Pantry", "St Aidan's Community Trust", "Food parcels for people", "Open until 5pm today",
        "Ring 0113 248 0000 before 2pm", "Roundhay Road, Leeds, LS8 5QD", "about 0.5 miles (0.8 km) away", "Free",
        "Call 0113 248 0000",
        "Anybody in LS8 or LS9", "English, Urdu", "nearest that is open now", "Monday 9am to 5pm",
        "Checked on 28 August 2026. Source: Give Food.",
    ):  # fmt: skip
        assert part in words
    links = {link.get("href") for link in article.iter("a")}
    assert {"tel:01132480000", "mailto:pantry@example.org", "https://example.org/pantry"} <= links
    # The ways out to a map and to a bus route say where the door is, and nothing of the resident.
    door = "Roundhay+Road%2C+Leeds%2C+LS8+5QD"
    assert f"https://www.openstreetmap.org/search?query={door}" in links
    assert f"https://www.google.com/maps/dir/?api=1&travelmode=transit&destination={door}" in links
    assert article.find("h3") is not None


def test_a_card_with_little_in_it_says_what_is_not_known(bot: Bot, browser: Browser):
    bot.rasa.answer = lambda _: [
        {"text": "Here."},
        {"custom": {"services": [{"id": "x", "name": "Small place"}]}},
    ]
    page = browser.submit("/messages", text="food")
    assert "Opening times not known: ring first" in page.text
    assert "No number known" in page.text
    assert "We do not know when this was last checked: ring first." in page.text


def test_guidance_leads_to_its_page(bot: Bot, browser: Browser):
    address = "http://127.0.0.1:8080/guidance/warm-home-discount"
    bot.rasa.answer = lambda _: [{"text": "Money off a bill.", "custom": {"more": address}}]
    page = browser.submit("/messages", text="bills")
    (link,) = [link for link in page.find_all("a") if link.get("href") == address]
    assert " ".join(link.itertext()).strip() == "Read more about this"


def test_markup_in_messages_is_shown_as_text(bot: Bot, browser: Browser):
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    bot.rasa.answer = lambda message: [
        {"text": message, "buttons": [{"title": nasty, "payload": nasty}]},
        {"custom": {"services": [card(name=nasty, what=nasty, phone=nasty, cost=nasty, email=nasty)]}},
    ]
    page = browser.submit("/messages", text=nasty)
    assert page.text.count("<script>alert(1)</script>") >= 5
    assert "<script>alert" not in page.answer.text


def test_urgent_help_stands_out_and_its_numbers_can_be_dialled(bot: Bot, browser: Browser):
    page = browser.submit("/messages", text="i can smell gas")
    urgent = page.find_all("div[@class='line us urgent']")[0]
    assert "Signpost Leeds: urgent help" in " ".join(urgent.itertext())
    assert "tel:0800111999" in {link.get("href") for link in urgent.iter("a")}


def test_a_gentle_line_leads_to_urgent_help(browser: Browser):
    page = browser.submit("/messages", text="i cant cope anymore")
    assert page.words("main//a").count("All urgent help numbers") == 1


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_message_that_cannot_be_sent_is_explained_at_the_box_and_kept_in_it(browser: Browser, text: str):
    page = browser.submit("/messages", expected=422, text=text)
    assert page.words("title")[0].startswith("Error: ")
    box = page.find_all("textarea")[0]
    assert box.get("aria-invalid") == "true"
    assert "message-error" in box.get("aria-describedby", "")
    assert (box.text or "").strip() == text.strip()


def test_a_form_sent_twice_is_handled_once(bot: Bot, browser: Browser):
    page = browser.open("/")
    key = page.fields(page.find_all("form[@id='write']")[0])["key"]
    browser.submit("/messages", text="hello", key="first")
    browser.submit("/messages", text="no food", key=key)
    browser.submit("/messages", text="no food", key=key)
    browser.submit("/messages", text="other words", key=key)
    assert bot.rasa.messages == ["hello", "no food", "other words"]


def test_the_conversation_is_there_after_a_reload_and_only_in_this_browser(bot: Bot, browser: Browser):
    browser.submit("/messages", text="no food in")
    page = browser.open("/")
    assert "no food in" in page.text
    assert page.find_all("form[@id='forget']")[0].get("hidden") is None
    with open_browser(bot) as other:
        assert "no food in" not in other.open("/").text


def test_the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(browser: Browser):
    page = browser.submit("/messages", text="food")
    cookie = page.answer.history[0].headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=86400"))
    assert "Secure" not in cookie


def test_the_cookie_is_secure_behind_https(bot: Bot):
    https = {"X-Forwarded-Proto": "https"}
    answer = bot.api.post("/messages", data={"text": "food"}, headers=https)
    kept, attributes = answer.headers["set-cookie"].split("; ", 1)
    # The browser takes such a name from this very host alone.
    assert kept.startswith("__Host-conversation=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(attributes.split("; "))
    assert answer.headers["strict-transport-security"]
    assert "food" in bot.api.get("/", headers=https | {"Cookie": kept}).text
    forgotten = bot.api.post("/forget", headers=https | {"Cookie": kept})
    assert forgotten.headers["set-cookie"].startswith('__Host-conversation=""')
    assert "Secure" in forgotten.headers["set-cookie"]


def test_the_script_gets_the_new_lines_alone(bot: Bot):
    headers = {"X-Fragment": "lines", "Idempotency-Key": "k1"}
    answer = bot.api.post("/messages", data={"text": "no food"}, headers=headers)
    assert answer.status_code == 200
    assert answer.text.count('class="line you"') == 1
    assert "You said: no food" in answer.text
    assert "<html" not in answer.text
    again = bot.api.post("/messages", data={"text": "no food"}, headers=headers)
    assert "You said: no food" in again.text
    # A script that says which line it shows last gets everything after that, once.
    again = bot.api.post("/messages", data={"text": "no food"}, headers=headers | {"X-Last-Line": "1"})
    assert again.text.count("You said: no food") == 1
    assert again.text.count('class="line you"') == 1
    assert bot.rasa.messages == ["no food"]
    empty = bot.api.post("/messages", data={"text": " "}, headers={"X-Fragment": "lines"})
    assert (empty.status_code, empty.headers["content-type"]) == (422, "application/problem+json")


def test_an_unanswered_message_is_marked_until_it_is_answered(bot: Bot, browser: Browser):
    bot.take_down_rasa()
    page = browser.submit("/messages", text="no food")
    assert "You (not answered yet)" in page.text
    bot.bring_back_rasa()
    page = browser.submit("/messages", text="/try_again")
    assert "You said: no food" in page.text
    assert "not answered yet" not in page.text


def test_forget_drops_the_conversation_and_says_so(bot: Bot, browser: Browser):
    browser.submit("/messages", text="no food in")
    page = browser.submit("/forget")
    assert "Your conversation is forgotten" in page.text
    assert "no food in" not in page.text
    assert len(bot.app.state.desk.conversations) == 0
    assert bot.rasa.messages == ["no food in", "/forget_me"]
    assert "Your conversation is forgotten" in browser.submit("/forget").text


def test_a_forgotten_conversation_is_nowhere_in_memory(bot: Bot, browser: Browser):
    said = "no food in since the fair came"
    browser.submit("/messages", text=said, key="the key that the page gave this message")
    browser.submit("/forget")
    gc.collect()
    alive = [each for each in gc.get_objects() if isinstance(each, Conversation)]
    assert said not in [line.message.text for each in alive for line in each.transcript]


def test_a_resident_who_asks_to_be_forgotten_in_chat_sees_the_goodbye(bot: Bot, browser: Browser):
    bot.rasa.answer = lambda _: [{"text": "Goodbye then."}, {"custom": {"forget": True}}]
    page = browser.submit("/messages", text="forget me")
    assert "Goodbye then." in page.text
    assert "Your conversation is forgotten" in page.text
    assert "Goodbye then." not in browser.open("/").text


def test_leave_goes_to_the_weather_at_once_and_forgets(bot: Bot):
    bot.api.post("/messages", data={"text": "no food"})
    answer = bot.api.post("/leave")
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://www.bbc.co.uk/weather"
    assert "cache" in answer.headers["clear-site-data"]
    assert 'conversation=""' in answer.headers["set-cookie"]
    for _ in range(2):
        assert bot.rasa.arrived.acquire(timeout=10)
    assert bot.rasa.messages == ["no food", "/forget_me"]
    assert len(bot.app.state.desk.conversations) == 0


def test_a_link_on_another_site_leaves_but_forgets_nothing(bot: Bot):
    bot.api.post("/messages", data={"text": "no food"})
    answer = bot.api.get("/leave", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == "https://www.bbc.co.uk/weather"
    assert len(bot.app.state.desk.conversations) == 1
    bot.api.get("/leave", headers={"Sec-Fetch-Site": "same-origin"})
    assert bot.rasa.arrived.acquire(timeout=10)
    assert bot.rasa.arrived.acquire(timeout=10)
    assert len(bot.app.state.desk.conversations) == 0


def test_the_directorys_exit_has_the_chat_forget_but_no_picture_on_a_page_of_our_domain_does(bot: Bot):
    bot.api.post("/messages", data={"text": "no food"})
    bot.api.get("/leave", headers={"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"})
    assert len(bot.app.state.desk.conversations) == 1
    answer = bot.api.get("/leave", headers={"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"})
    assert answer.headers["location"] == "https://www.bbc.co.uk/weather"
    assert 'conversation=""' in answer.headers["set-cookie"]
    for _ in range(2):
        assert bot.rasa.arrived.acquire(timeout=10)
    assert len(bot.app.state.desk.conversations) == 0


@pytest.mark.parametrize("path", ["/messages", "/forget", "/language"])
def test_a_form_that_another_site_sends_is_refused(bot: Bot, path: str):
    answer = bot.api.post(path, data={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert bot.rasa.received == []


def test_a_body_that_is_no_form_is_refused(bot: Bot):
    assert bot.api.post("/messages", json={"text": "x"}).status_code == 415
    fields = "&".join(f"f{number}=1" for number in range(30))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert bot.api.post("/messages", content=fields, headers=headers).status_code == 400
    assert bot.api.post("/messages", content=b"text=" + b"x" * 33_000, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/urgent", "If you smell gas or fear carbon monoxide"),
        ("/privacy", "24 hours after your last message"),
        ("/accessibility", "2.2, level AA"),
    ],
)
def test_the_other_pages_stand_alone(browser: Browser, path: str, part: str):
    assert part in browser.open(path).text


def test_what_we_keep_is_said_in_200_words(browser: Browser):
    page = browser.open("/privacy")
    assert len(page.words("main")[0].split()) <= 200
    for promise in (
        "You need not say who you are", "takes out names", "A full postcode becomes a ward", "24 hours",
        "Forget this conversation", "We count", "No tracking", "cannot clear your browser's history",
        "sends nothing you write", "a code shows staff", "that service gets what you type there",
        "Telegram is another company",
    ):  # fmt: skip
        assert promise in page.text, promise
    assert "/privacy/full" in {link.get("href") for link in page.find_all("main//a")}


def test_the_urgent_page_has_every_card(bot: Bot, browser: Browser):
    page = browser.open("/urgent")
    risks = {
        "suicide_self_harm",
        "domestic_abuse",
        "violence",
        "child_safety",
        "medical",
        "gas_leak",
        "default",
    }
    assert set(bot.app.state.desk.urgent.cards) == risks
    for risk in risks:
        assert page.find_all(f"h2[@id='card-{risk}']")
    assert "sms:85258" in {link.get("href") for link in page.find_all("a")}


def test_a_wrong_address_gets_a_page_in_a_browser(browser: Browser):
    page = browser.open("/nothing-here", expected=404)
    assert page.words("h1") == ["There is nothing at this address"]


def test_pages_answer_head_requests(bot: Bot):
    assert bot.api.head("/").status_code == 200


def test_a_conversation_that_ran_out_starts_anew_without_an_error(
    bot: Bot, browser: Browser, start_bot: StartBot
):
    browser.submit("/messages", text="no food in")
    bot.clock.move(hours=25)
    assert "no food in" not in browser.open("/").text
    page = browser.submit("/messages", text="are you there")
    assert "You said: are you there" in page.text
