"""Measure importing 10,000 services from a feed over HTTP into SQLite: `python -m scripts.import_bars [number]`."""

import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from referral_directory.application import commands
from referral_directory.application.settings import PACKAGE_DATA
from referral_directory.catalogue.records import record_terms
from referral_directory.database import transaction, using_database
from referral_directory.needs import load_needs
from referral_directory.place_tables import load_tables
from referral_directory.truth.feed_fetching import open_feed
from referral_directory.truth.feed_import import run_import
from referral_directory.truth.feed_reading import Reader
from tests.directory.truth.feeds import FakeFeed, make_item, serving

BAR_SECONDS = 60


def say_nothing(page: int, pages: int | None) -> None:
    """Nobody looks at the progress."""


def measure(number: int, folder: Path) -> None:
    """Import, and import again: seconds on the clock and of the processor, and what came of it."""
    now = datetime.now(UTC)
    needs = load_needs(PACKAGE_DATA / "need_codes.csv")
    with (
        serving(FakeFeed([make_item(one) for one in range(number)])) as source,
        using_database(f"sqlite:///{folder / 'directory.db'}") as database,
    ):
        commands.migrate(database)
        with transaction(database) as session:
            record_terms(session, needs)
        feed = open_feed(source.address)
        reader = Reader(feed.address, needs, load_tables(PACKAGE_DATA / "places"), now.date())
        with feed.session:
            for title in ("import", "again"):
                clock, processor = time.perf_counter(), time.process_time()
                report = run_import(database, feed, reader, now, say_nothing)
                clock, processor = time.perf_counter() - clock, time.process_time() - processor
                print(f"{title}: {clock:.1f} s, {processor:.1f} s of processor, {report.count()}")
    print(f"bar: {BAR_SECONDS} s for 10,000; load of the machine now: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, Path(made))
