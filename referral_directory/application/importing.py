"""The commands that bring records in and take them out: import-feed, import-csv, export, ask-services."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer
from tqdm import tqdm

from referral_directory.application.logs import configure_logs
from referral_directory.application.settings import Settings
from referral_directory.catalogue.guidance import load_guidance
from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.records import record_terms
from referral_directory.catalogue.schemes import load_schemes
from referral_directory.database import Database, transaction, using_database
from referral_directory.errors import BadFeed
from referral_directory.field_encryption import read_field_keys
from referral_directory.needs import load_needs
from referral_directory.place_tables import load_tables
from referral_directory.truth import keeping
from referral_directory.truth.feed_fetching import open_feed
from referral_directory.truth.feed_import import run_import
from referral_directory.truth.feed_reading import Reader
from referral_directory.truth.files import read_file, write_file
from referral_directory.truth.importing import ImportReport, import_rows
from referral_directory.truth.plain_words import AGE_TO_WARN_FROM, reading_age

# Rows in one transaction: what a kill can undo.
AT_ONCE = 250
MOST_SHOWN = 20
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]


def add_commands(cli: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    cli.command("import-feed")(import_feed)
    cli.command("import-csv")(import_csv)
    cli.command("export")(export)
    cli.command("ask-services")(ask_services)
    cli.command("check-guidance")(check_guidance)


def import_feed(
    address: Annotated[str, typer.Argument(help="Address of an Open Referral UK or HSDS 3 feed.")],
    dry_run: DryRun = False,
) -> None:
    """Bring in the services of a feed. Stopped anywhere, it goes on where it stopped. New ones wait for a curator."""
    settings = _settings()
    feed = open_feed(address)
    needs = load_needs(settings.data_dir / "need_codes.csv")
    now = settings.get_clock()()
    reader = Reader(feed.address, needs, load_tables(settings.data_dir / "places"), now.date())
    with (
        feed.session,
        using_database(settings.get_database_url()) as database,
        tqdm(unit="page", desc="Reading", disable=None) as bar,
    ):
        with transaction(database) as session:
            record_terms(session, needs)

        def progress(page: int, pages: int | None) -> None:
            bar.total = max(pages or 0, page)
            bar.update(page - bar.n)

        report = run_import(database, feed, reader, now, progress, dry_run)
    _print(report, dry_run)
    if report.stopped:
        raise BadFeed(address, f"stopped: {report.stopped}. Run it again to go on from there.")
    if report.faults:
        raise typer.Exit(1)


def import_csv(
    path: Annotated[Path, typer.Argument(help="A .csv, .ods or .json file with the columns of an export.")],
    dry_run: DryRun = False,
) -> None:
    """Bring in the records of a file. A bad row is named with its line, and the good rows load."""
    settings = _settings()
    with using_database(settings.get_database_url()) as database:
        report = load_file(database, settings, path, settings.get_clock()(), dry_run)
    _print(report, dry_run)
    if report.faults:
        raise typer.Exit(1)


def load_file(
    database: Database, settings: Settings, path: Path, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Read a file and bring in its good rows, some hundred in a transaction. Raises BadFile."""
    needs = load_needs(settings.data_dir / "need_codes.csv")
    found = read_file(path, needs)
    report = ImportReport(faults=[str(fault) for fault in found.faults])
    with transaction(database) as session:
        record_terms(session, needs)
    for start in tqdm(range(0, len(found.rows), AT_ONCE), unit_scale=AT_ONCE, unit="row", disable=None):
        with database.write() as session:
            rows = found.rows[start : start + AT_ONCE]
            import_rows(session, rows, now, report, path.name, found.without_places)
            if dry_run:
                session.rollback()
            else:
                session.commit()
    return report


def export(path: Annotated[Path, typer.Argument(help="Where to: a .csv, .ods or .json file.")]) -> None:
    """Write every record to a file, published or not. Confidential addresses are left out."""
    settings = _settings()
    with using_database(settings.get_database_url()) as database, database.read() as session:
        records = write_file(path, list_services(session))
    structlog.get_logger().info("exported", records=records)


def ask_services() -> None:
    """Put a mail with a link into the outbox for every service whose record is due: once a month at most."""
    settings = _settings()
    keys = read_field_keys(settings.get_field_keys())
    with using_database(settings.get_database_url()) as database, transaction(database) as session:
        asked = keeping.ask_due(session, keys, settings.get_clock()())
    structlog.get_logger().info("services asked", services=asked)


def check_guidance() -> None:
    """Name guidance that is due to be read again, and texts that are hard to read. A warning: it never fails."""
    settings = _settings()
    needs, today = load_needs(settings.data_dir / "need_codes.csv"), settings.get_clock()().date()
    for entry in load_guidance(settings.data_dir / "starter" / "guidance.yaml", needs):
        _warn(entry.id, " ".join([entry.text, *entry.steps]), entry.review_by, today.isoformat())
    for scheme in load_schemes(settings.data_dir / "schemes", needs).values():
        _warn(scheme.id, scheme.text, scheme.review_by.isoformat(), today.isoformat())


def _warn(identity: str, text: str, review_by: str, today: str) -> None:
    age = reading_age(text)
    if age is not None and age > AGE_TO_WARN_FROM:
        print(f"{identity}: hard to read, for about age {age:.0f}")
    if review_by and review_by <= today:
        print(f"{identity}: was to be read again by {review_by}")


def _print(report: ImportReport, dry_run: bool) -> None:
    """The report as people read it."""
    for title, found in (
        ("Changed", report.changed),
        ("Kept as edited here; a curator decides", report.kept),
    ):
        for identity, differences in list(found.items())[:MOST_SHOWN]:
            print(f"{title}: {identity}")
            for one in differences:
                print(f"    {one['label']}: {_short(one['old'])} -> {_short(one['new'])}")
        if len(found) > MOST_SHOWN:
            print(f"{title}: and {len(found) - MOST_SHOWN} more")
    for line in report.notes[:MOST_SHOWN]:
        print(f"Note: {line}")
    if len(report.notes) > MOST_SHOWN:
        print(f"Note: and {len(report.notes) - MOST_SHOWN} more")
    for fault in report.faults:
        print(f"Left out: {fault}")
    numbers = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in report.count().items())
    print(f"{'Would be' if dry_run else 'Done'}: {numbers}")


def _short(text: str) -> str:
    return f"“{text if len(text) <= 70 else text[:69] + '…'}”"


def _settings() -> Settings:
    settings = Settings()
    configure_logs(settings.log_level)
    return settings
