"""Staff pages: choosing the service. Which ones can be asked, in which order, and why: the first time, and when one
declined or did not answer.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.cards import Card
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput
from referral_directory.referrals import referring
from referral_directory.referrals.handovers import read_services
from referral_directory.referrals.inboxes import Inbox, get_open_inbox, list_inboxes
from referral_directory.referrals.models import Referral
from referral_directory.referrals.questions import list_questions
from referral_directory.referrals.records import get_referral, list_replaced
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.referrals_draft import Sender, cards_of, describe_briefly, fitting_cards, who_is
from referral_directory.web.signed_in import staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, Form(max_length=5000)]
MOST_OTHERS = 10
DECLINED, NO_ANSWER = "Asked already: it declined.", "Asked already: no answer in time."


@router.get("/staff/referrals/{identity}/services")
def show_services(request: Request, staff: Sender, identity: UUID, first: str = "") -> HTMLResponse:
    """Services that take referrals, fit and have room, each with the reason; `first` are ids that the person chose in
    the chat, with commas. Raises NotFound.
    """
    directory = get_directory(request)
    chosen = read_services([part for part in first.split(",") if part])
    with directory.database.read() as session:
        referral = get_referral(session, identity, staff.community_space_id)
        referring.check_is_draft(referral)
        shown, asked = describe_briefly(referral), list_replaced(session, referral)
        able, others = list_choices(directory, session, referral, asked, chosen)
    return staff_page(
        request, staff, "referrals/services.html", referral=shown, cards=able, others=others, errors={}
    )


@router.post("/staff/referrals/{identity}/service")
def choose(request: Request, staff: Sender, identity: UUID, service: Typed = "") -> Response:
    """Choose the service. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        inbox = _read_inbox(session, service, directory.clock().date())
        referring.choose_service(
            session, directory.field_keys, referral, who_is(staff), inbox, directory.clock()
        )
        step = "questions" if list_questions(session, inbox.service_id) else "consent"
    return RedirectResponse(f"/staff/referrals/{identity}/{step}", 303)


def list_choices(
    directory: Directory,
    session: Session,
    referral: Referral,
    asked: Sequence[Referral],
    chosen: Sequence[UUID] = (),
) -> tuple[list[Card], list[Card]]:
    """Services that take referrals, fit and have room, best first, and those that can be gone to without one.

    What the last service suggests comes first, then what the person chose in the chat; what was `asked` for this
    person already comes last. Each card says so in `mark`.
    """
    inboxes = list_inboxes(session, directory.clock().date())
    suggested = [identity for identity in inboxes if asked and identity == asked[0].suggested_service_id]
    before = {one.service_id: DECLINED if one.reason else NO_ANSWER for one in asked if one.service_id}
    marks = dict.fromkeys(chosen, "The person chose this in the chat.")
    marks |= dict.fromkeys(suggested, "The last service suggests this.") | before
    fitting = fitting_cards(directory, referral.needs.split(), referral.ward_code)
    ids = {card["id"] for card in fitting}
    cards = [*cards_of(directory, [one for one in suggested if str(one) not in ids]), *fitting]

    def place(card: Card) -> int:
        identity = UUID(card["id"])
        return 3 if identity in before else 0 if identity in suggested else 1 if identity in chosen else 2

    marked = [card | {"mark": marks.get(UUID(card["id"]), "")} for card in sorted(cards, key=place)]
    able = [card for card in marked if UUID(card["id"]) in inboxes]
    return able, [card for card in marked if UUID(card["id"]) not in inboxes][:MOST_OTHERS]


def find_next_best(
    directory: Directory, session: Session, referral: Referral, asked: Sequence[Referral]
) -> Card | None:
    """The service to ask next, if there is one that was not asked yet."""
    able, _ = list_choices(directory, session, referral, asked)
    before = {str(one.service_id) for one in asked}
    return next((card for card in able if card["id"] not in before), None)


def _read_inbox(session: Session, service: str, today: date) -> Inbox:
    try:
        identity = UUID(service)
    except ValueError as error:
        raise InvalidInput("service", "Choose from the services on the page.") from error
    try:
        return get_open_inbox(session, identity, today)
    except InvalidInput as error:
        raise InvalidInput("service", error.message) from error
