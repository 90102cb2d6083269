import json

import pytest

from tests.bot.conftest import Bot, StartBot
from tests.bot.fakes import FakeRasa, card, echo
from tests.bot.pages import check_problem


def test_a_conversation_starts_with_an_unguessable_id_and_a_welcome(bot: Bot):
    first, second = (bot.api.post("/api/conversations") for _ in range(2))
    assert first.status_code == 201
    assert len(first.json()["conversation"]) >= 32
    assert first.json()["conversation"] != second.json()["conversation"]
    assert "Signpost Leeds" in first.json()["messages"][0]["text"]
    assert first.json()["understood"] == {"needs": [], "risk": None, "language": "en", "place": None}


def test_a_message_is_answered_by_rasa_under_the_name_of_the_channel_and_the_conversation(bot: Bot):
    conversation = bot.start()
    reply = bot.say(conversation, "  no food in \n")
    assert [m["text"] for m in reply["messages"]] == ["You said: no food in"]
    assert bot.rasa.received == [(f"api-{conversation}", "no food in")]


def test_cards_belong_to_the_words_before_them_and_keep_every_field(bot: Bot):
    bot.rasa.answer = lambda _: [
        {
            "recipient_id": "x",
            "text": "Here is what I found.",
            "buttons": [{"title": "More", "payload": "/more"}],
        },
        {"recipient_id": "x", "custom": {"services": [card(), card(name="Second")], "urgent": False}},
        {"recipient_id": "x", "text": "Shall we look at the next one?"},
    ]
    found, question = bot.ask("food")["messages"]
    assert found["services"][0] == card()
    assert [service["name"] for service in found["services"]] == ["Harehills Food Pantry", "Second"]
    assert found["buttons"] == [{"title": "More", "payload": "/more"}]
    assert found["urgent"] is False
    assert question["services"] == []
    assert set(question) == {"text", "buttons", "services", "urgent"}


def test_a_page_with_more_is_a_web_address_and_is_left_out_where_there_is_none(bot: Bot):
    page = "http://127.0.0.1:8080/guidance/warm-home-discount"
    for said, shown in ((page, [page]), ("javascript:alert(1)", []), (["x"], []), (None, [])):
        bot.rasa.answer = lambda _, said=said: [{"text": "Money off a bill.", "custom": {"more": said}}]
        assert [message["more"] for message in bot.ask("bills")["messages"] if "more" in message] == shown


def test_what_is_understood_stays_until_rasa_reports_something_else(bot: Bot):
    place = {"ward_code": "E05011394", "ward": "Gipton & Harehills", "committee": "Inner East"}
    custom = [
        {"understood": {"needs": ["food.parcel", "fuel.meter"], "place": place}},
        {"understood": {"place": place}},
        {"understood": {"needs": ["money.debt"], "place": None}},
        {"understood": {"needs": []}},
    ]
    answers = iter(custom)
    bot.rasa.answer = lambda _: [{"text": "ok"}, {"custom": next(answers)}]
    conversation = bot.start()
    assert bot.say(conversation, "one")["understood"]["needs"] == ["food.parcel", "fuel.meter"]
    second = bot.say(conversation, "two")["understood"]
    assert (second["needs"], second["place"]) == (["food.parcel", "fuel.meter"], place)
    third = bot.say(conversation, "three")["understood"]
    assert (third["needs"], third["place"]) == (["money.debt"], None)
    assert bot.say(conversation, "start again")["understood"]["needs"] == []
    bot.rasa.answer = echo
    assert bot.say(conversation, "five")["understood"]["needs"] == []


