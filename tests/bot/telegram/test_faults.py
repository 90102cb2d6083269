"""Telegram repeating, reordering, refusing, failing: every message is answered once and in order."""

import threading
from itertools import pairwise
from typing import Any

import httpx
import pytest

from bot.telegram.sealing import make_keys
from tests.bot.telegram.conftest import Chat, StartChat
from tests.bot.telegram.fake_telegram import (
    TOKEN,
    FakeTelegram,
    message,
    retry_after,
    server_error,
    unreadable_html,
)

HEADER = "X-Telegram-Bot-Api-Secret-Token"


def test_an_update_that_comes_again_is_answered_once(chat: Chat):
    update = message(50, text="one")
    chat.telegram.push(update, update)
    chat.write("two", expect=2)
    chat.telegram.push(update)
    chat.write("three")
    assert chat.bot.rasa.messages == ["one", "two", "three"]
    assert chat.failures("telegram_repeated_update") == 2


def test_the_same_message_under_a_new_update_number_is_answered_once(chat: Chat):
    chat.telegram.push(message(50, text="one", message_id=1), message(51, text="one", message_id=1))
    chat.write("two", expect=2)
    assert chat.bot.rasa.messages == ["one", "two"]


def test_updates_in_the_wrong_order_are_answered_in_the_order_in_which_they_were_written(chat: Chat):
    chat.telegram.push(*(message(number, text=f"part {number}") for number in (53, 51, 54, 50, 52)))
    chat.telegram.wait_for_texts(5)
    assert chat.telegram.texts() == [f"You said: part {number}" for number in range(50, 55)]


@pytest.mark.parametrize(
    "odd",
    [
        5,
        "text",
        None,
        [],
        {"update_id": 60},
        {"update_id": 60, "message": 5},
        {"update_id": 60, "message": {"message_id": 1}},
        {"update_id": 60, "message": {"message_id": 1, "date": "x", "chat": {"id": "y", "type": "private"}}},
        {"update_id": "60", "message": message(1, text="no number")["message"]},
        {"update_id": 60, "callback_query": {"id": "1"}},
        {"update_id": 60, "something_new": {"a": 1}},
        message(60, text=""),
        message(60, text="\ud800 half a letter"),
    ],
    ids=repr,
)
def test_an_update_that_makes_no_sense_stops_nothing(chat: Chat, odd: Any):
    chat.telegram.push(odd, message(99, 8, "hello"))
    chat.telegram.wait_for_texts(1, 8)
    chat.telegram.wait_until_fetched()


def test_telegram_asking_to_wait_is_obeyed_and_nothing_is_lost(start_chat: StartChat):
    refused = threading.Semaphore(3)

    def fault(method: str, _: dict[str, Any]) -> Any:
        return retry_after(0.2) if method == "sendMessage" and refused.acquire(blocking=False) else None

    telegram = FakeTelegram(fault=fault)
    chat = start_chat(telegram)
    telegram.push(*(message(number, text=f"part {number}") for number in range(50, 55)))
    telegram.wait_for_texts(5)
    assert telegram.texts() == [f"You said: part {number}" for number in range(50, 55)]
    assert telegram.too_early == 0
    assert chat.failures("telegram_retry_after") == 3


def test_telegram_asking_to_wait_before_a_press_is_acknowledged_is_obeyed(start_chat: StartChat):
    refused = threading.Semaphore(2)

    def fault(method: str, _: dict[str, Any]) -> Any:
        return (
            retry_after(0.3) if method == "answerCallbackQuery" and refused.acquire(blocking=False) else None
        )

    telegram = FakeTelegram(fault=fault)
    chat = start_chat(telegram)
    chat.write("/start")
    chat.press("Food")
    asked = [call.at for call in telegram.calls if call.method == "answerCallbackQuery"]
    assert len(asked) == 3
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(asked))


def test_a_chat_that_has_to_wait_keeps_nobody_else_waiting(start_chat: StartChat):
    def fault(method: str, params: dict[str, Any]) -> Any:
        return retry_after(3600) if method == "sendMessage" and params["chat_id"] == 7 else None

    telegram = FakeTelegram(fault=fault)
    start_chat(telegram)
    telegram.push(message(1, 7, "one"))
    telegram.wait_until(lambda: telegram.count("sendMessage") == 1)
    telegram.push(message(2, 8, "two"))
    assert telegram.wait_for_texts(1, 8)


def test_messages_in_one_chat_keep_the_pause_that_telegram_asks_for(start_chat: StartChat):
    telegram = FakeTelegram(chat_seconds=0.15)
    start_chat(telegram, telegram_chat_seconds=0.16)
    telegram.push(*(message(number, text=f"part {number}") for number in range(50, 56)))
    telegram.wait_for_texts(6)
    assert telegram.too_early == 0


def test_all_chats_together_keep_the_limit(start_chat: StartChat):
    telegram = FakeTelegram()
    start_chat(telegram, telegram_per_second=20.0)
    telegram.push(*(message(number, number, "hello") for number in range(1, 22)))
    sent = telegram.wait_for_texts(21)
    assert sent[-1].at - sent[0].at > 0.9


