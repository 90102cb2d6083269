"""What is forgotten by itself: sessions, links and failures whose time is over."""

from datetime import datetime

from sqlalchemy.orm import Session

from referral_directory.staff.attempts import purge_failures
from referral_directory.staff.links import purge_links
from referral_directory.staff.sessions import purge_sessions


def purge_staff(session: Session, now: datetime) -> None:
    """Forget everything of the staff pages that is over."""
    purge_sessions(session, now)
    purge_links(session, now)
    purge_failures(session, now)