def test_a_part_that_nobody_agreed_on_does_not_cost_the_rest_of_the_answer(bot: Bot):
    bot.rasa.answer = lambda _: [
        {"text": "Here."},
        {"custom": {"services": [{"no": "name"}]}},
        {"custom": {"services": [card(open=None, week="often")]}},
        {"custom": "nothing like it"},
        {"text": "Anything else?", "buttons": [{"title": "no payload"}]},
        {"text": "The end.", "image": "http://example.org/x.png"},
    ]
    assert [m["text"] for m in bot.ask("food")["messages"]] == ["Here.", "The end."]
    assert 'bot_failures_total{kind="rasa_part_unreadable"} 4.0' in bot.api.get("/metrics").text


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", " http://x y", 'http://x"onload="', 7]
)
def test_an_address_that_is_not_of_the_web_is_not_shown_as_a_link(bot: Bot, address: object):
    bot.rasa.answer = lambda _: [
        {"text": "Here."},
        {"custom": {"services": [card(url=address, website=address)]}},
    ]
    service = bot.ask("food")["messages"][0]["services"][0]
    assert (service["url"], service["website"]) == (None, None)


@pytest.mark.parametrize("payload", ["/next_need", '/inform{"need": "food.parcel"}'])
def test_a_payload_reaches_rasa_as_it_is_only_after_it_was_offered(bot: Bot, payload: str):
    conversation = bot.start()
    bot.say(conversation, payload)
    assert bot.rasa.messages == [payload.removeprefix("/")]
    bot.rasa.answer = lambda _: [{"text": "Next?", "buttons": [{"title": "Next", "payload": payload}]}]
    bot.say(conversation, "offer me one")
    bot.say(conversation, payload)
    assert bot.rasa.messages[-1] == payload
    bot.say(bot.start(), payload)
    assert bot.rasa.messages[-1] == payload.removeprefix("/")


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "//restart",
        " / / /restart",
        "\u200b/restart",
        "/\u200b/restart",
        "\ufeff /restart",
        "/\n/restart",
    ],
)
def test_a_typed_command_is_only_words(bot: Bot, typed: str):
    bot.ask(typed)
    assert bot.rasa.messages == ["restart"]


def test_a_place_token_that_a_resident_types_is_only_words(bot: Bot):
    bot.ask("[place:E05011394:53.81:-1.50] and [ PLACE :x] and [postcode]")
    assert bot.rasa.messages == ["(place:E05011394:53.81:-1.50] and ( PLACE :x] and (postcode]"]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "/", " // / ", "\u200b", "\x00\x01"])
