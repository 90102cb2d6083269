"""What a process of the killing test does; apart, so that starting eight of them imports little."""

from datetime import date
from multiprocessing.connection import Connection

from referral_directory.database import open_database, transaction
from referral_directory.demand.counting import Enquiry, record_enquiry

ENQUIRY = Enquiry("fuel.meter", None, "telegram", "pl", "matched")


def key_of(worker: int, number: int) -> str:
    """The key of an enquiry: the same for a retry."""
    return f"worker-{worker}-{number}"


def count_and_say(url: str, worker: int, times: int, today: date, said: Connection) -> None:
    """Count so many enquiries; after each transaction say its number."""
    database = open_database(url)
    for number in range(times):
        with transaction(database) as session:
            record_enquiry(session, ENQUIRY, key_of(worker, number), b"salt", today)
        said.send(number)
    said.close()
    database.engine.dispose()
