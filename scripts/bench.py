"""Times chat turns of Signpost Leeds beside Rasa's own starter bot, on this machine, in one run: ``make bench``.
Then searches over a generated city, beside SQLite and PostgreSQL (search_bench.py).

The baseline is what ``rasa init`` creates, with its default pipeline and policies, trained here and asked over its REST
channel. Ours is the whole stack: the front door screens, redacts, asks Rasa, and the action searches the directory.
Turns of both are interleaved, so that whatever else the machine does falls on both. The last line is one JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tqdm import tqdm

from scripts import search_bench
from scripts.children import Children
from scripts.stack import ROOT, SINGLE_THREADED, Stack, inherited_environment, rasa_environment
from tests.stack import free_ports, running_stack

OUR_MESSAGE = "ive got nothing in for tea and the leccy is about to run out, im in Harehills with two kids"
# A message of the starter bot's own training data, so that it is understood and answered.
STARTER_MESSAGE = "I am so sad"
TURNS_ALONE = 120
WARM_UP = 15
RESIDENTS = 20
SECONDS_TOGETHER = 20.0


class Asker:
    """One keep-alive connection that posts JSON and waits for the answer."""

    def __init__(self, base_url: str) -> None:
        address = urlsplit(base_url)
        self._connection = HTTPConnection(str(address.hostname), address.port, timeout=30)

    def post(self, path: str, body: object) -> object:
        """Return the decoded answer; raise RuntimeError if it is not a success."""
        self._connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{path} answered {response.status}")
        return json.loads(content)


def our_turn(base_url: str) -> Callable[[], float]:
    """Return a function that has one search turn in a new conversation, and returns its seconds."""
    asker = Asker(base_url)

    def turn() -> float:
        created = asker.post("/api/conversations", {})
        path = f"/api/conversations/{created['conversation']}/messages"  # type: ignore[index]
        began = time.perf_counter()
        answer = asker.post(path, {"text": OUR_MESSAGE})
        seconds = time.perf_counter() - began
        if not any(message["services"] for message in answer["messages"]):  # type: ignore[index]
            raise RuntimeError("a turn of ours came back without services")
        return seconds

    return turn


def starter_turn(base_url: str) -> Callable[[], float]:
    """Return a function that has one turn with the starter bot, as a new sender, and returns its seconds."""
    asker = Asker(base_url)
    numbers = iter(range(10**9))
    name = f"{threading.get_ident()}-{id(asker)}"

    def turn() -> float:
        body = {"sender": f"{name}-{next(numbers)}", "message": STARTER_MESSAGE}
        began = time.perf_counter()
        if not asker.post("/webhooks/rest/webhook", body):
            raise RuntimeError("the starter bot did not answer")
        return time.perf_counter() - began

    return turn


def turns_together(make_turn: Callable[[], Callable[[], float]]) -> dict[str, float]:
    """Return turns per second and latency in ms with RESIDENTS asking at once for SECONDS_TOGETHER."""
    until = time.perf_counter() + SECONDS_TOGETHER

    def resident() -> list[float]:
        turn = make_turn()
        seconds = []
        while time.perf_counter() < until:
            seconds.append(turn())
        return seconds

    began = time.perf_counter()
    with ThreadPoolExecutor(RESIDENTS) as pool:
        futures = [pool.submit(resident) for _ in range(RESIDENTS)]
        all_seconds = sorted(second for future in futures for second in future.result())
    elapsed = time.perf_counter() - began
    return {
        "turns_per_second": round(len(all_seconds) / elapsed, 1),
        "median_ms": round(1000 * statistics.median(all_seconds), 1),
        "p95_ms": round(1000 * all_seconds[int(0.95 * len(all_seconds))], 1),
    }


@contextmanager
def starter_bot(folder: Path) -> Iterator[str]:
    """Create, train and run Rasa's starter bot in ``folder``; yield its address."""
    rasa = ROOT / "engine" / ".venv" / "bin" / "rasa"
    port = free_ports(1)[0]
    # The baseline gets all the threads that its numerical libraries ask for: only ours is held to one.
    base = {name: value for name, value in os.environ.items() if name not in SINGLE_THREADED}
    environment = rasa_environment(base, folder)
    with Children(folder, folder / "logs") as children:
        stack = Stack(children, inherited_environment(), say=print)
        if not list((folder / "bot").glob("models/*.tar.gz")):
            print("Training Rasa's starter bot with its default pipeline (about two minutes)", flush=True)
            shutil.rmtree(folder / "bot", ignore_errors=True)
            (folder / "bot").mkdir(parents=True)
            stack.run_to_end("init", f"cd bot && exec {rasa} init --no-prompt", environment)
        command = f"cd bot && exec {rasa} run --interface 127.0.0.1 --port {port} --endpoints none.yml"
        (folder / "bot" / "none.yml").write_text("", encoding="utf-8")
        children.start("starter", command, environment)
        address = f"http://127.0.0.1:{port}"
        while not _answers(f"{address}/webhooks/rest/"):
            stack.pause()
        yield address


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310 - loopback, our own port
            return bool(response.status == 200)
    except OSError:
        return False


def step_means(bot_url: str) -> dict[str, float]:
    """Return the mean milliseconds of each step of a turn, from the front door's own metrics."""
    with urllib.request.urlopen(f"{bot_url}/metrics", timeout=5) as response:  # noqa: S310 - loopback
        lines = response.read().decode().splitlines()
    totals: dict[str, dict[str, float]] = {}
    for line in lines:
        for suffix in ("sum", "count"):
            head = f"bot_turn_step_seconds_{suffix}{{"
            if line.startswith(head):
                step = line.split('step="')[1].split('"')[0]
                totals.setdefault(step, {})[suffix] = float(line.rsplit(" ", 1)[1])
    return {
        step: round(1000 * each["sum"] / each["count"], 2) for step, each in totals.items() if each["count"]
    }


def main() -> int:
    """Run both, print a table and the JSON line."""
    kept = ROOT / "var" / "bench"
    kept.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        running_stack(Path(state)) as ours,
        starter_bot(kept) as starter,
    ):
        our, their = our_turn(ours.bot_url), starter_turn(starter)
        for _ in range(WARM_UP):
            our(), their()
        pairs = [(our(), their()) for _ in tqdm(range(TURNS_ALONE), desc="One resident", file=sys.stderr)]
        alone_ours = 1000 * statistics.median(pair[0] for pair in pairs)
        alone_starter = 1000 * statistics.median(pair[1] for pair in pairs)
        steps = step_means(ours.bot_url)
        print(f"{RESIDENTS} residents at once, {SECONDS_TOGETHER:.0f} s each", flush=True)
        together_ours = turns_together(lambda: our_turn(ours.bot_url))
        together_starter = turns_together(lambda: starter_turn(starter))
    result = {
        "one_resident": {
            "ours_median_ms": round(alone_ours, 1),
            "starter_median_ms": round(alone_starter, 1),
            "ratio": round(alone_ours / alone_starter, 2),
        },
        "twenty_residents": {
            "ours": together_ours,
            "starter": together_starter,
            "ratio": round(together_ours["turns_per_second"] / together_starter["turns_per_second"], 2),
        },
        "where_the_time_goes_ms": steps,
        "search": search_bench.measure(),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
