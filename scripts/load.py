"""Load: many residents in real dialogues against a running stack. The program behind `make load`.

python -m scripts.load http://127.0.0.1:8000 [--residents 1000] [--minutes 10] [--rate 20]
python -m scripts.load http://127.0.0.1:8000 --at-once 20 [--minutes 1]     as many turns as the stack can do

Each resident starts a conversation, says a need, answers where they are, looks at more, asks another thing, presses a
button, and sometimes writes nonsense or says thank you. Residents arrive evenly, and each says as much as it takes to
keep `--rate` over all of them (an open load: a slow answer does not slow the others down). Printed: errors (anything
but a useful answer), apologies, refusals at the door, percentiles of the seconds a turn took, turns a second; the last
line is JSON.
"""

import argparse
import asyncio
import itertools
import json
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

# What residents write: a first message, then where they are, then what they do next.
FIRST = (
    "we have no food at all today", "my electric is about to run out", "i got an eviction notice",
    "cant afford to top up the meter", "we need a bed for my son", "i am behind with my rent",
    "my benefits have been stopped", "i need someone to help me with debt", "the boiler is broken and its freezing",
    "i have no internet at home", "i feel so alone", "baby milk and nappies please", "school uniform for my daughter",
    "where can i print a form", "help with council tax", "i am sleeping in my car",
)  # fmt: skip
PLACES = (
    "Harehills", "LS9 6", "Beeston", "seacroft", "LS11", "Armley", "Chapeltown", "Otley", "Morley", "LS8 4HS",
    "Garforth",
)  # fmt: skip
LATER = (
    "Show me more", "what else is there", "thanks", "i also need help with gas", "and clothes", "no", "yes",
    "can you say that again", "how do i get there", "asdf", "i have no money until friday", "start again",
)  # fmt: skip
# How much a resident says, unless a rate asks for more or less.
TURNS, FEWEST_TURNS = 6, 3
# Words of the apology that residents get when something behind the door fails (bot/turn.py).
APOLOGY = "The fault is on our side"


@dataclass
class Tally:
    """What happened."""

    seconds: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def record(self, kind: str, example: str = "") -> None:
        """Count one outcome, and keep the first few that went wrong."""
        self.counts[kind] += 1
        if example and len(self.examples) < 5:
            self.examples.append(f"{kind}: {example[:200]}")


async def one_resident(http: httpx.AsyncClient, tally: Tally, seed: int, turns: int, gap: float) -> None:
    """Have one dialogue; `gap` seconds pass on average between the starts of two turns."""
    chance = random.Random(seed)  # noqa: S311 - which sentence comes next is no secret
    try:
        started = await http.post("/api/conversations", json={})
        started.raise_for_status()
    except httpx.HTTPError as failure:
        tally.record("not started", type(failure).__name__)
        return
    path = f"/api/conversations/{started.json()['conversation']}/messages"
    texts = [chance.choice(FIRST), chance.choice(PLACES), *chance.choices(LATER, k=turns - 2)]
    buttons: list[str] = []
    for text in texts:
        began = time.perf_counter()
        said = chance.choice(buttons) if buttons and chance.random() < 0.25 else text
        buttons = await one_turn(http, tally, path, said)
        await asyncio.sleep(max(0.0, gap * chance.uniform(0.5, 1.5) - (time.perf_counter() - began)))


async def one_turn(http: httpx.AsyncClient, tally: Tally, path: str, text: str) -> list[str]:
    """Send one message and judge the answer; return the buttons that it offers."""
    began = time.perf_counter()
    try:
        answer = await http.post(path, json={"text": text})
    except httpx.HTTPError as failure:
        tally.record("no answer", type(failure).__name__)
        return []
    tally.seconds.append(time.perf_counter() - began)
    if answer.status_code == 404:
        # "Start again" and "forget me" may end a conversation.
        tally.record("ended")
        return []
    if answer.status_code in (429, 503):
        tally.record("refused at the door")
        return []
    if answer.status_code != 200:
        tally.record("error", f"{answer.status_code} {answer.text}")
        return []
    messages = answer.json()["messages"]
    if not messages or not all(message["text"] for message in messages):
        tally.record("empty", answer.text)
    elif any(APOLOGY in message["text"] for message in messages):
        tally.record("apology")
    else:
        tally.record("answered")
    return [button["payload"] for message in messages for button in message["buttons"]]


