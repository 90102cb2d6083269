"""What a resident gets when there is danger, a postcode, or something down behind the door."""

import asyncio
import io
import time

import pytest

from bot.application import build_front_desk
from bot.clock import build_clock
from bot.forgetting import forget_owed
from bot.safety import PatternScreen, Screening
from bot.settings import BotSettings
from tests.bot.conftest import Bot, StartBot, open_browser
from tests.bot.fakes import FakeRasa, card, echo, serve_fake

NUMBERS = ("0113 376 0330", "111", "116 123", "999")
PERSONAL = {
    "my name is Zebedee Quickthorn": "Quickthorn",
    "07700 900461": "900461",
    "+44 7700 900462": "900462",
    "oh seven seven double oh nine one two three four five": "oh nine one two",
    "zebedee.q@example.org": "zebedee.q",
    "zq77 at gmail dot com": "zq77",
    "QQ123456C": "123456",
    "AB 65 43 21 D": "65 43 21",
    "4111 1111 1111 1111": "1111 1111",
    "943 476 5919": "476 5919",
    "LS8 5QD": "5qd",
    "ls96zz": "6zz",
    "14 Bellbrooke Avenue": "bellbrooke",
    "dob 12/03/1985": "12/03/1985",
    "sort code 20-30-40 account 87654321": "87654321",
    "my telegram is zeb_quick": "zeb_quick",
}


def test_sure_danger_shows_the_urgent_card_first_and_the_need_is_still_answered(bot: Bot):
    understood = {"needs": ["food.parcel"], "place": None}
    bot.rasa.answer = lambda _: [{"text": "Here is food."}, {"custom": {"understood": understood}}]
    reply = bot.ask("my husband hits me and ive no food")
    urgent, answer = reply["messages"]
    assert urgent["urgent"] is True
    assert all(number in urgent["text"] for number in ("0113 246 0401", "999"))
    assert answer["text"] == "Here is food."
    assert reply["understood"]["risk"] == "domestic_abuse"


def test_danger_without_a_need_is_not_followed_by_a_question_or_a_shrug(bot: Bot):
    bot.rasa.answer = lambda _: [{"text": "Sorry, I have not understood."}]
    urgent, rest = bot.ask("i want to die")["messages"]
    assert urgent["urgent"]
    assert "When you are ready" in rest["text"]


def test_danger_keeps_the_services_that_were_asked_for(bot: Bot):
    bot.rasa.answer = lambda _: [{"text": "More of them."}, {"custom": {"services": [card()]}}]
    assert bot.ask("more, and he hits me")["messages"][1]["services"]


def test_the_risk_belongs_to_its_message_and_is_not_kept(bot: Bot):
    conversation = bot.start()
    assert bot.say(conversation, "i can smell gas")["understood"]["risk"] == "gas_leak"
    assert bot.say(conversation, "i need a bed")["understood"]["risk"] is None


def test_unsure_danger_adds_one_gentle_line_after_the_answer(bot: Bot):
    reply = bot.ask("ive no food and i cant cope anymore")
    assert [message["urgent"] for message in reply["messages"]] == [False, False]
    assert reply["messages"][0]["text"].startswith("You said")
    assert "116 123" in reply["messages"][1]["text"]
    assert reply["understood"]["risk"] == "suicide_self_harm"


def test_danger_is_screened_in_the_words_as_they_were_typed(bot: Bot):
    reply = bot.ask("/my name is Ann Lee, /i want to die")
    assert reply["messages"][0]["urgent"]


def test_a_broken_screen_shows_the_default_card(start_bot: StartBot, logs: io.StringIO):
    class BrokenScreen:
        def screen(self, text: str) -> Screening:
            raise RuntimeError(f"cannot read {text}")

    bot = start_bot(safety=BrokenScreen())
    reply = bot.ask("secretword")
    assert reply["messages"][0]["urgent"]
    assert "999" in reply["messages"][0]["text"]
    assert reply["messages"][1]["text"] == "You said: secretword"
    assert reply["understood"]["risk"] is None
    assert "RuntimeError" in logs.getvalue()
    assert "secretword" not in logs.getvalue()


