"""Counting referrals and signposting: increments without a person, put together here because `demand` and
`referrals` know nothing of one another.
"""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

from referral_directory.demand.counting import Enquiry, add_one
from referral_directory.demand.outcomes import REFERRAL_SENT
from referral_directory.life_cycle import Outcome, Reason, Status
from referral_directory.referrals.models import Referral
from referral_directory.web.context import Directory

CHANNEL = "staff"
# What the statistics call each end.
ENDS = {
    Outcome.HELPED: "end_helped",
    Outcome.PARTLY: "end_partly",
    Outcome.NOT_REACHED: "end_not_reached",
    Outcome.NOT_NEEDED: "end_withdrawn",
    Reason.FULL: "end_full",
    Reason.NOT_ELIGIBLE: "end_not_eligible",
    Reason.OUTSIDE_AREA: "end_too_far",
    Reason.DUPLICATE: "end_duplicate",
}
WITHDRAWN, NO_ANSWER = "end_withdrawn", "end_no_answer"


def count_signposting(
    session: Session, directory: Directory, needs: Iterable[str], ward_code: str | None
) -> None:
    """Somebody was shown services and needed no referral."""
    _count(session, directory, needs, ward_code, "en", "matched")


def count_sent(session: Session, directory: Directory, referral: Referral) -> None:
    """A referral was sent."""
    count_as(session, directory, referral, REFERRAL_SENT)


def count_as(session: Session, directory: Directory, referral: Referral, outcome: str | None) -> None:
    """A referral came to this; None, and what the statistics have no word for, is not counted."""
    word = ENDS.get(outcome, outcome) if outcome else None  # type: ignore[call-overload]
    if word and (word == REFERRAL_SENT or word.startswith("end_")):
        _count(session, directory, referral.needs.split(), referral.ward_code, referral.language, word)


def is_end_counted(referral: Referral) -> bool:
    """Whether an end of this referral was counted already: its outcome, that it was declined, or that nobody
    answered.
    """
    said_yes = referral.ended_from in (Status.ACCEPTED, Status.IN_PROGRESS)
    said = referral.status in (Status.DECLINED, Status.COMPLETED)
    return said or (referral.status == Status.EXPIRED and not said_yes)


def count_end(directory: Directory) -> Callable[[Session, Referral, bool], None]:
    """What is counted when the clock ends a referral: that the service let it lie, and nothing else."""

    def count(session: Session, referral: Referral, let_lie: bool) -> None:
        count_as(session, directory, referral, NO_ANSWER if let_lie else None)

    return count


def _count(
    session: Session,
    directory: Directory,
    needs: Iterable[str],
    ward_code: str | None,
    language: str,
    outcome: str,
) -> None:
    today = directory.clock().date()
    # Always in the same order: two transactions that lock the same counters in turn would block each other.
    for need in sorted(needs):
        add_one(session, Enquiry(need, ward_code, CHANNEL, language or "en", outcome), today)
