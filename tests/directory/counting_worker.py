"""What each process of the counting test does; apart, so that starting eight of them imports little."""

from datetime import date

from referral_directory.database import open_database, transaction
from referral_directory.demand.counting import Enquiry, record_enquiry


def count_many(url: str, worker: int, times: int, today: date) -> None:
    """Count so many enquiries, each sent twice, as a retry would."""
    database = open_database(url)
    enquiry = Enquiry("fuel.meter", None, "telegram", "pl", "matched")
    for number in range(times):
        for _ in range(2):
            with transaction(database) as session:
                record_enquiry(session, enquiry, f"worker-{worker}-{number}", b"salt", today)
    database.engine.dispose()
