"""The bot process is killed (SIGKILL) while a crowd writes. scripts/telegram_bars.py does it with 10,000 updates."""

from pathlib import Path

from tests.bot.telegram.crowd import Crowd, run_crowd

# Answers that are on their way at the moment of a kill: one for each chat that is being answered or sent to.
ON_THE_WAY = 8


def test_two_kills_lose_no_message_and_answer_none_twice(tmp_path: Path):
    kills = 2
    outcome = run_crowd(
        Crowd(updates=500, chats=50), tmp_path, kills=kills, per_second=60.0, chat_seconds=0.2, seconds=60.0
    )
    assert outcome.answers == outcome.messages == 475
    assert outcome.lost == 0
    assert outcome.answered_twice == 0
    assert outcome.out_of_order == 0
    assert outcome.sent_too_early == 0
    assert outcome.left_in_store == 0
    assert outcome.delivered_again <= kills * ON_THE_WAY
    assert outcome.heard_again <= kills * ON_THE_WAY
    log = (tmp_path / "bot.log").read_text()
    assert "note q" not in log
    assert "fake-token" not in log