def test_danger_is_answered_even_when_rasa_is_down(bot: Bot):
    conversation = bot.start()
    bot.take_down_rasa()
    reply = bot.say(conversation, "i want to die")
    assert reply["messages"][0]["urgent"]
    assert "116 123" in reply["messages"][0]["text"]
    assert "0113 376 0330" in reply["messages"][1]["text"]


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("I am at ls8 5qd", "I am at [place:E05011394:53.81:-1.50]"),
        ("I am at LS85QD please", "I am at [place:E05011394:53.81:-1.50] please"),
        ("yo1 7hh", "[place:outside]"),
        ("LS9 9ZZ", "[place:unknown]"),
        ("from LS8 5QD to YO1 7HH", "from [place:E05011394:53.81:-1.50] to [place:outside]"),
        ("LS9", "LS9"),
        ("LS9 6", "LS9 6"),
    ],
)
def test_a_full_postcode_becomes_a_ward_and_a_rounded_point(bot: Bot, typed: str, heard: str):
    bot.ask(typed)
    assert bot.rasa.messages == [heard]


def test_without_a_postcode_the_directory_is_not_asked(bot: Bot):
    bot.ask("no food, I am in Harehills, LS9")
    assert bot.directory.asked == []


def test_many_postcodes_do_not_become_many_questions(bot: Bot):
    bot.ask("LS1 1AA LS2 1AA LS3 1AA LS4 1AA LS5 1AA")
    assert len(bot.directory.asked) == 3
    assert bot.rasa.messages == [" ".join(["[place:unknown]"] * 5)]


def test_when_the_directory_is_down_the_sector_goes_on_and_the_turn_too(bot: Bot):
    bot.directory.status = 503
    assert bot.ask("food near LS8 5QD")["messages"][0]["text"] == "You said: food near LS8 5"


def test_rasa_down_gives_numbers_that_need_no_computer_and_the_talk_goes_on(bot: Bot):
    conversation = bot.start()
    bot.take_down_rasa()
    started = time.monotonic()
    reply = bot.say(conversation, "no food in")
    assert time.monotonic() - started < 10
    check_apology(reply)
    bot.bring_back_rasa()
    button = reply["messages"][0]["buttons"][0]
    again = bot.say(conversation, button["payload"])
    assert again["messages"][0]["text"] == "You said: no food in"
    assert bot.rasa.messages == ["no food in"]


def test_everything_said_during_a_fault_is_answered_together(bot: Bot):
    conversation = bot.start()
    bot.take_down_rasa()
    for words in ("no food in", "Harehills", "Harehills"):
        button = bot.say(conversation, words)["messages"][0]["buttons"][0]
    bot.say(conversation, button["payload"])
    bot.bring_back_rasa()
    bot.say(conversation, button["payload"])
    assert bot.rasa.messages == ["no food in. Harehills"]


def test_a_new_message_after_the_fault_is_answered_and_the_earlier_one_is_offered_again_once(bot: Bot):
    conversation = bot.start()
    bot.take_down_rasa()
    bot.say(conversation, "no food in")
    bot.bring_back_rasa()
    answer = bot.say(conversation, "hello?")["messages"][-1]
    assert answer["text"] == "You said: hello?"
    assert [button["title"] for button in answer["buttons"]] == ["Answer my earlier message"]
    assert bot.say(conversation, "are you there")["messages"][-1]["buttons"] == []
    assert (
        bot.say(conversation, answer["buttons"][0]["payload"])["messages"][0]["text"]
        == "You said: no food in"
    )
    assert (
        "All your messages" in bot.say(conversation, answer["buttons"][0]["payload"])["messages"][0]["text"]
    )
    assert "/try_again" not in bot.rasa.messages


def test_try_again_typed_without_the_button_is_only_words(bot: Bot):
    bot.ask("/try_again")
    assert bot.rasa.messages == ["try_again"]


@pytest.mark.parametrize(
    "said", [[], [{"custom": {"understood": {"needs": [], "place": None}}}], [{"text": "  "}]]
)
def test_an_empty_answer_of_rasa_is_never_an_empty_reply(bot: Bot, said: list):
    bot.rasa.answer = lambda _: said
    check_apology(bot.ask("no food"))


