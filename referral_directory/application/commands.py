"""What the command line does: migrate, seed, prepare."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from referral_directory.application.settings import Settings
from referral_directory.catalogue.loading import LoadReport, load_starter, needs_loading
from referral_directory.catalogue.starter import read_starter
from referral_directory.database import Database, transaction
from referral_directory.errors import BadFile
from referral_directory.needs import load_needs
from referral_directory.staff.links import make_machine_link

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def migrate(database: Database) -> tuple[str | None, str | None]:
    """Bring the tables up to date in one transaction; the revision before and after."""
    config = alembic_config()
    with database.engine.begin() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, ScriptDirectory.from_config(config).get_current_head()


def make_staff_link(settings: Settings, database: Database) -> str:
    """A link that signs in whoever runs this machine, once, within an hour."""
    with transaction(database) as session:
        token = make_machine_link(session, settings.get_clock()())
    return f"{settings.get_public_url()}/staff/link/{token}"


def alembic_config() -> Config:
    """Alembic's configuration without a file: the folder of migrations, and nothing else."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def seed(
    settings: Settings, database: Database, always: bool = True
) -> tuple[LoadReport | None, list[BadFile]]:
    """Load the starter file; unless `always`, only if it is not the one last loaded (then the report is
    None).
    """
    needs = load_needs(settings.data_dir / "need_codes.csv")
    starter = read_starter(settings.data_dir / "starter" / "services.csv", needs)
    with transaction(database) as session:
        if not always and not needs_loading(session, starter.digest):
            return None, starter.faults
        return load_starter(session, starter, needs, settings.get_clock()()), starter.faults