def test_server_errors_are_tried_again_until_it_works(start_chat: StartChat):
    failures = threading.Semaphore(2)

    def fault(method: str, _: dict[str, Any]) -> Any:
        return server_error() if method == "sendMessage" and failures.acquire(blocking=False) else None

    telegram = FakeTelegram(fault=fault)
    chat = start_chat(telegram)
    chat.write("one")
    assert telegram.texts() == ["You said: one"]
    assert chat.bot.rasa.messages == ["one"]


def test_html_that_telegram_cannot_read_is_sent_as_plain_words(start_chat: StartChat):
    telegram = FakeTelegram(fault=lambda _, params: unreadable_html() if "parse_mode" in params else None)
    chat = start_chat(telegram)
    chat.write("bread & <butter>")
    assert telegram.texts() == ["You said: bread & <butter>"]


def test_a_part_that_telegram_will_never_take_does_not_hold_up_the_next(start_chat: StartChat):
    def fault(method: str, params: dict[str, Any]) -> Any:
        refusal = {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}
        return (400, refusal) if "one" in params.get("text", "") else None

    telegram = FakeTelegram(fault=fault)
    chat = start_chat(telegram)
    telegram.push(message(1, text="one"))
    chat.write("two")
    assert telegram.texts() == ["You said: two"]


def test_a_question_that_telegram_will_not_answer_is_asked_again(start_chat: StartChat):
    failures = threading.Semaphore(2)

    def fault(method: str, _: dict[str, Any]) -> Any:
        return server_error() if method == "getUpdates" and failures.acquire(blocking=False) else None

    assert start_chat(FakeTelegram(fault=fault)).write("one")


def test_the_web_chat_opens_although_telegram_is_away(start_chat: StartChat):
    chat = start_chat(telegram_api_url="http://127.0.0.1:9")
    assert chat.bot.ask("hello")["messages"]


def test_a_fault_of_ours_is_apologised_for_after_some_tries_and_the_next_message_answered(
    start_chat: StartChat, monkeypatch: pytest.MonkeyPatch
):
    chat = start_chat()
    desk = chat.bot.app.state.desk
    find = desk.conversations.find

    def break_once_asked(conversation: str) -> Any:
        if conversation == make_keys(TOKEN).hash_chat(7):
            raise ZeroDivisionError
        return find(conversation)

    monkeypatch.setattr(desk.conversations, "find", break_once_asked)
    (said,) = chat.write("one")
    assert "something went wrong on our side" in said.text
    assert chat.failures("telegram_answer") == 3
    monkeypatch.undo()
    assert chat.write("two")[0].text == "You said: two"


class Webhook:
    """A bot that Telegram pushes to."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        chat.telegram.wait_until(lambda: chat.telegram.count("setMyCommands") >= 1)

    def push(self, update: Any, secret: str | None = None) -> httpx.Response:
        headers = {HEADER: self.chat.telegram.webhook["secret_token"] if secret is None else secret}
        return self.chat.bot.api.post("/telegram/webhook", json=update, headers=headers)


@pytest.fixture
def webhook(start_chat: StartChat) -> Webhook:
    return Webhook(start_chat(telegram_webhook_url="https://chat.example.org/telegram/webhook"))


def push_until_open(webhook: Webhook, update: Any) -> None:
    """As Telegram does: again, as long as the answer is not 200."""
    while webhook.push(update).status_code != 200:
        pass


def test_a_pushed_update_is_stored_and_answered_once(webhook: Webhook):
    telegram = webhook.chat.telegram
    push_until_open(webhook, message(1, text="one"))
    assert webhook.push(message(1, text="one")).status_code == 200
    assert webhook.push(message(2, text="two")).status_code == 200
    telegram.wait_for_texts(2)
    assert telegram.texts() == ["You said: one", "You said: two"]
    assert telegram.webhook["url"] == "https://chat.example.org/telegram/webhook"
    assert telegram.count("deleteWebhook") == telegram.polls == 0


@pytest.mark.parametrize("secret", ["", "wrong", "\xff\xfe", "x" * 300])
def test_a_push_without_the_secret_is_refused(webhook: Webhook, secret: str):
    answer = webhook.chat.bot.api.post(
        "/telegram/webhook", json=message(1, text="one"), headers={HEADER: secret.encode("latin-1")}
    )
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_the_secret_may_be_chosen(start_chat: StartChat):
    webhook = Webhook(start_chat(telegram_webhook_url="https://x.org/y", telegram_webhook_secret="our-own_1"))
    assert webhook.chat.telegram.webhook["secret_token"] == "our-own_1"
    push_until_open(webhook, message(1, text="one"))


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"x" * (1024 * 1024 + 1), b"null"])
def test_a_push_that_makes_no_sense_is_accepted_so_that_it_does_not_come_again(webhook: Webhook, body: bytes):
    push_until_open(webhook, message(1, text="one"))
    headers = {HEADER: webhook.chat.telegram.webhook["secret_token"]}
    answer = webhook.chat.bot.api.post("/telegram/webhook", content=body, headers=headers)
    assert answer.status_code == 200
    assert webhook.push(message(2, text="two")).status_code == 200


def test_a_long_message_with_a_long_quote_fits_into_a_push(webhook: Webhook):
    quoted = message(1, text="\U0001f600" * 4000)["message"]
    push_until_open(webhook, message(2, text="short", reply_to_message=quoted))
    assert webhook.chat.telegram.wait_for_texts(1)
