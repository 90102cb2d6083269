"""Measures the bar of the Telegram door: 10,000 updates with 5% repeats and two kills, none lost, none answered twice.

    python -m scripts.telegram_bars

The real bot process at Telegram's own limits (30 messages a second, one a second in each chat), against a fake Bot API
server over HTTP that repeats, reorders, asks to wait, fails and keeps those limits too; Rasa and the directory are
fakes. At that pace it takes about six minutes. The last line is one JSON object; the exit code says whether it holds.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from tests.bot.telegram.crowd import Crowd, Outcome, run_crowd

UPDATES = 10_000
CHATS = 500
KILLS = 2
PER_SECOND = 30.0
CHAT_SECONDS = 1.0
PATIENCE_SECONDS = 1800.0


def holds(outcome: Outcome) -> bool:
    """Return whether the bar is kept: all answered, none twice, in order, within Telegram's limits, nothing left."""
    wrong = (
        outcome.lost,
        outcome.answered_twice,
        outcome.out_of_order,
        outcome.sent_too_early,
        outcome.left_in_store,
    )
    return outcome.answers == outcome.messages and not any(wrong)


def main() -> int:
    """Run the crowd once and print what became of it."""
    crowd = Crowd(updates=UPDATES, chats=CHATS)
    with tempfile.TemporaryDirectory() as folder, tqdm(total=crowd.messages, unit=" answers") as bar:

        def progress(answered: int) -> None:
            bar.update(max(0, answered - int(bar.n)))

        outcome = run_crowd(
            crowd,
            Path(folder),
            kills=KILLS,
            per_second=PER_SECOND,
            chat_seconds=CHAT_SECONDS,
            seconds=PATIENCE_SECONDS,
            progress=progress,
        )
    print(json.dumps(asdict(outcome) | {"holds": holds(outcome)}))
    return 0 if holds(outcome) else 1


if __name__ == "__main__":
    sys.exit(main())
