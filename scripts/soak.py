"""Holds many open web conversations for a long time and watches answers and memory: ``make soak``.

    python -m scripts.soak [--minutes 30] [--conversations 200] [--rate 20]

The real four processes; residents write at the web pages, as chat.js does, each in a conversation of their own, at a
fixed pace over all of them (a slow answer does not slow the others down). Every 40 messages a resident presses "Forget"
and begins anew. Printed: one line a minute, and at the end one JSON object. The exit code is 0 if every message got an
answer and the 95th percentile and the memory kept their bars (docs/web.md).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from scripts.load import FIRST, LATER, PLACES
from tests.stack import RunningStack, running_stack

P95_SECONDS = 1.5
# Memory may grow while conversations open and caches fill; after the first third it may no more.
MOST_GROWTH = 0.05
FORGET_EVERY = 40
WATCHED = ("rasa", "actions", "directory", "bot")
APOLOGY, CROWDED = "The fault is on our side", "Many people are writing"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


@dataclass
class Soak:
    """What happened: seconds of each answer, outcomes, and the memory of each process (MB) at each look."""

    seconds: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    memory: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in WATCHED})
    # Processor seconds used by each process: unlike the clock, other work on the machine does not change them.
    processor: dict[str, float] = field(default_factory=dict)


class Resident:
    """One browser: a cookie of its own over shared connections."""

    def __init__(self, http: httpx.AsyncClient, number: int) -> None:
        self._http = http
        self._chance = random.Random(number)  # noqa: S311 - which sentence comes next is no secret
        self._cookie = ""
        self._said = 0

    async def say_something(self, soak: Soak) -> None:
        """Send the next message, or forget the conversation when it is long."""
        headers = {"X-Fragment": "lines", "Cookie": self._cookie}
        began = time.perf_counter()
        try:
            if self._said == FORGET_EVERY:
                self._said = 0
                await self._http.post("/forget", headers=headers)
                self._cookie = ""
                soak.outcomes["forgotten"] += 1
                return
            answer = await self._http.post("/messages", data={"text": self._next_text()}, headers=headers)
        except httpx.HTTPError as failure:
            soak.outcomes[f"no answer: {type(failure).__name__}"] += 1
            return
        soak.seconds.append(time.perf_counter() - began)
        self._cookie = answer.headers.get("set-cookie", self._cookie).partition(";")[0]
        soak.outcomes[judge(answer)] += 1

    def _next_text(self) -> str:
        self._said += 1
        return self._chance.choice(FIRST if self._said % 6 == 1 else PLACES if self._said % 6 == 2 else LATER)


def judge(answer: httpx.Response) -> str:
    """Return what became of a message."""
    if answer.status_code != 200 or "line us" not in answer.text:
        return f"error: {answer.status_code}"
    return "apology" if APOLOGY in answer.text else "queue full" if CROWDED in answer.text else "answered"


def measure_group(group: int) -> tuple[float, float]:
    """Return the resident memory in MB and the processor seconds of all processes of a process group (Linux)."""
    memory = seconds = 0.0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            # The name in brackets may hold spaces; the group is the third field after it.
            fields = (path / "stat").read_text().rpartition(") ")[2].split()
            if int(fields[2]) == group:
                memory += int((path / "statm").read_text().split()[1]) * PAGE_MB
                seconds += (int(fields[11]) + int(fields[12])) / TICKS
        except (OSError, ValueError, IndexError):
            # It ended while we looked.
            continue
    return memory, seconds


async def hold(stack: RunningStack, conversations: int, rate: float, seconds: float) -> Soak:
    """Have `conversations` residents write at `rate` messages a second over all of them for `seconds`."""
    soak = Soak()
    limits = httpx.Limits(max_connections=conversations, max_keepalive_connections=conversations)
    async with (
        httpx.AsyncClient(base_url=stack.bot_url, timeout=30, limits=limits, trust_env=False) as http,
        asyncio.TaskGroup() as group,
    ):
        residents = itertools.cycle([Resident(http, number) for number in range(conversations)])
        began, look = time.monotonic(), 0.0
        for number in itertools.count():
            now = time.monotonic() - began
            if now >= seconds:
                break
            if now >= look:
                look += min(60.0, seconds / 12)
                watch(stack, soak, now)
            group.create_task(next(residents).say_something(soak))
            await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    for name in WATCHED:
        soak.processor[name] += measure_group(stack.stack.children.pid(name))[1]
    return soak


def watch(stack: RunningStack, soak: Soak, now: float) -> None:
    """Note the memory of every process and say how it goes."""
    for name in WATCHED:
        memory_mb, seconds = measure_group(stack.stack.children.pid(name))
        if not soak.memory[name]:
            soak.processor[name] = -seconds
        soak.memory[name].append(memory_mb)
    memory = ", ".join(f"{name} {soak.memory[name][-1]:.0f}" for name in WATCHED)
    print(f"{now:5.0f} s: {len(soak.seconds)} answers; MB: {memory}", flush=True)


def summarise(soak: Soak, load_before: float) -> dict[str, object]:
    """Return the figures and whether they keep the bars."""
    ordered = sorted(soak.seconds) or [0.0]
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    growth = {}
    for name, looks in soak.memory.items():
        settled = looks[len(looks) // 3 :]
        growth[name] = round(settled[-1] / settled[0] - 1, 3)
    wrong = sum(count for outcome, count in soak.outcomes.items() if outcome not in ("answered", "forgotten"))
    return {
        "answers": len(soak.seconds),
        "outcomes": dict(soak.outcomes),
        "median_ms": round(1000 * statistics.median(ordered)),
        "p95_ms": round(1000 * p95),
        "worst_ms": round(1000 * ordered[-1]),
        "memory_mb": {name: [round(looks[0]), round(looks[-1])] for name, looks in soak.memory.items()},
        "growth_after_the_first_third": growth,
        "processor_ms_per_answer": {
            name: round(1000 * seconds / max(1, len(ordered)), 1) for name, seconds in soak.processor.items()
        },
        "load_of_the_machine_before": load_before,
        "holds": wrong == 0 and p95 <= P95_SECONDS and max(growth.values()) <= MOST_GROWTH,
    }


def main() -> int:
    """Run the soak and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20, help="messages a second over all conversations")
    options = parser.parse_args()
    load_before = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as state, running_stack(Path(state)) as stack:
        soak = asyncio.run(hold(stack, options.conversations, options.rate, 60 * options.minutes))
    result = summarise(soak, load_before)
    print(json.dumps(result))
    return 0 if result["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
