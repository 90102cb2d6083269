"""POST /api/handovers and /api/self-referrals, for the bot, which holds the service token. No identity passes here."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from limits import RateLimitItemPerMinute
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from referral_directory.catalogue.index import Index
from referral_directory.clock import date_text, in_leeds
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound, TooManyAttempts
from referral_directory.referrals.handovers import MOST_SERVICES, Handed, make_handover, spell
from referral_directory.referrals.inboxes import list_inboxes
from referral_directory.referrals.referring import MOST_NEEDS
from referral_directory.referrals.self_referring import is_followed, make_self_link
from referral_directory.web.context import Directory
from referral_directory.web.enquiries import require_token
from referral_directory.web.searching import LANGUAGES, current_index

router = APIRouter(tags=["handovers"])
Bot = Annotated[Directory, Depends(require_token)]
# More than a city asks for; a fault in the bot must not fill the table.
CODES_A_MINUTE = RateLimitItemPerMinute(120)


class HandedShape(BaseModel):
    """What is carried: kinds of help, a ward, a language and services. No field takes free text."""

    model_config = ConfigDict(extra="forbid")

    needs: list[str] = Field(default=[], max_length=26, description="Codes, the most urgent first.")
    ward_code: str | None = Field(None, max_length=9, description="One of the 33 ward codes, or null.")
    language: str = Field("en", pattern="^[a-z]{2}$", description="Two letters (ISO 639-1).")


class HandoverShape(HandedShape):
    """What a resident asked for, to be handed to a member of staff."""

    services: list[UUID] = Field(
        default=[], max_length=MOST_SERVICES, description="The resident's shortlist."
    )


class SelfReferralShape(HandedShape):
    """One service to which a resident wants to refer themselves."""

    service: UUID


class HandoverMade(BaseModel):
    """A code, how it is read aloud, and its last day."""

    code: str
    spoken: str
    expires_on: str
    expires_text: str


class SelfReferralMade(BaseModel):
    """A link that works once, within a day."""

    url: str
    expires_at: str


class SelfReferralsFound(BaseModel):
    """Which of the services asked about take self-referrals now."""

    services: list[UUID]


@router.post("/api/handovers", status_code=201)
def hand_over(asked: HandoverShape, directory: Bot) -> HandoverMade:
    """Make a code that a member of staff can take up, once, within seven days."""
    handed = _read(directory, asked, tuple(asked.services))
    if not directory.sign_in_limiter.hit(CODES_A_MINUTE, "handover codes"):
        raise TooManyAttempts(60)
    with transaction(directory.database) as session:
        code, expires_at = make_handover(session, directory.staff_keys, handed, directory.clock())
    last = in_leeds(expires_at).date()
    return HandoverMade(
        code=code, spoken=spell(code), expires_on=last.isoformat(), expires_text=date_text(last)
    )


@router.get("/api/self-referrals")
async def list_self_referrals(directory: Bot, service: str = "") -> SelfReferralsFound:
    """Which of these services (ids with commas) take self-referrals and have room."""
    index = await current_index(directory)

    def find() -> list[UUID]:
        with directory.database.read() as session:
            able = _list_able(directory, session, index)
        return [identity for identity in able if str(identity) in service]

    return SelfReferralsFound(services=await run_in_threadpool(find))


@router.post("/api/self-referrals", status_code=201)
async def make_self_referral(asked: SelfReferralShape, directory: Bot) -> SelfReferralMade:
    """Make a link to the form of one service, which works once, within a day. 404 if it takes no self-referrals."""
    handed = _read(directory, asked, ())
    index = await current_index(directory)
    return await run_in_threadpool(_make_link, directory, index, asked.service, handed)


def _make_link(directory: Directory, index: Index, service: UUID, handed: Handed) -> SelfReferralMade:
    if not directory.sign_in_limiter.hit(CODES_A_MINUTE, "self-referral links"):
        raise TooManyAttempts(60)
    with transaction(directory.database) as session:
        if service not in _list_able(directory, session, index):
            raise NotFound("service that takes self-referrals")
        token, expires_at = make_self_link(session, service, handed, directory.clock())
    return SelfReferralMade(
        url=f"{directory.public_url}/self-referral/{token}",
        expires_at=expires_at.isoformat(timespec="seconds"),
    )


def _list_able(directory: Directory, session: Session, index: Index) -> list[UUID]:
    """Services that take self-referrals, by mail, and have room; none while nobody follows such referrals."""
    if not is_followed(session):
        return []
    inboxes = list_inboxes(session, directory.clock().date())
    return [
        identity
        for identity in inboxes
        if (row := index.by_id.get(str(identity))) is not None
        and "self_referral" in index.entries[row].row.access
    ]


def _read(directory: Directory, asked: HandedShape, services: tuple[UUID, ...]) -> Handed:
    if unknown := [need for need in asked.needs if need not in directory.needs]:
        raise InvalidInput("needs", f"Use the codes of needs; unknown: {len(unknown)}.")
    if asked.ward_code is not None and asked.ward_code not in directory.tables.wards:
        raise InvalidInput("ward_code", "Use the code of one of the 33 Leeds wards, or null.")
    language = asked.language if asked.language in LANGUAGES else "en"
    needs = tuple(dict.fromkeys(asked.needs))[:MOST_NEEDS]
    return Handed(needs, asked.ward_code, language, tuple(dict.fromkeys(services)))
