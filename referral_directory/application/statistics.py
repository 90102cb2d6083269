"""The commands of the statistics: make a release, correct one, and fill a database with made-up years."""

from pathlib import Path
from typing import Annotated

import structlog
import typer

from referral_directory.application import commands
from referral_directory.application.logs import configure_logs
from referral_directory.application.settings import Settings
from referral_directory.database import Database, transaction, using_database
from referral_directory.demand.demonstration import DEMONSTRATION_SEED, decide, fill
from referral_directory.demand.periods import QUARTER, parse_period
from referral_directory.demand.private_tables import DEFAULT_EPSILON, make_private_table
from referral_directory.demand.releases import (
    KINDS,
    Release,
    correct_release,
    list_due,
    list_latest,
    make_release,
)
from referral_directory.demand.tables import Frame
from referral_directory.errors import InvalidInput
from referral_directory.needs import load_needs
from referral_directory.place_tables import load_tables


def add_commands(cli: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    cli.command()(release)
    cli.command("private-table")(private_table)
    cli.command("demo-statistics")(demonstrate)


def release(
    period: Annotated[str, typer.Option(help="2026-W46, 2026-P12 or 2026-Q4.")] = "",
    due: Annotated[bool, typer.Option(help="Every closed period that has no release yet.")] = False,
    correct: Annotated[bool, typer.Option(help="Make a new version of a release; needs a note.")] = False,
    note: Annotated[str, typer.Option(help="Why it is corrected. Published with it.")] = "",
) -> None:
    """Make the frozen statistics of a closed period. Made twice, it is the same release."""
    settings = Settings()
    configure_logs(settings.log_level)
    if due == bool(period) or (correct and due):
        raise InvalidInput("period", "Give a period, or --due for all that can be made.")
    with using_database(settings.get_database_url()) as database:
        if due:
            release_due(settings, database)
            return
        frame, now = load_frame(settings), settings.get_clock()()
        with transaction(database) as session:
            if correct:
                made = correct_release(session, frame, parse_period(period), now, note)
            else:
                made = make_release(session, frame, parse_period(period), now)
        _say(made)


def private_table(
    period: Annotated[str, typer.Option(help="A quarter that is over: 2026-Q4.")],
    epsilon: Annotated[float, typer.Option(help="What it costs of the year's budget.")] = DEFAULT_EPSILON,
) -> None:
    """Make the differentially private table of a quarter: drawn once, charged to the budget of its year."""
    settings = Settings()
    configure_logs(settings.log_level)
    frame, now = load_frame(settings), settings.get_clock()()
    with using_database(settings.get_database_url()) as database, transaction(database) as session:
        made = make_private_table(session, frame, parse_period(period), now, epsilon)
        print(f"Private table {made.period}, epsilon {made.epsilon / 1000}, sha256 {made.digest}")


def demonstrate(
    state: Annotated[Path, typer.Option(help="Folder of its own for the made-up database.")],
    years: Annotated[int, typer.Option(min=1, max=5, help="How many years.")] = 2,
) -> None:
    """Fill a separate database with simulated years. Every page and file of it says that it is simulated."""
    # Neither DATABASE_URL nor the real state folder is looked at: a real database cannot be reached from here.
    settings = Settings(SIGNPOST_STATE_DIR=state, DATABASE_URL=f"sqlite:///{state / 'simulated.db'}")
    configure_logs(settings.log_level)
    with using_database(settings.get_database_url()) as database:
        commands.migrate(database)
        commands.seed(settings, database, always=False)
        with transaction(database) as session:
            fill(session, load_frame(settings), settings.get_clock()().date(), years, DEMONSTRATION_SEED)
        made = release_due(settings, database)
        frame, now = load_frame(settings), settings.get_clock()()
        with transaction(database) as session:
            decide(session, frame, now.date())
            for quarter in list_latest(session, QUARTER, 1):
                make_private_table(session, frame, quarter.period, now)
    structlog.get_logger().info("simulated statistics", rows=made)
    print(f"Simulated statistics are in {state / 'simulated.db'}. To look at them:")
    print(f"  DATABASE_URL=sqlite:///{state / 'simulated.db'} python -m referral_directory serve")


def load_frame(settings: Settings) -> Frame:
    """The codes that statistics are made in, from the data files."""
    needs = load_needs(settings.data_dir / "need_codes.csv")
    wards = load_tables(settings.data_dir / "places").wards
    return Frame(tuple(needs), {code: ward.committee for code, ward in wards.items()})


def release_due(settings: Settings, database: Database) -> int:
    """Make every release that can be made, weeks first, in a transaction each; the number made."""
    frame, now = load_frame(settings), settings.get_clock()()
    made = 0
    for kind in KINDS:
        with database.read() as session:
            periods = list_due(session, kind, now.date())
        for period in periods:
            with transaction(database) as session:
                _say(make_release(session, frame, period, now))
            made += 1
    return made


def _say(made: Release) -> None:
    print(f"Release {made.number}: {made.period.name}, version {made.version}, sha256 {made.digest}")
