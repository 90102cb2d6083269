"""Replacing the staff key, and writing files of keys."""

import os
import secrets
import tempfile
from pathlib import Path

import structlog
import typer

from referral_directory.application.logs import configure_logs
from referral_directory.application.settings import Settings
from referral_directory.database import transaction, using_database
from referral_directory.errors import BadKey
from referral_directory.staff.accounts import rotate_keys
from referral_directory.staff.keys import make_keys


def add_commands(cli: typer.Typer) -> None:
    """Put the command of this module on the command line."""
    cli.command("rotate-staff-key")(rotate_staff_key)


def rotate_staff_key() -> None:
    """Make a new staff key and seal every authenticator app with it. Stop the directory first."""
    settings = Settings()
    configure_logs(settings.log_level)
    structlog.get_logger().info("staff key rotated", rows=rotate(settings))


def rotate(settings: Settings) -> int:
    """Seal every authenticator secret with a new key; how many there were. Raises BadKey.

    A key from the environment is not ours to write: there the newest of several is taken. In the file of the state
    folder the old key stands beside the new one until nothing is sealed with it any more.
    """
    if settings.staff_key:
        return _seal_again(settings, settings.staff_key)
    path, old = settings.state_dir / "staff-key", settings.get_staff_key()
    new = secrets.token_urlsafe(32)
    replace_secret(path, f"{new},{old}\n")
    changed = _seal_again(settings, f"{new},{old}")
    replace_secret(path, f"{new}\n")
    return changed


def _seal_again(settings: Settings, text: str) -> int:
    keys = make_keys(text)
    with using_database(settings.get_database_url()) as database, transaction(database) as session:
        return rotate_keys(session, keys)


def replace_secret(path: Path, text: str) -> None:
    """Write a file of keys whole or not at all, and have it on the disk before anything is sealed with it.

    Raises BadKey.
    """
    try:
        descriptor, made = tempfile.mkstemp(dir=path.parent)  # mode 600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(path)
    except OSError as error:
        raise BadKey(f"The file {path.name} cannot be written ({type(error).__name__}).") from error
