"""What residents say afterwards: did this help, and were the details right. Only counts, and no identifiers.

Bot and actions send it to POST /api/feedback; for people without the chat there is a page a service.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from referral_directory.catalogue.cards import Card
from referral_directory.catalogue.search import get_card
from referral_directory.database import transaction
from referral_directory.demand.counting import Enquiry, add_one, record_enquiry
from referral_directory.demand.outcomes import LABELS, SAID
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.enquiries import CountedShape, read_enquiry, require_token
from referral_directory.web.searching import current_index
from referral_directory.web.signed_in import FORM, check_form, cookie_name, describe, visitor_page

router = APIRouter(tags=["enquiries"])
CHOICES = {said.removeprefix("said_"): LABELS[said] for said in SAID}
WRONG_DETAILS = "said_wrong_details"
Said = Literal[
    "helped", "full", "closed", "not_eligible", "too_far", "no_answer", "not_helped", "wrong_details"
]


class FeedbackShape(CountedShape):
    """What somebody said of a service that they were shown. Neither the service nor the person is kept."""

    need: str = Field(description="The need that it was shown for: one of the 26 codes.", max_length=40)
    said: Said = Field(description="Whether it helped; if not, why not.")
    key: str = Field(min_length=8, max_length=200, description="The same for a retry of the same answer.")


@router.post("/api/feedback", status_code=204)
def count_feedback(feedback: FeedbackShape, directory: Annotated[Directory, Depends(require_token)]) -> None:
    """Count what was said: one increment, at most once per key."""
    _record(directory, read_enquiry(directory, feedback, f"said_{feedback.said}"), feedback.key)


@router.get("/did-this-help/{identity}", include_in_schema=False)
async def show_question(request: Request, identity: UUID) -> HTMLResponse:
    """The question about one service. Raises NotFound."""
    return _question_page(request, await _get_service(request, identity))


@router.post("/did-this-help/{identity}", include_in_schema=False, dependencies=[Depends(check_form)])
async def answer_question(
    request: Request,
    identity: UUID,
    said: Annotated[str, Form(max_length=40)] = "",
    need: Annotated[str, Form(max_length=40)] = "",
) -> HTMLResponse:
    """Count the answer, once a day for a browser and a service. Raises NotFound."""
    service = await _get_service(request, identity)
    if said not in CHOICES:
        return _question_page(request, service, InvalidInput("said", "Choose what fits best."))
    if need not in service["needs"]:
        return _question_page(request, service, InvalidInput("need", "Choose what it was about."))
    browser = request.cookies.get(cookie_name(request, FORM), "")
    counted = Enquiry(need, None, "web", "en", f"said_{said}")
    await run_in_threadpool(_record, get_directory(request), counted, f"{browser} {identity}")
    return visitor_page(request, "statistics/thanks.html", service=service, said=said)


def count_wrong_details(session: Session, directory: Directory, identity: UUID) -> None:
    """Count a report that a record is wrong, under the first need of the service, in the report's transaction."""
    index, now = directory.catalogue.index, directory.clock()
    card = get_card(index, directory.needs, str(identity), now) if index else None
    if card is not None and card["needs"]:
        add_one(session, Enquiry(card["needs"][0], None, "web", "en", WRONG_DETAILS), now.date())


def _record(directory: Directory, counted: Enquiry, key: str) -> None:
    salt, today = directory.service_token.encode(), directory.clock().date()
    with transaction(directory.database) as session:
        # Told apart from the key of an enquiry, which a front door may have made from the same things.
        record_enquiry(session, counted, f"feedback {key}", salt, today)


async def _get_service(request: Request, identity: UUID) -> Card:
    directory = get_directory(request)
    index = await current_index(directory)
    card = get_card(index, directory.needs, str(identity), directory.clock())
    if card is None or not card["needs"]:
        raise NotFound("service")
    return card


def _question_page(request: Request, service: Card, error: InvalidInput | None = None) -> HTMLResponse:
    status, errors = describe(error)
    needs = {code: get_directory(request).needs[code].label for code in service["needs"]}
    return visitor_page(
        request,
        "statistics/did_this_help.html",
        status,
        service=service,
        choices=CHOICES,
        needs=needs,
        errors=errors,
    )
