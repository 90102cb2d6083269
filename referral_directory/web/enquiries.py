"""POST /api/enquiries: count one enquiry. For bot and actions, which hold the service token."""

import hmac
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from referral_directory.database import transaction
from referral_directory.demand.counting import Enquiry, record_enquiry
from referral_directory.errors import InvalidInput, NotAllowed
from referral_directory.needs import check_need
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.searching import LANGUAGES

router = APIRouter(tags=["enquiries"])
bearer = HTTPBearer(auto_error=False, description="The service token.")


class CountedShape(BaseModel):
    """What every count is by. No field takes free text into the counters."""

    model_config = ConfigDict(extra="forbid")

    need: str = Field(description="One of the 26 codes.", max_length=40)
    ward_code: str | None = Field(
        None, description="One of the 33 ward codes, or null if not known.", max_length=9
    )
    channel: Literal["web", "telegram", "api"]
    language: str = Field(
        pattern="^[a-z]{2}$", description="Two letters (ISO 639-1); those not offered count as other."
    )


class EnquiryShape(CountedShape):
    """One need asked about in one conversation. No field takes free text into the counters."""

    outcome: Literal[
        "matched",
        "none_matched",
        "closed_now",
        "abandoned",
        "no_such_service",
        "full",
        "closed",
        "not_eligible",
        "too_far",
        "no_answer",
    ] = Field(description="What it came to; all but matched and abandoned are unmet need, with the reason.")
    key: str = Field(min_length=8, max_length=200, description="The same for a retry of the same enquiry.")


def require_token(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Directory:
    """The directory, for a caller with the service token. Raises NotAllowed."""
    directory = get_directory(request)
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode(), directory.service_token.encode()):
        raise NotAllowed("Send the service token: Authorization: Bearer <token>.")
    return directory


def read_enquiry(directory: Directory, sent: CountedShape, outcome: str) -> Enquiry:
    """What is counted of something sent. Raises InvalidInput for a need or a ward that we do not know."""
    check_need(directory.needs, sent.need)
    if sent.ward_code is not None and sent.ward_code not in directory.tables.wards:
        raise InvalidInput("ward_code", "Use the code of one of the 33 Leeds wards, or null.")
    language = sent.language if sent.language in LANGUAGES else "other"
    return Enquiry(sent.need, sent.ward_code, sent.channel, language, outcome)


@router.post("/api/enquiries", status_code=204)
def count_enquiry(enquiry: EnquiryShape, directory: Annotated[Directory, Depends(require_token)]) -> None:
    """Count an enquiry: one increment, at most once per key."""
    counted = read_enquiry(directory, enquiry, enquiry.outcome)
    with transaction(directory.database) as session:
        record_enquiry(
            session, counted, enquiry.key, directory.service_token.encode(), directory.clock().date()
        )