async def run_load(url: str, residents: int, seconds: float, rate: float) -> Tally:
    """Let `residents` come evenly over `seconds`, at `rate` turns a second over all of them."""
    tally = Tally()
    turns = max(FEWEST_TURNS, round(rate * seconds / residents))
    arrivals = residents / seconds
    gap = max(1.0, min(10.0, residents / rate))
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=400)
    async with (
        httpx.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        began, number = time.monotonic(), 0
        while number < residents and time.monotonic() - began < seconds:
            group.create_task(one_resident(http, tally, number, turns, gap))
            number += 1
            await asyncio.sleep(max(0.0, began + number / arrivals - time.monotonic()))
    tally.counts["residents"] = number
    return tally


async def run_crowd(url: str, people: int, seconds: float) -> Tally:
    """Let `people` talk at once, each sending the next message as soon as the last is answered."""
    tally = Tally()
    give_up = time.monotonic() + seconds

    async def talk(first: int) -> None:
        for number in itertools.count(first, people):
            if time.monotonic() > give_up:
                return
            await one_resident(http, tally, number, TURNS, gap=0)

    async with (
        httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        for number in range(people):
            group.create_task(talk(number))
    return tally


def summarise(tally: Tally, elapsed: float) -> dict[str, object]:
    """Return the figures that are printed."""
    ordered = sorted(tally.seconds) or [0.0]
    return {
        "turns": len(tally.seconds),
        "turns_per_second": round(len(tally.seconds) / elapsed, 2),
        "median_ms": round(1000 * statistics.median(ordered)),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))]),
        "p99_ms": round(1000 * ordered[int(0.99 * (len(ordered) - 1))]),
        "worst_ms": round(1000 * ordered[-1]),
        "counts": dict(tally.counts),
    }


async def long_conversation(url: str, turns: int = 100) -> dict[str, float]:
    """Return the median milliseconds of turns 3 to 7 and of the five before turn `turns` of one conversation."""
    seconds = []
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http:
        conversation = (await http.post("/api/conversations", json={})).json()["conversation"]
        for _ in range(turns + 2):
            # The same question each time, so that only the length of the conversation differs.
            text = "we have no food at all today in Harehills"
            began = time.perf_counter()
            answer = await http.post(f"/api/conversations/{conversation}/messages", json={"text": text})
            answer.raise_for_status()
            seconds.append(time.perf_counter() - began)
    early, late = (1000 * statistics.median(part) for part in (seconds[2:7], seconds[-7:-2]))
    return {"turn_5_ms": round(early, 1), f"turn_{turns}_ms": round(late, 1), "ratio": round(late / early, 2)}


def main() -> int:
    """Run the load that is asked for and print what happened; return 1 if there was any error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--residents", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--rate", type=float, default=0, help="turns a second; default: residents over minutes"
    )
    parser.add_argument(
        "--long", action="store_true", help="measure turn 5 and turn 100 of one conversation instead"
    )
    parser.add_argument("--at-once", type=int, default=0, help="this many residents, none of whom pauses")
    options = parser.parse_args()
    if options.long:
        print(json.dumps(asyncio.run(long_conversation(options.url))))
        return 0
    rate = options.rate or options.residents * TURNS / (60 * options.minutes)
    began = time.perf_counter()
    seconds = 60 * options.minutes
    if options.at_once:
        tally = asyncio.run(run_crowd(options.url, options.at_once, seconds))
    else:
        tally = asyncio.run(run_load(options.url, options.residents, seconds, rate))
    for example in tally.examples:
        print(example)
    print(json.dumps(summarise(tally, time.perf_counter() - began)))
    return (
        1
        if any(tally.counts[kind] for kind in ("error", "empty", "no answer", "not started", "apology"))
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
