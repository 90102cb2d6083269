"""Measures the bars of the statistics: attacks on 200 simulated cities, the cost of counting, a large release,
counting by processes that are killed, and the public pages.

    python -m scripts.statistics_bars

Takes about five minutes on two cores. The last line is one JSON object. The second opinion is a linear program
over everything published together (scipy, a development dependency).
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped,unused-ignore]
from scipy.sparse import csr_array  # type: ignore[import-untyped,unused-ignore]
from sqlalchemy import func, select
from tqdm import tqdm

from referral_directory.application import commands
from referral_directory.application.settings import Settings
from referral_directory.application.statistics import load_frame
from referral_directory.database import open_database, transaction, using_database
from referral_directory.demand.counting import Enquiry, record_enquiry
from referral_directory.demand.disclosure import HIDDEN, WITHHELD
from referral_directory.demand.models import DemandCount
from referral_directory.demand.periods import Period, parse_period
from referral_directory.demand.protection import count_visible, protect
from referral_directory.demand.recovery import NARROW
from referral_directory.demand.releases import make_release
from referral_directory.demand.system import Published, System, make_system
from referral_directory.demand.tables import Cell, Frame, Table, make_tables

CITIES = 200
QUARTERS_EVERY = 5  # every fifth city publishes a whole quarter, the others four weeks
PROGRAMS_EVERY = 20
CELLS_BY_PROGRAM = 12
SHARES_OF = {
    "matched": 0.62, "none_matched": 0.1, "closed_now": 0.08, "full": 0.07, "sent": 0.04, "end_helped": 0.03,
    "end_no_answer": 0.01, "said_helped": 0.03, "said_full": 0.01, "said_wrong_details": 0.01,
}  # fmt: skip
OUTCOMES, SHARES = tuple(SHARES_OF), tuple(SHARES_OF.values())
ENQUIRIES = 10_000_000
YEARS = 5
COUNTED = 2000
WORKERS, COUNTED_BY_WORKER, KILLING_ROUNDS = 8, 200, 4
PAGES = (
    "/statistics",
    "/statistics?need=fuel.bills",
    "/statistics/where",
    "/statistics/compare",
    "/statistics/compare?a=E05011394&b=E05011385",
    "/statistics/decisions",
    "/statistics/private",
    "/statistics/releases",
    "/statistics/releases/146",
    "/statistics/releases/146/bulletin",
    "/statistics/method",
)


def simulate_weeks(source: np.random.Generator, frame: Frame, weeks: int, volume: float) -> list[list[Cell]]:
    """Counters of a made-up city, week by week: skewed needs and wards, a season."""
    needs = source.dirichlet(np.full(len(frame.needs), source.uniform(0.5, 4)))
    wards = source.dirichlet(np.full(len(frame.wards), source.uniform(0.5, 4)))
    shape = (len(frame.needs), len(frame.wards), len(OUTCOMES))
    expected = np.einsum("i,j,k->ijk", needs, wards, SHARES)
    made = []
    for week in range(weeks):
        season = 1 + 0.3 * np.sin(week / 4)
        counts = source.poisson(volume * season * expected)
        keys = source.integers(0, 256, shape)
        made.append(
            [
                Cell(frame.needs[i], frame.wards[j], OUTCOMES[k], int(counts[i, j, k]), int(keys[i, j, k]))
                for i, j, k in np.argwhere(counts).tolist()
            ]
        )
    return made


def attack_cities(frame: Frame) -> dict[str, Any]:
    """Publish and attack 200 cities; nothing is stored."""
    source = np.random.default_rng(7)
    found: dict[str, Any] = dict.fromkeys(
        ("releases", "hidden", "exact", "within_2", "differences", "visible", "withheld", "refused"), 0
    )
    found |= {"programs": 0, "narrow_by_program": 0}
    for city in tqdm(range(CITIES), desc="cities", disable=None):
        quarter = city % QUARTERS_EVERY == 0
        weeks = simulate_weeks(source, frame, 13 if quarter else 4, float(np.exp(source.uniform(4.6, 9))))
        others: list[Published] = []
        for period in periods_of(quarter):
            cells = [cell for week in weeks[period.first_week - 1 : period.last_week] for cell in week]
            tables, recovered = protect(period, make_tables(cells, period, frame), others, frame)
            others.append(Published(period, tables))
            found["releases"] += 1
            found["hidden"] += sum(int((table.figures == HIDDEN).sum()) for table in tables)
            found["withheld"] += sum(int((table.marks == WITHHELD).sum()) for table in tables)
            found["exact"] += recovered.exact
            found["within_2"] += len(recovered.narrow) + len(recovered.cells)
            found["differences"] += len(recovered.rests)
            found["refused"] += not recovered.harmless
            found["visible"] += count_visible(tables)
        if city % PROGRAMS_EVERY == 1:
            widths = widths_by_program(make_system(others, frame), source)
            found["programs"] += 2 * len(widths)
            found["narrow_by_program"] += sum(width <= NARROW for width in widths)
    return found


def periods_of(quarter: bool) -> Iterator[Period]:
    """What a city publishes, in the order in which the periods end."""
    for block in range(1, 4 if quarter else 2):
        for week in range(4 * block - 3, 4 * block + 1):
            yield parse_period(f"2026-W{week:02}")
        yield parse_period(f"2026-P{block:02}")
    if quarter:
        yield parse_period("2026-W13")
        yield parse_period("2026-Q1")


def widths_by_program(system: System, source: np.random.Generator) -> list[float]:
    """The ranges of some hidden cells, exact over everything published together."""
    lines = [(row, each.total, -1.0) for row, each in enumerate(system.sums)]
    lines += [(row, part, 1.0) for row, each in enumerate(system.sums) for part in each.parts]
    rows, columns, values = (np.array(part) for part in zip(*lines, strict=True))
    shape = (len(system.sums), len(system.low))
    matrix = csr_array((values, (rows, columns)), shape=shape)
    limits = np.stack([system.low, np.minimum(system.high, 10**6)], axis=1)
    widths = []
    for index in source.choice(system.hidden, min(CELLS_BY_PROGRAM, len(system.hidden)), replace=False):
        aim = np.zeros(shape[1])
        aim[index] = 1
        ends = [
            linprog(sign * aim, A_eq=matrix, b_eq=np.zeros(shape[0]), bounds=limits).fun for sign in (1, -1)
        ]
        widths.append(-ends[1] - ends[0])
    return widths


def measure_accuracy(frame: Frame) -> dict[str, float]:
    """How far published weekly figures are from the truth at 5,000 enquiries a week, in percent."""
    source = np.random.default_rng(11)
    totals, cells, weighted = [], [], []
    for _ in range(50):
        needs = source.dirichlet(np.full(len(frame.needs), 4.0))
        counts = source.poisson(5000 * needs)
        rows = [
            Cell(n, "unknown", "matched", int(c), int(source.integers(0, 256)))
            for n, c in zip(frame.needs, counts, strict=True)
        ]
        table: Table = make_tables(rows, parse_period("2026-W10"), frame)[0]
        shown = table.figures[:-1, 0] != HIDDEN
        wrong = np.abs(table.figures - table.counts)[:-1, 0][shown]
        truth = int(table.counts[-1, 0])
        totals.append(100 * abs(int(table.figures[-1, 0]) - truth) / truth)
        cells += (100 * wrong / table.counts[:-1, 0][shown]).tolist()
        weighted.append(100 * wrong.sum() / table.counts[:-1, 0][shown].sum())
    return {
        "worst_total_percent": round(max(totals), 3),
        "worst_weighted_mean_percent": round(max(weighted), 2),
        "median_cell_percent": round(float(np.median(cells)), 2),
        "cells_within_3_percent": round(100 * float(np.mean(np.array(cells) <= 3)), 1),
    }


def fill_five_years(path: Path, frame: Frame) -> int:
    """Ten million enquiries of five years as counter rows; how many rows that makes."""
    source = np.random.default_rng(3)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    shape = (len(frame.needs), len(frame.wards), 3, len(OUTCOMES))
    weights = np.einsum(
        "i,j,k,l->ijkl",
        source.dirichlet(np.full(shape[0], 2.0)),
        source.dirichlet(np.full(shape[1], 2.0)),
        (0.9, 0.06, 0.04),
        SHARES,
    ).ravel()
    rows = 0
    for number in tqdm(range(365 * YEARS), desc="counters", disable=None):
        day = (date(2021, 1, 4) + timedelta(days=number)).isoformat()
        counts = source.poisson(ENQUIRIES / (365 * YEARS) * weights)
        cells = np.flatnonzero(counts)
        keys = source.integers(0, 256, len(cells))
        names = (part.tolist() for part in np.unravel_index(cells, shape))
        lines = [
            (day, frame.needs[i], frame.wards[j], "web", ("en", "pl", "ro")[k], OUTCOMES[o], count, key)
            for i, j, k, o, count, key in zip(*names, counts[cells].tolist(), keys.tolist(), strict=True)
        ]
        connection.executemany("INSERT INTO demand_count VALUES (?, ?, ?, ?, ?, ?, ?, ?)", sorted(lines))
        rows += len(lines)
    connection.commit()
    connection.close()
    return rows


def measure_counting(url: str, frame: Frame) -> dict[str, float]:
    """Milliseconds for one enquiry, each in a transaction of its own, into the database of five years."""
    source = np.random.default_rng(5)
    database = open_database(url)
    seconds, started = [], time.process_time()
    for number in range(COUNTED):
        enquiry = Enquiry(str(source.choice(frame.needs)), frame.wards[number % 33], "web", "en", "matched")
        begun = time.perf_counter()
        with transaction(database) as session:
            record_enquiry(session, enquiry, f"enquiry {number}", b"salt", date(2026, 1, 5))
        seconds.append(time.perf_counter() - begun)
    used = time.process_time() - started
    database.engine.dispose()
    return {
        "processor_ms": round(1000 * used / COUNTED, 2),
        "mean_ms": round(1000 * float(np.mean(seconds)), 2),
        "p95_ms": round(1000 * float(np.quantile(seconds, 0.95)), 2),
    }


def count_as_worker(url: str, worker: int) -> None:
    """Runs in a process that may be killed: says each enquiry's number after its transaction."""
    with using_database(url) as database:
        enquiry = Enquiry("fuel.meter", None, "web", "en", "matched")
        for number in range(COUNTED_BY_WORKER):
            with transaction(database) as session:
                record_enquiry(session, enquiry, f"worker {worker} {number}", b"salt", date(2026, 1, 5))
            print(number, flush=True)


