"""Referrals and their mail while things break: `make faults` goes through it with the rest of docs/faults.md.

No resident takes part: only the servers, the directory and the worker run, with a mail server of our own.
"""

import email
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from email.policy import default

import psycopg
import pytest

from referral_directory.database import using_database
from referral_directory.field_encryption import make_key, read_field_keys
from referral_directory.referrals.audit import find_faults
from scripts.staff_bars import sign_in
from tests.faults.colleagues import GIVE_UP_SECONDS, Colleagues
from tests.faults.conftest import FragileCity, fragile_city, note

pytestmark = pytest.mark.timeout(900)

PEOPLE = 20
Hurt = Callable[[FragileCity], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def office() -> Iterator[FragileCity]:
    """The part of a city that referrals need."""
    with fragile_city() as fragile:
        fragile.city.start_servers()
        fragile.city.run_to_end("prepare", "exec .venv/bin/python -m referral_directory prepare")
        fragile.city.start(["directory", "worker"])
        fragile.city.wait_until_ready(["directory"])
        yield fragile


@pytest.fixture(scope="module")
def sessions(office: FragileCity) -> list[str]:
    """Everybody is signed in."""
    return sign_in(database_url(office), PEOPLE)


@pytest.fixture(autouse=True)
def whole(office: FragileCity) -> None:
    """Each test begins with an office in which everything works, instead of a whole city."""
    while office.city.revive():
        pass
    office.city.wait_until_ready(["directory"])
    office.inbox.messages.clear()


def database_url(office: FragileCity) -> str:
    """The records, without a line between."""
    return f"postgresql+psycopg://signpost@127.0.0.1:{office.city.environment['POSTGRESQL_PORT']}/directory"


def killed(name: str) -> Hurt:
    def hurt(office: FragileCity) -> AbstractContextManager[None]:
        office.kill(name)
        return nullcontext()

    return hurt


def paused(name: str) -> Hurt:
    return lambda office: office.paused(name)


def cut(name: str) -> Hurt:
    return lambda office: office.lines[name].cut()


def slowed(name: str) -> Hurt:
    return lambda office: office.lines[name].slowed(0.3)


def wait_for(office: FragileCity, what: str, check: Callable[[], object]) -> None:
    """Wait, starting what died as a supervisor would."""
    began = time.monotonic()
    while True:
        with suppress(psycopg.OperationalError):
            if check():
                note(what, time.monotonic() - began)
                return
        assert time.monotonic() - began < GIVE_UP_SECONDS, what
        office.city.revive()
        time.sleep(0.2)


@contextmanager
def records(office: FragileCity) -> Iterator[psycopg.Connection]:
    with psycopg.connect(office.records, connect_timeout=5) as connection:
        yield connection


def count_referrals(office: FragileCity) -> int:
    with records(office) as connection:
        return connection.execute("SELECT count(*) FROM referral").fetchone()[0]


def all_mail_is_out(office: FragileCity) -> bool:
    """Whether every mail is delivered. Two minutes of a claim, and a minute after a failure, are not waited out here:
    a try that began more than five seconds ago, and is not delivered, is due again at once.
    """
    with records(office) as connection:
        connection.execute(
            "UPDATE referral_mail SET next_try_at = now() WHERE delivered_at IS NULL AND tries > 0"
            " AND next_try_at BETWEEN now() AND now() + interval '115 seconds'"
        )
        query = "SELECT count(*) FROM referral_mail WHERE delivered_at IS NULL"
        return connection.execute(query).fetchone()[0] == 0


def arrived(office: FragileCity) -> dict[str, list[str]]:
    """The Message-IDs of the mails about new referrals, by the referral's reference."""
    found = defaultdict(list)
    for _, content, encrypted in office.inbox.messages:
        message = email.message_from_string(content, policy=default)
        subject = message["Subject"].strip()
        if subject.startswith("A new referral"):
            assert encrypted
            found[subject.rpartition("(")[2].rstrip(")")].append(message["Message-ID"])
    return found


def check_records(office: FragileCity, colleagues: Colleagues) -> set[str]:
    """Each referral was sent once, with one mail, and everything stands as it was written; their references."""
    with records(office) as connection:
        rows = connection.execute(
            "SELECT reference, status,"
            " (SELECT count(*) FROM referral_audit WHERE referral_id = referral.id AND action = 'send'),"
            " (SELECT count(*) FROM referral_mail WHERE referral_id = referral.id AND kind = 'new')"
            " FROM referral WHERE id = ANY(%s)",
            [colleagues.referrals],
        ).fetchall()
    assert len(rows) == PEOPLE
    assert {row[1:] for row in rows} == {("sent", 1, 1)}
    keys = read_field_keys((office.city.state / "field-keys").read_text())
    with using_database(database_url(office)) as database, database.read() as session:
        assert find_faults(session, keys) == []
    return {row[0] for row in rows}


def with_other_keys(name: str) -> Hurt:
    """It is started again with field keys that open nothing, and does not stay."""
    return lambda office: office.restarted(name, SIGNPOST_FIELD_KEYS=make_key())


# What happens while one mail is under way and referrals are being sent, and how many mails come twice for it: the one
# that the mail server took without the worker's getting to know, or writing down, that it did.
HURTS = {
    "the directory is killed": (killed("directory"), 0),
    "the directory is cut off": (cut("directory"), 0),
    "the directory has other keys": (with_other_keys("directory"), 0),
    "the worker is killed": (killed("worker"), 1),
    "the worker has other keys": (with_other_keys("worker"), 1),
    "the worker stands still": (paused("worker"), 0),
    "the mail server is cut off": (cut("mail"), 1),
    "a slow mail server": (slowed("mail"), 0),
    "a slow directory": (slowed("directory"), 0),
    "a slow PostgreSQL": (slowed("records"), 0),
    "PostgreSQL is killed": (killed("postgresql"), 1),
    "PostgreSQL is cut off": (cut("records"), 1),
}


@pytest.mark.parametrize("name", HURTS)
def test_no_referral_is_lost_or_sent_twice_and_every_mail_arrives(office, sessions, name: str):
    hurt, repeated = HURTS[name]
    url = f"http://127.0.0.1:{office.lines['directory'].port}"
    colleagues = Colleagues(url, sessions)
    before = count_referrals(office)
    with colleagues, ExitStack() as lasts:
        with office.inbox.in_silence():
            colleagues.press(range(5))
            wait_for(office, "first sent", lambda: colleagues.acknowledged() == 5 and office.inbox.messages)
            colleagues.press(range(5, PEOPLE))
            lasts.enter_context(hurt(office))
        # The mail server's word for the mail under way comes now, or to nobody.
        time.sleep(3)
        lasts.close()
        wait_for(office, "all sent", lambda: colleagues.acknowledged() == PEOPLE)
        wait_for(office, "mail out", lambda: all_mail_is_out(office))
    presses = colleagues.presses()
    # Whoever could not be answered meanwhile pressed again: the fault was met.
    assert presses > PEOPLE or not name.startswith(("the directory", "PostgreSQL"))
    assert count_referrals(office) == before
    mails = arrived(office)
    assert set(mails) == check_records(office, colleagues)
    assert {len(set(identities)) for identities in mails.values()} == {1}
    assert len({identities[0] for identities in mails.values()}) == PEOPLE
    assert sum(map(len, mails.values())) == PEOPLE + repeated
    note(f"{presses} presses", 0)
