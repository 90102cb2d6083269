"""Processes are killed while they count: what was said to be counted stays counted, and a retry never doubles it."""

import multiprocessing
from datetime import date

from sqlalchemy import func, select

from referral_directory.database import Database, transaction, using_database
from referral_directory.demand.counting import record_enquiry
from referral_directory.demand.models import DemandCount
from tests.directory.statistics.kill_worker import ENQUIRY, count_and_say, key_of

TODAY = date(2026, 2, 2)
WORKERS, TIMES, KILLED_AFTER = 8, 20, 5


def run_workers(url: str, killed: set[int]) -> int:
    """Run the eight; some are killed after five acknowledgements. How many were acknowledged in all."""
    spawn = multiprocessing.get_context("spawn")
    running, heard = [], 0
    for worker in range(WORKERS):
        receiver, sender = spawn.Pipe(duplex=False)
        process = spawn.Process(target=count_and_say, args=(url, worker, TIMES, TODAY, sender))
        process.start()
        sender.close()
        running.append((worker, process, receiver))
    for worker, process, receiver in running:
        acknowledged = 0
        try:
            while True:
                receiver.recv()
                acknowledged += 1
                if worker in killed and acknowledged == KILLED_AFTER:
                    process.kill()
        except EOFError:
            # The other end is closed: it is done, or dead.
            pass
        receiver.close()
        process.join()
        heard += acknowledged
        process.close()
    return heard


def test_killed_processes_lose_and_double_nothing(sqlite_template, tmp_path) -> None:
    path = tmp_path / "directory.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"
    acknowledged = run_workers(url, killed={0, 2, 4, 6})
    with using_database(url) as database:
        counted = count_of(database)
        # Each of the four may have been killed between its commit and saying so.
        assert acknowledged <= counted <= acknowledged + 4
        for worker in range(WORKERS):
            for number in range(TIMES):
                with transaction(database) as session:
                    record_enquiry(session, ENQUIRY, key_of(worker, number), b"salt", TODAY)
        assert count_of(database) == WORKERS * TIMES


def count_of(database: Database) -> int:
    with database.read() as session:
        return int(session.scalar(select(func.sum(DemandCount.count))))
