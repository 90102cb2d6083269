"""What a service says on the telephone, written down for it by staff: yes, no and why, or that help has begun."""

from datetime import datetime

from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput
from referral_directory.field_encryption import FieldKeys
from referral_directory.life_cycle import Action, Reason, Status, next_status
from referral_directory.referrals.audit import Who, record_change
from referral_directory.referrals.models import Referral
from referral_directory.referrals.referring import enter

TOLD = (Action.ACCEPT, Action.BEGIN, Action.DECLINE)


def record_told(
    session: Session,
    keys: FieldKeys,
    referral: Referral,
    who: Who,
    action: Action,
    reason: str,
    now: datetime,
) -> None:
    """Accept, begin or decline as the service said; `reason` is for declining. Raises InvalidInput and NotPossible."""
    after = next_status(Status(referral.status), action, who.actor)
    if action == Action.DECLINE and reason not in [*Reason]:
        raise InvalidInput("reason", "Choose a reason.")
    enter(referral, after, now)
    referral.reason = reason if action == Action.DECLINE else None
    record_change(session, keys, referral, who, action, now)
