"""The commands of referrals: deliver mail, verify the records, change the key. And who sends the mail."""

import time
from typing import Annotated

import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from referral_directory.application.logs import configure_logs
from referral_directory.application.rotating import replace_secret
from referral_directory.application.settings import Settings
from referral_directory.clock import Clock
from referral_directory.database import Database, show_one_moment, transaction, using_database
from referral_directory.errors import NotReady
from referral_directory.field_encryption import FieldKeys, make_key, read_field_keys
from referral_directory.referrals.audit import CLOCKWORK, check_keys, find_faults, record_change
from referral_directory.referrals.delivery import Letter, Sender, rotate_secrets
from referral_directory.referrals.models import ReferralMail
from referral_directory.referrals.outbox import deliver_due
from referral_directory.referrals.records import rotate_keys
from referral_directory.referrals.sending import Server, send_to_folder, send_to_server, write_message
from referral_directory.truth import keeping
from referral_directory.truth.models import ServiceMail

LOOK_AGAIN_SECONDS = 2
# Every table of mails.
OUTBOXES = (ReferralMail, ServiceMail)


def add_commands(cli: typer.Typer) -> None:
    """Put the commands of this module on the command line."""
    cli.command("deliver-mail")(deliver_mail)
    cli.command("verify-records")(verify_records)
    cli.command("rotate-field-keys")(rotate_field_keys)


def deliver_mail(once: Annotated[bool, typer.Option(help="Send what is due, and stop.")] = False) -> None:
    """Send the mails of the outbox until stopped: over SMTP, or without MAIL_HOST into the folder mail."""
    settings = Settings()
    configure_logs(settings.log_level)
    keys, send = read_field_keys(settings.get_field_keys()), make_sender(settings)
    with using_database(settings.get_database_url()) as database:
        keys_fit = False
        while True:
            try:
                if not keys_fit:
                    # With the wrong ones a mail would be given up, because its link does not open.
                    check_opens(database, keys)
                    keys_fit = True
                _deliver(database, keys, send, settings.get_clock())
            except SQLAlchemyError as error:
                # The database may be away for a while: mail waits in it, and the worker for it.
                structlog.get_logger().warning("database away", error=type(error).__name__)
                if once:
                    raise NotReady("The database cannot be reached: no mail was sent.") from error
            if once:
                return
            time.sleep(LOOK_AGAIN_SECONDS)


def _deliver(database: Database, keys: FieldKeys, send: Sender, clock: Clock) -> None:
    delivered, failed = deliver_all(database, keys, send, clock)
    if delivered or failed:
        structlog.get_logger().info("mail", delivered=delivered, failed=failed)


def deliver_all(database: Database, keys: FieldKeys, send: Sender, clock: Clock) -> tuple[int, int]:
    """Send what is due of both outboxes, of referrals and of records; how many mails went out, how many did not."""
    results = [deliver(database, keys, send, clock) for deliver in (deliver_due, keeping.deliver_due)]
    return sum(done for done, _ in results), sum(failed for _, failed in results)


def verify_records() -> None:
    """Check every referral: audit chain, consents, sealed values. Ends with 1 if anything was tampered with."""
    settings = Settings()
    configure_logs(settings.log_level)
    keys = read_field_keys(settings.get_field_keys())
    with using_database(settings.get_database_url()) as database, database.read() as session:
        show_one_moment(session)
        faults = find_faults(session, keys, OUTBOXES)
    for fault in faults:
        print(fault)
    if faults:
        raise typer.Exit(1)
    print("Every record is as it was written.")


def rotate_field_keys() -> None:
    """Make a new field key and seal everything with it. Stop the other processes first."""
    settings = Settings()
    configure_logs(settings.log_level)
    rows = rotate(settings)
    structlog.get_logger().info("field keys rotated", rows=rows)


def rotate(settings: Settings) -> int:
    """Put a new key in front and seal everything again with it; how many referrals changed. Raises BadKey.

    Old keys stay in the file: older audit entries are marked with them.
    """
    if settings.field_keys:
        keys = read_field_keys(settings.field_keys)
    else:
        path = settings.state_dir / "field-keys"
        text = settings.get_field_keys()
        check_field_keys(settings)
        replace_secret(path, f"{make_key()}\n{text}\n")
        keys = read_field_keys(path.read_text(encoding="utf-8"))
    now = settings.get_clock()()
    with using_database(settings.get_database_url()) as database, transaction(database) as session:
        check_keys(session, keys, OUTBOXES)
        changed = rotate_keys(session, keys)
        for table in OUTBOXES:
            rotate_secrets(session, table, keys)
        for referral in changed:
            record_change(session, keys, referral, CLOCKWORK, "key_rotated", now)
    return len(changed)


def make_sender(settings: Settings) -> Sender:
    """How this installation sends a mail: to its mail server, or into the folder mail of the state folder."""
    server = None
    if settings.mail_host:
        server = Server(
            settings.mail_host,
            settings.mail_port,
            settings.mail_security,
            settings.mail_username,
            settings.mail_password,
            settings.mail_ca_file,
        )

    def send(letter: Letter) -> None:
        message = write_message(letter, settings.mail_from, settings.get_public_url())
        if server is None:
            send_to_folder(settings.state_dir / "mail", message, letter)
        else:
            send_to_server(server, message)

    return send


def check_field_keys(settings: Settings) -> FieldKeys:
    """The field keys, if they open what is stored. Raises BadKey."""
    keys = read_field_keys(settings.get_field_keys())
    with using_database(settings.get_database_url()) as database:
        check_opens(database, keys)
    return keys


def check_opens(database: Database, keys: FieldKeys) -> None:
    """Raises BadKey if the field keys do not open what is stored, and SQLAlchemyError if nobody can say."""
    with database.read() as session:
        check_keys(session, keys, OUTBOXES)