def measure_kills() -> dict[str, int]:
    """Eight processes count the same keys again and again, and are killed at random until every key was counted."""
    source = np.random.default_rng(9)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'directory.db'}"
        with using_database(url) as database:
            commands.migrate(database)
        kills = 0
        for is_last in (*[False] * KILLING_ROUNDS, True):
            arguments = [sys.executable, "-m", "scripts.statistics_bars", "count", url]
            running = [
                subprocess.Popen([*arguments, str(number)], stdout=subprocess.PIPE, text=True)
                for number in range(WORKERS)
            ]
            for process in running:
                last = COUNTED_BY_WORKER if is_last else int(source.integers(1, COUNTED_BY_WORKER))
                kills += _kill_after(process, last)
        with using_database(url) as database, database.read() as session:
            counted = int(session.scalar(select(func.sum(DemandCount.count))) or 0)
    return {"processes": WORKERS, "kills": kills, "keys": WORKERS * COUNTED_BY_WORKER, "counted": counted}


def _kill_after(process: subprocess.Popen[str], last: int) -> int:
    """Read what a worker says, and kill it after so many numbers; 1 if it was killed."""
    with process:
        for said, _ in enumerate(process.stdout or (), 1):
            if said == last < COUNTED_BY_WORKER:
                process.kill()
                return 1
    return 0


