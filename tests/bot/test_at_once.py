"""Messages that come while others are being answered."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from tests.bot.conftest import Bot, StartBot
from tests.bot.pages import check_problem

KEY = {"Idempotency-Key": "k"}
DANGER = "I am going to kill myself"


@contextmanager
def under_way[Answer](bot: Bot, *turns: Callable[[], Answer]) -> Iterator[list[Future[Answer]]]:
    """Start the turns at once, and let Rasa answer none of them before the end of the block."""
    bot.rasa.hold.clear()
    with ThreadPoolExecutor(len(turns)) as pool:
        started = [pool.submit(turn) for turn in turns]
        assert bot.rasa.arrived.acquire(timeout=10)
        try:
            yield started
        finally:
            bot.rasa.hold.set()


def test_a_double_click_is_handled_in_order_without_error(bot: Bot):
    conversation = bot.start()
    click = partial(bot.say, conversation, "no food")
    with under_way(bot, click, click) as both:
        # The second turn may not start before the first has its answer.
        assert not bot.rasa.arrived.acquire(blocking=False)
    assert [turn.result()["messages"][0]["text"] for turn in both] == ["You said: no food"] * 2
    assert bot.rasa.messages == ["no food"] * 2


def test_a_double_click_with_one_key_is_handled_once(bot: Bot):
    click = partial(bot.say, bot.start(), "no food", **KEY)
    with under_way(bot, click, click) as both:
        pass
    first, second = (turn.result() for turn in both)
    assert first == second
    assert bot.rasa.messages == ["no food"]


def test_too_many_messages_at_once_are_asked_to_wait_and_none_fails(bot: Bot):
    conversation = bot.start()
    with under_way(bot, *(partial(bot.send, conversation, f"message {n}") for n in range(8))) as turns:
        while sum(turn.done() for turn in turns) < 3:
            bot.rasa.hold.wait(0.01)
    answers = [turn.result() for turn in turns]
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
    for answer in answers:
        if answer.status_code == 429:
            check_problem(answer)
            assert answer.headers["retry-after"]


def test_a_message_of_danger_waits_for_no_earlier_message(bot: Bot):
    conversation = bot.start()
    with under_way(bot, *(partial(bot.send, conversation, f"message {n}") for n in range(5))) as turns:
        urgent = bot.say(conversation, DANGER)
        assert not any(turn.done() for turn in turns)
    assert {turn.result().status_code for turn in turns} == {200}
    answers = [turn.result().json()["messages"][-1] for turn in turns]
    assert urgent["messages"][0]["urgent"]
    # What it said is not lost: one of the answers that came after it offers to go back to it.
    assert "/try_again" in [button["payload"] for answer in answers for button in answer["buttons"]]


def test_a_message_of_danger_that_comes_twice_with_one_key_is_answered_once(bot: Bot):
    conversation = bot.start()
    with under_way(bot, partial(bot.say, conversation, "no food")):
        urgent = bot.say(conversation, DANGER, **KEY)
        assert bot.say(conversation, DANGER, **KEY) == urgent
    # After the earlier answer too.
    assert bot.say(conversation, DANGER, **KEY) == urgent
    assert bot.rasa.messages == ["no food"]


def test_a_double_click_on_a_message_of_danger_is_handled_once(bot: Bot):
    click = partial(bot.say, bot.start(), DANGER, **KEY)
    with under_way(bot, click, click) as both:
        pass
    first, second = (turn.result() for turn in both)
    assert first == second
    assert first["messages"][0]["urgent"]
    assert bot.rasa.messages == [DANGER]


def test_twenty_conversations_at_once_do_not_wait_for_one_another(start_bot: StartBot):
    bot = start_bot(turns_at_once=20)
    turns = [partial(bot.say, bot.start(), f"I am {n}") for n in range(20)]
    with under_way(bot, *turns) as started:
        for _ in turns[1:]:
            assert bot.rasa.arrived.acquire(timeout=10)
    said = [turn.result()["messages"][0]["text"] for turn in started]
    assert said == [f"You said: I am {n}" for n in range(20)]


def test_delete_during_a_turn_lets_rasa_forget_after_it(bot: Bot):
    conversation = bot.start()
    with under_way(bot, partial(bot.send, conversation, "no food")) as (turn,), ThreadPoolExecutor(1) as pool:
        forget = pool.submit(bot.api.delete, f"/api/conversations/{conversation}")
        while len(bot.app.state.desk.conversations):
            bot.rasa.hold.wait(0.01)
        bot.rasa.hold.set()
    assert (turn.result().status_code, forget.result().status_code) == (200, 204)
    assert bot.rasa.messages == ["no food", "/forget_me"]
