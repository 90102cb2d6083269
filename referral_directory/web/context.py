"""What every route needs, put together once by application/application.py and kept on the app."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from limits.strategies import MovingWindowRateLimiter

from referral_directory.catalogue.guidance import Guidance
from referral_directory.catalogue.index import Catalogue
from referral_directory.catalogue.schemes import Scheme
from referral_directory.clock import Clock
from referral_directory.database import Database
from referral_directory.field_encryption import FieldKeys
from referral_directory.needs import Needs
from referral_directory.place_tables import Tables
from referral_directory.staff.keys import StaffKeys
from referral_directory.staff.openid import SignInService
from referral_directory.web.observing import Metrics


@dataclass(frozen=True)
class Directory:
    """The running directory."""

    database: Database
    catalogue: Catalogue
    tables: Tables
    needs: Needs
    guidance: list[Guidance]
    schemes: dict[str, Scheme]
    clock: Clock
    service_token: str
    metrics: Metrics
    public_url: str
    chat_url: str
    staff_keys: StaffKeys
    field_keys: FieldKeys
    mail_folder: Path | None
    sign_in_limiter: MovingWindowRateLimiter
    bot_url: str
    actions_url: str
    openid: SignInService | None = None


def get_directory(request: Request) -> Directory:
    """The directory that this request was sent to."""
    directory: Directory = request.app.state.directory
    return directory
