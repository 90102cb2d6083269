"""More people than can be answered at once: they queue, are told so, and nobody in danger waits."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from tests.bot.conftest import Bot, StartBot


def occupy(bot: Bot, pool: ThreadPoolExecutor, count: int) -> None:
    """Have `count` messages in front of Rasa, which does not answer yet."""
    bot.rasa.hold.clear()
    for conversation in [bot.start() for _ in range(count)]:
        pool.submit(bot.send, conversation, "no food")
    for _ in range(count):
        assert bot.rasa.arrived.acquire(timeout=10)


def wait_until(bot: Bot, waiting: int) -> None:
    until = monotonic() + 10
    while bot.api.get("/queue").json()["waiting"] != waiting:
        assert monotonic() < until, "the queue never became so long"


def test_messages_above_the_limit_wait_and_are_answered_in_order(start_bot: StartBot):
    bot = start_bot(turns_at_once=1, turn_patience=7.0)
    with ThreadPoolExecutor(4) as pool:
        occupy(bot, pool, 1)
        turns = []
        for number, conversation in enumerate([bot.start() for _ in range(3)], 1):
            turns.append(pool.submit(bot.say, conversation, f"message {number}"))
            wait_until(bot, number)
        bot.rasa.hold.set()
        said = [turn.result()["messages"][0]["text"] for turn in turns]
    assert said == [f"You said: message {number}" for number in (1, 2, 3)]
    assert bot.rasa.messages[1:] == ["message 1", "message 2", "message 3"]
    assert bot.api.get("/queue").json() == {"waiting": 0}


def test_when_the_queue_is_full_a_message_is_kept_and_may_be_tried_again(start_bot: StartBot):
    bot = start_bot(turns_at_once=1, turns_waiting=0)
    conversation = bot.start()
    with ThreadPoolExecutor(1) as pool:
        occupy(bot, pool, 1)
        said = bot.say(conversation, "no food in")["messages"][0]
        bot.rasa.hold.set()
    assert said["text"].startswith("Many people are writing to me just now")
    assert "999" in said["text"]
    assert (
        bot.say(conversation, said["buttons"][0]["payload"])["messages"][0]["text"] == "You said: no food in"
    )


def test_nobody_waits_longer_than_the_patience(start_bot: StartBot):
    bot = start_bot(turns_at_once=1, turn_patience=0.1)
    with ThreadPoolExecutor(1) as pool:
        occupy(bot, pool, 1)
        said = bot.ask("no food in")["messages"][0]
        bot.rasa.hold.set()
    assert said["text"].startswith("Many people are writing to me just now")


def test_a_message_that_speaks_of_danger_passes_the_queue(start_bot: StartBot):
    bot = start_bot(turns_at_once=1, turns_waiting=0)
    conversation = bot.start()
    with ThreadPoolExecutor(2) as pool:
        occupy(bot, pool, 1)
        turn = pool.submit(bot.say, conversation, "i can smell gas")
        assert bot.rasa.arrived.acquire(timeout=10), "it reaches Rasa although all places are taken"
        bot.rasa.hold.set()
        assert turn.result()["messages"][0]["urgent"]


def test_how_many_wait_is_a_figure_for_operators(start_bot: StartBot):
    assert "bot_messages_waiting 0.0" in start_bot().api.get("/metrics").text
