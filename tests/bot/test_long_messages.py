"""Messages that are too long to be answered, at the API."""

import pytest

from tests.bot.conftest import Bot
from tests.bot.pages import check_problem


@pytest.mark.parametrize(("length", "status"), [(2000, 200), (2001, 422)])
def test_two_thousand_characters_are_a_message_and_one_more_is_not(bot: Bot, length: int, status: int):
    answer = bot.send(bot.start(), f"  {'ą' * length}  ")
    assert answer.status_code == status
    if status == 422:
        check_problem(answer)
        assert "2000" in answer.json()["detail"]
        assert answer.json()["messages"] == []


def test_a_message_that_is_too_long_is_still_read_for_danger(bot: Bot):
    conversation = bot.start()
    answer = bot.send(
        conversation, f"{'The meter ran out again and nobody rings back. ' * 50} I want to die."
    )
    assert answer.status_code == 422
    assert [message["urgent"] for message in answer.json()["messages"]] == [True]
    assert "116 123" in answer.json()["messages"][0]["text"]
    assert bot.rasa.received == []
