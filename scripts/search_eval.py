"""Measures the directory's search on judged queries: ``make search-eval FILE=x.jsonl``.

Each line is ``{"q", "need", "postcode", "relevant": {"<service id>": grade}}``; ``need`` and ``postcode`` may be
null or absent. Ids are those of the starter file (a card's ``external_id``). The directory runs as a process of its
own on the starter data, its clock at ten on a Monday morning, and the queries go over HTTP. The last line is one JSON
object with ``ndcg_at_5`` and ``recall_at_10``.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from tqdm import tqdm

from scripts.children import Children
from scripts.stack import ROOT, Stack
from tests.stack import isolated_environment

NDCG_DEPTH = 5
RECALL_DEPTH = 10
# Open services come before closed ones, so that figures can only be compared at one time of the week.
MOMENT = "2026-11-02T10:00:00+00:00"


@contextmanager
def running_directory() -> Iterator[str]:
    """Run the directory alone on the starter data; yield its address."""
    with tempfile.TemporaryDirectory() as folder, Children(ROOT, Path(folder) / "logs") as children:
        stack = Stack(
            children, isolated_environment(Path(folder), {"SIGNPOST_CLOCK": MOMENT}), say=lambda _: None
        )
        stack.run_to_end("prepare", "exec .venv/bin/python -m referral_directory prepare")
        stack.start(["directory"])
        stack.wait_until_ready(["directory"])
        yield stack.environment["DIRECTORY_URL"]


def ndcg(found: list[str], relevant: dict[str, float], depth: int) -> float:
    """Return the normalised discounted cumulative gain of the first ``depth`` ids (Järvelin & Kekäläinen 2002)."""
    gains = [relevant.get(service, 0.0) for service in found[:depth]]
    ideal = sorted(relevant.values(), reverse=True)[:depth]

    def discounted(values: list[float]) -> float:
        return sum((2**value - 1) / math.log2(place + 2) for place, value in enumerate(values))

    best = discounted(ideal)
    return discounted(gains) / best if best else 0.0


def recall(found: list[str], relevant: dict[str, float], depth: int) -> float:
    """Return the share of relevant services among the first ``depth``, of those that could be there."""
    wanted = {service for service, grade in relevant.items() if grade > 0}
    return len(wanted & set(found[:depth])) / min(len(wanted), depth) if wanted else 0.0


def search(session: requests.Session, address: str, query: dict[str, object]) -> list[str]:
    """Return the external ids that one query finds, best first."""
    params = {name: str(query[name]) for name in ("q", "need", "postcode") if query.get(name)}
    answer = session.get(f"{address}/api/services/search", params={**params, "limit": "10"}, timeout=30)
    answer.raise_for_status()
    return [card["external_id"] for card in answer.json()["services"]]


def report(file: Path) -> dict[str, float | int]:
    """Return the figures of all queries in ``file``."""
    queries = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    scores, recalls, seconds = [], [], []
    with running_directory() as address, requests.Session() as session:
        for query in tqdm(queries, desc="Searching", file=sys.stderr):
            relevant = {service: float(grade) for service, grade in query["relevant"].items()}
            began = time.perf_counter()
            found = search(session, address, query)
            seconds.append(time.perf_counter() - began)
            scores.append(ndcg(found, relevant, NDCG_DEPTH))
            recalls.append(recall(found, relevant, RECALL_DEPTH))
    return {
        "n": len(queries),
        "ndcg_at_5": round(statistics.mean(scores), 4),
        "recall_at_10": round(statistics.mean(recalls), 4),
        "median_ms": round(1000 * statistics.median(seconds), 2),
    }


def main() -> int:
    """Print the report as one JSON object; say what is wrong with the command line if it is."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("Say which file to read: make search-eval FILE=queries.jsonl", file=sys.stderr)
        return 2
    print(json.dumps(report(Path(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
