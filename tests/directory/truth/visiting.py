"""How tests of truth find records, and follow the link of a mail."""

import re

from referral_directory.application.referrals import make_sender
from referral_directory.application.settings import Settings
from referral_directory.catalogue.models import make_id
from referral_directory.field_encryption import read_field_keys
from referral_directory.truth.keeping import deliver_due
from tests.directory.factories import opened

SERVICE_MAIL = "larder@example.org"
LARDER = make_id("harehills-larder")
OLD_LARDER = make_id("old-larder")
RECORD = f"/staff/records/{LARDER}"


def deliver(settings: Settings, clock) -> list[str]:
    """Deliver what is in the outbox; the mails, as they lie in the folder."""
    keys = read_field_keys(settings.get_field_keys())
    with opened(settings) as database:
        deliver_due(database, keys, make_sender(settings), clock)
    return [path.read_text("utf-8") for path in sorted((settings.state_dir / "mail").glob("*.eml"))]


def link_in(mail: str) -> str:
    """The path of the link in a mail."""
    return re.search(r"(/keep/[\w-]+)", mail.replace("=\n", ""))[1]
