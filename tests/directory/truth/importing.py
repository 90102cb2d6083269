"""How tests import: as the command does, without sleeping."""

from datetime import datetime
from functools import lru_cache

from referral_directory.application.settings import Settings
from referral_directory.catalogue.records import record_terms
from referral_directory.database import transaction
from referral_directory.needs import load_needs
from referral_directory.place_tables import Tables, load_tables
from referral_directory.truth.feed_fetching import open_feed
from referral_directory.truth.feed_import import run_import
from referral_directory.truth.feed_reading import Reader
from referral_directory.truth.importing import ImportReport
from tests.directory.factories import DATA, MONDAY_MORNING, opened
from tests.directory.truth.feeds import FakeFeed


@lru_cache(maxsize=1)
def _tables() -> Tables:
    return load_tables(DATA / "places")


def _at_once(seconds: float) -> None:
    """Waits are for servers that need time; ours does not."""


def _say_nothing(page: int, pages: int | None) -> None:
    """Nobody looks at the progress."""


def import_from(
    settings: Settings, source: FakeFeed, now: datetime = MONDAY_MORNING, dry_run: bool = False
) -> ImportReport:
    """Import a feed; the report."""
    feed = open_feed(source.address, wait=_at_once)
    needs = load_needs(settings.data_dir / "need_codes.csv")
    reader = Reader(feed.address, needs, _tables(), now.date())
    with feed.session, opened(settings) as database:
        with transaction(database) as session:
            record_terms(session, needs)
        return run_import(database, feed, reader, now, _say_nothing, dry_run)
