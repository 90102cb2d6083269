"""The command line: `python -m referral_directory --help`."""

import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvicorn

from referral_directory.application import commands
from referral_directory.application.application import create_app
from referral_directory.application.importing import add_commands as add_importing
from referral_directory.application.logs import configure_logs
from referral_directory.application.rebuilding import rebuild_places
from referral_directory.application.referrals import add_commands as add_referrals
from referral_directory.application.referrals import check_field_keys
from referral_directory.application.rotating import add_commands as add_rotating
from referral_directory.application.settings import Settings
from referral_directory.application.statistics import add_commands as add_statistics
from referral_directory.application.working import add_commands as add_working
from referral_directory.database import using_database
from referral_directory.errors import SignpostError

cli = typer.Typer(
    help="The directory of Signpost Leeds.", no_args_is_help=True, pretty_exceptions_enable=False
)
add_statistics(cli)
add_referrals(cli)
add_importing(cli)
add_working(cli)
add_rotating(cli)


@cli.command()
def serve() -> None:
    """Answer on DIRECTORY_HOST and DIRECTORY_PORT until stopped."""
    settings = _settings()
    structlog.get_logger().info("serving", host=settings.host, port=settings.port)
    # The access log would write addresses, which can hold postcodes: web/observing.py writes our own line.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        server_header=False,
    )


@cli.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    settings = _settings()
    with using_database(settings.get_database_url()) as database:
        before, after = commands.migrate(database)
    structlog.get_logger().info("migrated", before=before, after=after)


@cli.command()
def seed() -> None:
    """Load the starter directory. Run twice it changes nothing; what a curator edited stays."""
    if _seed(_settings(), always=True):
        raise typer.Exit(1)


@cli.command()
def prepare() -> None:
    """Migrate, and load the starter directory if it is not the one loaded last."""
    migrate()
    check_field_keys(_settings())
    _seed(_settings(), always=False)


@cli.command("staff-link")
def staff_link() -> None:
    """Print a link that signs in, once and within an hour, as the administrator of this machine."""
    settings = _settings()
    with using_database(settings.get_database_url()) as database:
        print(commands.make_staff_link(settings, database))


@cli.command("rebuild-places")
def rebuild(
    source: Annotated[
        Path, typer.Argument(help="Code-Point Open: the zip file, or one of its CSV files.", exists=True)
    ],
    folder: Annotated[Path | None, typer.Option(help="Where wards.csv is and the files are written.")] = None,
) -> None:
    """Rebuild the postcode, sector and outcode tables from Ordnance Survey's Code-Point Open."""
    rows = rebuild_places(source, folder or _settings().data_dir / "places")
    structlog.get_logger().info("places rebuilt", rows=rows)


def _seed(settings: Settings, always: bool) -> int:
    """Load and report; the number of faulty rows."""
    log = structlog.get_logger()
    with using_database(settings.get_database_url()) as database:
        report, faults = commands.seed(settings, database, always)
    for fault in faults:
        # Faults are about our own data files, and name no person.
        print(f"Left out: {fault}", file=sys.stderr)
    if report is None:
        log.info("starter directory unchanged", faults=len(faults))
        return len(faults)
    for external_id in report.kept:
        print(f"Kept as edited, differs from the starter file: {external_id}", file=sys.stderr)
    log.info(
        "starter directory loaded",
        added=len(report.added),
        updated=len(report.updated),
        withdrawn=len(report.withdrawn),
        kept=len(report.kept),
        unchanged=report.unchanged,
        faults=len(faults),
    )
    return len(faults)


def _settings() -> Settings:
    settings = Settings()
    configure_logs(settings.log_level)
    return settings


if __name__ == "__main__":
    try:
        cli()
    except SignpostError as error:
        print(f"Cannot go on: {error}", file=sys.stderr)
        sys.exit(1)
