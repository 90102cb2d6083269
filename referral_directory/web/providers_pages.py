"""Providers' pages: a link from a mail, a one-time code from another mail, and an answer. No account."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPermitted, TooManyAttempts
from referral_directory.life_cycle import Action
from referral_directory.referrals import providing, referring
from referral_directory.referrals.audit import record_looking
from referral_directory.referrals.inboxes import list_inboxes
from referral_directory.referrals.models import Referral
from referral_directory.referrals.providing import Declining
from referral_directory.referrals.questions import list_answers
from referral_directory.referrals.records import CONTACT_FIELDS, read_details, read_notes
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.providers_doors import Door, Fault, is_visiting, let_in, mail_code, shut_page
from referral_directory.web.referrals_counting import count_as
from referral_directory.web.referrals_draft import fitting_cards
from referral_directory.web.referrals_pages import OUTCOMES, REASONS, note_lines, say_status
from referral_directory.web.signed_in import check_form, describe, visitor_page

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(check_form)]
)
Typed = Annotated[str, Form(max_length=5000)]
DOOR = Door("/provider", "provider code", "Open a referral", providing.get_linked)


@router.get("/provider/{token}")
def show_link(request: Request, token: str, said: str = "") -> HTMLResponse:
    """The referral, for whoever typed its code in this browser; else the way to get one. Raises NotFound."""
    return _page(request, token, said=said)


@router.post("/provider/{token}/code")
def send_code(request: Request, token: str) -> Response:
    """Mail a code to the registered address. Raises NotFound."""
    return mail_code(request, DOOR, token)


@router.post("/provider/{token}/enter")
def enter_code(request: Request, token: str, code: Typed = "") -> Response:
    """Open the referral with the code. Raises NotFound."""
    try:
        return let_in(request, DOOR, token, code)
    except (InvalidInput, TooManyAttempts) as error:
        return _page(request, token, error, said="code")


@router.post("/provider/{token}/answer")
def give_answer(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    token: str,
    action: Typed = "",
    question: Typed = "",
    reason: Typed = "",
    suggested: Typed = "",
    full_until: Typed = "",
    outcome: Typed = "",
) -> Response:
    """Accept, begin, ask, decline, finish, or take the last answer back. Raises NotFound and NotPermitted."""
    directory = get_directory(request)
    typed = {"question": question, "reason": reason, "suggested": suggested}
    typed |= {"full_until": full_until, "outcome": outcome}
    try:
        with transaction(directory.database) as session:
            referral = _get_visited(request, session, token)
            _answer(directory, session, referral, action, typed)
    except InvalidInput as error:
        return _page(request, token, error)
    return RedirectResponse(f"/provider/{token}?said=answer", 303)


def _answer(
    directory: Directory, session: Session, referral: Referral, action: str, typed: dict[str, str]
) -> None:
    keys, now = directory.field_keys, directory.clock()
    if action in (Action.ACCEPT, Action.BEGIN, Action.UNDO):
        providing.act(session, keys, referral, Action(action), now)
    elif action == "ask":
        providing.ask(session, keys, referral, typed["question"], now)
    elif action == Action.DECLINE:
        providing.decline(session, keys, referral, _read_declining(typed, now.date()), now)
        count_as(session, directory, referral, referral.reason)
    elif action == Action.COMPLETE:
        referring.complete_referral(session, keys, referral, providing.PROVIDER, typed["outcome"], now)
        count_as(session, directory, referral, referral.outcome)
    else:
        raise InvalidInput("action", "Use one of the buttons on the page.")


def _read_declining(typed: dict[str, str], today: date) -> Declining:
    try:
        suggested = UUID(typed["suggested"]) if typed["suggested"] else None
    except ValueError as error:
        raise InvalidInput("suggested", "Choose from the services on the page.") from error
    try:
        until = date.fromisoformat(typed["full_until"]) if typed["full_until"] else None
    except ValueError as error:
        raise InvalidInput("full_until", "Type a date like 2026-12-31.") from error
    if until is not None and not 0 <= (until - today).days <= 366:
        raise InvalidInput("full_until", "Type a day from today on, at most a year away.")
    return Declining(typed["reason"], suggested, until)


def _get_visited(request: Request, session: Session, token: str) -> Referral:
    link, referral = providing.get_linked(session, token)
    if not is_visiting(request, session, link):
        raise NotPermitted("Open the link and type the code first.")
    return referral


def _page(request: Request, token: str, error: Fault | None = None, said: str = "") -> HTMLResponse:
    directory = get_directory(request)
    with transaction(directory.database) as session:
        link, referral = providing.get_linked(session, token)
        address = link.address
        shown = _describe(directory, session, referral) if is_visiting(request, session, link) else None
    if shown is None:
        return shut_page(request, DOOR, token, address, error, said)
    status, errors = describe(error)
    return visitor_page(
        request,
        "referrals/provider.html",
        status,
        token=token,
        said=said,
        errors=errors,
        reasons=REASONS,
        outcomes=OUTCOMES,
        **shown,
    )


def _describe(directory: Directory, session: Session, referral: Referral) -> dict[str, object]:
    """What a provider sees: what the person agreed to, and what is shared with them."""
    keys, now = directory.field_keys, directory.clock()
    details = read_details(session, keys, referral)
    record_looking(session, keys, referral, providing.PROVIDER, now)
    needs = referral.needs.split()
    inboxes = list_inboxes(session, now.date())
    others = [
        (card["id"], card["name"])
        for card in fitting_cards(directory, needs, referral.ward_code)
        if UUID(card["id"]) in inboxes and card["id"] != str(referral.service_id)
    ]
    return {
        "referral": {
            "reference": referral.reference,
            "service": referral.service_name,
            "words": say_status(referral),
            "needs": [directory.needs[code].label for code in needs if code in directory.needs],
        },
        "answers": list_answers(details),
        "details": [(CONTACT_FIELDS[name][0], details[name]) for name in CONTACT_FIELDS if name in details],
        "notes": [note_lines(note) for note in read_notes(session, keys, referral) if note.shared],
        "actions": providing.list_actions(referral),
        "others": others,
    }