@pytest.mark.parametrize("said", [500, 404, "not json", '{"a": 1}', '["text"]'])
def test_a_broken_answer_of_rasa_is_explained(bot: Bot, said: object):
    bot.rasa.answer = lambda _: said
    check_apology(bot.ask("no food"))


def test_a_rasa_that_does_not_answer_is_not_waited_for_longer_than_allowed(start_bot: StartBot):
    bot = start_bot(rasa_timeout=0.3)
    conversation = bot.start()
    bot.rasa.hold.clear()
    check_apology(bot.say(conversation, "no food"))
    # It may have been heard, so it is not sent a second time.
    assert bot.rasa.messages == ["no food"]
    bot.rasa.hold.set()
    assert bot.say(conversation, "hello")["messages"][0]["text"] == "You said: hello"
    assert 'kind="rasa_timeout"' in bot.api.get("/metrics").text


def test_a_whole_turn_has_a_deadline(start_bot: StartBot):
    bot = start_bot(turn_deadline=0.3)
    conversation = bot.start()
    bot.rasa.hold.clear()
    check_apology(bot.say(conversation, "no food"))
    assert 'kind="deadline"' in bot.api.get("/metrics").text


def test_a_connection_that_breaks_is_tried_once_more(bot: Bot):
    conversation = bot.start()
    bot.rasa.drop_next = 1
    assert bot.say(conversation, "no food")["messages"][0]["text"] == "You said: no food"


def test_what_rasa_could_not_be_told_to_forget_is_owed_and_told_later(bot: Bot):
    conversation = bot.start()
    bot.take_down_rasa()
    assert bot.api.delete(f"/api/conversations/{conversation}").status_code == 204
    assert bot.app.state.desk.owed == {f"api-{conversation}"}


def test_nothing_personal_reaches_rasa_the_logs_the_metrics_or_the_store(logs: io.StringIO, bot: Bot):
    conversation = bot.start()
    for said in PERSONAL:
        bot.say(conversation, f"{said} and i need food")
    # The same through the pages, with everything that can go wrong on the way.
    with open_browser(bot) as browser:
        for said in PERSONAL:
            browser.submit("/messages", text=said)
        browser.submit("/messages", expected=422, text="07700 900461 " * 200)
        bot.rasa.answer = lambda _: 500
        browser.submit("/messages", text="zebedee.q@example.org")
        bot.directory.status = 500
        browser.submit("/messages", text="LS8 5QD")
        browser.open("/nothing/07700900461?q=LS85QD", expected=404)
    bot.api.post(f"/api/conversations/{conversation}/messages", content=b'{"text": "07700 900461')
    held = repr([entry.transcript for entry in bot.app.state.desk.conversations._by_id.values()])
    held += repr([entry.__dict__ for entry in bot.app.state.desk.conversations._by_id.values()])
    places = {"heard": repr(bot.rasa.received), "held": held, "metrics": bot.api.get("/metrics").text}
    assert len(bot.rasa.received) > 2 * len(PERSONAL)
    assert "a message could not be answered" in logs.getvalue()
    for name, content in (places | {"logs": logs.getvalue()}).items():
        for said, secret in PERSONAL.items():
            assert secret.lower() not in content.lower(), f"{said} is in what was {name}"


def check_apology(reply: dict) -> None:
    message = reply["messages"][0]
    assert all(number in message["text"] for number in NUMBERS)
    assert "kept" in message["text"]
    assert [button["title"] for button in message["buttons"]] == ["Try again"]


def test_the_echo_of_the_fake_rasa_would_show_a_leak():
    assert echo("07700 900461")[0]["text"].endswith("07700 900461")


def test_an_owed_forgetting_is_told_as_soon_as_rasa_is_back():
    rasa = FakeRasa()

    async def forget_later(port: int) -> set[str]:
        settings = BotSettings(rasa_url=f"http://127.0.0.1:{port}")
        desk = build_front_desk(settings, build_clock(None), PatternScreen())
        desk.owed.add("web-abc")
        await forget_owed(desk)
        return desk.owed

    with serve_fake(rasa) as port:
        assert asyncio.run(forget_later(port)) == set()
    assert rasa.received == [("web-abc", "/forget_me")]
    assert asyncio.run(forget_later(port)) == {"web-abc"}