def test_an_empty_message_is_a_problem_that_says_what_to_do(bot: Bot, text: str):
    answer = bot.send(bot.start(), text)
    assert answer.status_code == 422
    check_problem(answer)
    assert answer.json()["errors"][0]["field"] == "text"
    assert bot.rasa.received == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{not json", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b"", "application/json", 400),
        (b'"text"', "application/json", 422),
        (b'{"text": 7}', "application/json", 422),
        (b'{"text": null}', "application/json", 422),
        (b'{"words": "x"}', "application/json", 422),
        (b'{"text": "x"}', "text/plain", 415),
        (b"text=x", "application/x-www-form-urlencoded", 415),
        (b'{"text": "' + b"x" * 33_000 + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_is_no_message_is_a_problem(bot: Bot, body: bytes, content_type: str, status: int):
    path = f"/api/conversations/{bot.start()}/messages"
    answer = bot.api.post(path, content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    check_problem(answer)


def test_a_large_body_without_a_length_is_refused_as_soon_as_it_is_too_large(bot: Bot):
    path = f"/api/conversations/{bot.start()}/messages"
    answer = bot.api.post(path, content=iter([b"x" * 8000] * 5), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    check_problem(answer)


def test_half_a_surrogate_pair_is_no_trouble(bot: Bot):
    path = f"/api/conversations/{bot.start()}/messages"
    body = b'{"text": "food \\ud83d please \\ud83d\\ude00"}'
    answer = bot.api.post(path, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 200
    assert bot.rasa.messages == ["food ? please 😀"]


@pytest.mark.parametrize(("method", "rest"), [("POST", "/messages"), ("DELETE", "")])
def test_an_unknown_conversation_is_a_problem_that_says_to_start_a_new_one(bot: Bot, method: str, rest: str):
    answer = bot.api.request(method, f"/api/conversations/nobody-has-this{rest}", json={"text": "food"})
    assert answer.status_code == 404
    check_problem(answer)
    assert "Start a new one" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("text", "urgent"),
    [("i can smell gas", [True]), ("no food in", []), (f"i can smell gas {'x' * 2000}", [True])],
)
def test_danger_gets_its_card_also_when_the_conversation_is_forgotten(
    bot: Bot, text: str, urgent: list[bool]
):
    answer = bot.send("gone", text)
    assert answer.status_code == 404
    check_problem(answer)
    assert [message["urgent"] for message in answer.json()["messages"]] == urgent
    assert bot.rasa.received == []


def test_danger_gets_its_card_in_its_own_language_also_when_the_conversation_is_forgotten(bot: Bot):
    answer = bot.send("gone", "Czuję gaz w kuchni i bardzo boli mnie głowa, co mam robić?")
    assert (
        answer.json()["messages"][0]["text"]
        == bot.say(bot.start(), "Czuję gaz w kuchni i bardzo boli mnie głowa, co mam robić?")["messages"][0][
            "text"
        ]
    )
    assert "gaz" in answer.json()["messages"][0]["text"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/conversations", 405),
        ("PUT", "/api/conversations/x/messages", 405),
        ("POST", "/healthz", 405),
        ("GET", "/api/nothing", 404),
        ("GET", "/static/../settings.py", 404),
        ("GET", "/docs", 404),
    ],
)
def test_a_wrong_method_or_address_is_a_problem(bot: Bot, method: str, path: str, status: int):
    answer = bot.api.request(method, path)
    assert answer.status_code == status
    check_problem(answer)


@pytest.mark.parametrize("key", ["", "k" * 129])
def test_an_idempotency_key_of_a_strange_length_is_a_problem(bot: Bot, key: str):
    answer = bot.send(bot.start(), "food", **{"Idempotency-Key": key})
    assert answer.status_code == 422
    check_problem(answer)


def test_the_same_key_and_words_are_handled_once_and_answered_the_same(bot: Bot):
    conversation = bot.start()
    key = {"Idempotency-Key": "abc"}
    first, second = bot.say(conversation, "no food", **key), bot.say(conversation, "no food", **key)
    assert first == second
    assert bot.rasa.messages == ["no food"]
    assert bot.say(conversation, "other words", **key) != first


def test_delete_forgets_here_and_tells_rasa(bot: Bot):
    conversation = bot.start()
    bot.say(conversation, "no food")
    assert bot.api.delete(f"/api/conversations/{conversation}").status_code == 204
    assert bot.rasa.received[-1] == (f"api-{conversation}", "/forget_me")
    assert bot.send(conversation, "hello?").status_code == 404
    assert bot.api.delete(f"/api/conversations/{conversation}").status_code == 404
    assert len(bot.app.state.desk.conversations) == 0


def test_a_resident_who_asks_to_be_forgotten_sees_the_goodbye_and_then_is(bot: Bot):
    conversation = bot.start()
    bot.rasa.answer = lambda _: [{"text": "All gone. Goodbye."}, {"custom": {"forget": True}}]
    assert bot.say(conversation, "forget me")["messages"][0]["text"] == "All gone. Goodbye."
    assert bot.send(conversation, "hello?").status_code == 404


def test_a_conversation_vanishes_24_hours_after_its_last_message(bot: Bot):
    conversation = bot.start()
    bot.clock.move(hours=23)
    bot.say(conversation, "still here")
    bot.clock.move(hours=23, minutes=59)
    bot.say(conversation, "still here")
    bot.clock.move(hours=24)
    assert bot.send(conversation, "anybody?").status_code == 404
    assert len(bot.app.state.desk.conversations) == 0


def test_a_clock_that_ran_ahead_makes_nothing_outlive_its_24_hours(bot: Bot):
    bot.clock.move(days=2)
    ahead = bot.start()
    bot.say(ahead, "no food")
    bot.clock.move(days=-2)
    later = bot.start()
    assert bot.send(ahead, "still here").status_code == 200
    bot.clock.move(hours=24)
    assert {bot.send(each, "anybody?").status_code for each in (ahead, later)} == {404}


def test_memory_is_bounded_and_the_quietest_conversation_goes_first(start_bot: StartBot):
    bot = start_bot(conversation_limit=3)
    first, second, third = (bot.start() for _ in range(3))
    bot.say(first, "I am still talking")
    bot.start()
    assert bot.send(second, "hello?").status_code == 404
    assert bot.send(first, "hello?").status_code == 200
    assert bot.send(third, "hello?").status_code == 200


def test_a_long_talk_keeps_its_last_lines_only(bot: Bot):
    conversation = bot.start()
    for number in range(60):
        bot.say(conversation, f"message {number}")
    kept = bot.app.state.desk.conversations.get(conversation).transcript
    assert len(kept) == 80
    assert kept[-1].message.text == "You said: message 59"


def test_the_openapi_document_names_the_real_answers(bot: Bot):
    document = bot.api.get("/openapi.json").json()
    messages = document["paths"]["/api/conversations/{conversation_id}/messages"]["post"]
    assert set(messages["responses"]) >= {"200", "400", "404", "413", "415", "422", "429"}
    assert "application/problem+json" in messages["responses"]["422"]["content"]
    assert messages["requestBody"]["content"]["application/json"]["schema"]["required"] == ["text"]
    assert "/readyz" in document["paths"]
    assert "points_to_urgent_help" not in json.dumps(document["components"]["schemas"]["Message"])


def test_ready_says_which_service_is_missing(bot: Bot):
    assert bot.api.get("/healthz").json() == {"status": "ok"}
    assert bot.api.get("/readyz").json() == {"status": "ready", "checks": {"rasa": "ok", "directory": "ok"}}
    bot.directory.status = 500
    answer = bot.api.get("/readyz")
    assert answer.status_code == 503
    check_problem(answer)
    assert answer.json()["checks"] == {"rasa": "ok", "directory": "down"}


def test_figures_say_whether_the_bot_can_help(bot: Bot):
    assert "bot_ready 1.0" in bot.api.get("/metrics").text
    bot.directory.status = 500
    assert "bot_ready 0.0" in bot.api.get("/metrics").text
    bot.directory.status = 200
    assert "bot_ready 1.0" in bot.api.get("/metrics").text


def test_figures_say_which_of_its_servers_rasa_does_without(bot: Bot):
    figures = bot.api.get("/metrics").text
    for store in ("conversations", "locks"):
        assert f'bot_rasa_stores_away{{store="{store}"}} 0.0' in figures
    bot.rasa.stores_away.append("locks")
    figures = bot.api.get("/metrics").text
    assert 'bot_rasa_stores_away{store="locks"} 1.0' in figures
    assert 'bot_rasa_stores_away{store="conversations"} 0.0' in figures


def test_metrics_count_turns_and_time_their_steps_and_say_nothing_of_needs(bot: Bot):
    bot.rasa.answer = lambda _: [
        {"text": "ok"},
        {"custom": {"understood": {"needs": ["food.parcel"], "place": None}}},
    ]
    bot.ask("he hits me, LS8 5QD")
    metrics = bot.api.get("/metrics").text
    assert 'bot_turns_total{channel="api",outcome="answered"} 1.0' in metrics
    for step in ("screen", "redact", "places", "rasa", "compose"):
        assert f'bot_turn_step_seconds_count{{step="{step}"}} 1.0' in metrics
    for secret in ("food", "domestic", "E05", "LS8"):
        assert secret not in metrics


def test_the_fake_rasa_is_what_it_says():
    # Guards the tests above: an answer that never comes from the network would prove nothing.
    assert FakeRasa().handle("POST", "/webhooks/rest/webhook", b'{"sender": "s", "message": "m"}') == (
        200,
        [{"recipient_id": "x", "text": "You said: m"}],
    )