def measure_pages() -> dict[str, Any]:
    """Size and time of the public pages on two simulated years, asked of the running application one at a time."""
    with tempfile.TemporaryDirectory() as folder, httpx.Client() as client:
        environment = os.environ | {
            "SIGNPOST_STATE_DIR": folder,
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'simulated.db'}",
            "DIRECTORY_PORT": str(free_port()),
        }
        module = [sys.executable, "-m", "referral_directory"]
        demonstrate = [*module, "demo-statistics", "--state", folder]
        subprocess.run(demonstrate, env=environment, check=True, stdout=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{environment['DIRECTORY_PORT']}"
        server = subprocess.Popen(
            [*module, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(client, f"{address}/readyz")
            measured = {page: _measure_page(client, address + page) for page in PAGES}
        finally:
            server.terminate()
            server.wait()
    return {
        "largest_kb": round(max(size for size, _ in measured.values()) / 1000, 1),
        "slowest_p95_ms": round(max(ms for _, ms in measured.values())),
        "pages": {page: [round(size / 1000, 1), round(ms)] for page, (size, ms) in measured.items()},
    }


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _wait_for(client: httpx.Client, address: str) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            if client.get(address).status_code == 200:
                return
        time.sleep(0.1)
    raise SystemExit("The directory did not start.")


def _measure_page(client: httpx.Client, address: str) -> tuple[int, float]:
    times, size = [], 0
    for _ in range(20):
        begun = time.perf_counter()
        answer = client.get(address)
        times.append(1000 * (time.perf_counter() - begun))
        answer.raise_for_status()
        size = len(answer.content)
    return size, float(np.quantile(times, 0.95))


def release_quarter(url: str) -> None:
    """Runs in a process of its own, so that its memory can be told: the last quarter of the five years."""
    database = open_database(url)
    frame = load_frame(Settings())
    begun = time.perf_counter()
    with transaction(database) as session:
        make_release(session, frame, parse_period("2025-Q4"), datetime(2026, 2, 1, tzinfo=UTC))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": round(time.perf_counter() - begun, 2), "peak_mb": round(peak)}))


def measure_large(frame: Frame) -> dict[str, Any]:
    """Five years of counters: their size, counting into them, and a quarter's release from them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "directory.db"
        url = f"sqlite:///{path}"
        database = open_database(url)
        commands.migrate(database)
        database.engine.dispose()
        rows = fill_five_years(path, frame)
        size = path.stat().st_size / 2**20
        counting = measure_counting(url, frame)
        ran = subprocess.run(
            [sys.executable, "-m", "scripts.statistics_bars", "release", url],
            capture_output=True,
            text=True,
            check=True,
        )
    release = json.loads(ran.stdout.splitlines()[-1])
    return {"counter_rows": rows, "database_mb": round(size), "counting": counting, "release": release}


def main() -> None:
    """Measure everything and print it."""
    frame = load_frame(Settings())
    begun = time.perf_counter()
    result = {
        "large": measure_large(frame),
        "accuracy": measure_accuracy(frame),
        "attacks": attack_cities(frame),
        "kills": measure_kills(),
        "pages": measure_pages(),
    }
    print(json.dumps(result | {"seconds": round(time.perf_counter() - begun)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["release"]:
        release_quarter(sys.argv[2])
    elif sys.argv[1:2] == ["count"]:
        count_as_worker(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["pages"]:
        print(json.dumps(measure_pages() | {"kills": measure_kills()}))
    else:
        main()
