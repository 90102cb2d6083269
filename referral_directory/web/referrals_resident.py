"""The resident's page: with the reference and the code of the sheet, where the referral stands, a note, withdraw.

The code is never in an address: each form carries it in its body, and no page is kept by a cache.
"""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, TooManyAttempts
from referral_directory.life_cycle import PROVIDER_SEES, Action, Actor, Status, possible_actions
from referral_directory.referrals import referring
from referral_directory.referrals.audit import Who, record_looking
from referral_directory.referrals.models import Referral
from referral_directory.referrals.records import (
    STATUS_CODE,
    list_successors,
    read_details,
    read_notes,
    read_reference,
    read_status_code,
)
from referral_directory.referrals.self_referring import SPACE
from referral_directory.staff.attempts import check_rate, claim_attempt, forgive_attempt, reference_guards
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.referrals_counting import WITHDRAWN, count_as, is_end_counted
from referral_directory.web.referrals_pages import note_lines
from referral_directory.web.signed_in import address_of, check_form, describe, visitor_page

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[Depends(check_form)]
)
Typed = Annotated[str, Form(max_length=5000)]
RESIDENT = Who(Actor.RESIDENT)
# Who follows the referral of somebody who asked without a community space.
FOR_ONESELF = "the team that follows requests made online"
WITH_SERVICE = "{Space} and the service can read it."
SPACE_ONLY = "Only {space} can read it: no service has your referral now."
MEANINGS = {
    Status.DRAFT: "It is not sent yet. Nobody outside {space} has seen it.",
    Status.SENT: "It is sent. The service has not opened it yet.",
    Status.OPENED: "The service has opened it and has not answered yet.",
    Status.ACCEPTED: "The service said yes and will get in touch with you.",
    Status.DECLINED: "The service cannot help this time. {Space} looks for another.",
    Status.RE_ROUTED: "{Space} asks another service instead.",
    Status.IN_PROGRESS: "The service is helping you.",
    Status.COMPLETED: "It is finished.",
    Status.WITHDRAWN: "It is withdrawn. The service no longer sees your details here.",
    Status.EXPIRED: "It ended without an answer. {Space} looks for another service.",
}
EXPIRED_FROM = {
    Status.DRAFT: "It was not sent, and has ended. If you still need help, ask again where you asked first.",
    Status.ACCEPTED: "The service said yes, and we heard nothing after that. If you still need help, say so in a note.",
    Status.DECLINED: "The service could not help. If you still need help, say so in a note.",
    Status.IN_PROGRESS: "The service was helping you, and we heard nothing after that. If you still need help, say so "
    "in a note.",
}


@router.get("/my-referral")
def show_form(request: Request) -> HTMLResponse:
    """Where to type reference and code."""
    return _form_page(request)


@router.post("/my-referral")
def show_mine(
    request: Request, reference: Typed = "", code: Typed = "", action: Typed = "", note: Typed = ""
) -> HTMLResponse:
    """Where it stands; and a note or a withdrawal, if that is the button."""
    directory = get_directory(request)
    try:
        identity = _claim(directory, address_of(request), reference, code)
    except (InvalidInput, TooManyAttempts) as refused:
        return _form_page(request, refused, reference)
    error: InvalidInput | None = None
    if action:
        try:
            with transaction(directory.database) as session:
                _do(directory, session, _find(session, identity), action, note)
        except InvalidInput as wrong:
            error, action = wrong, ""
    return _status_page(request, identity, (reference, code), error, said=action)


def _claim(directory: Directory, network: str, reference: str, code: str) -> str:
    """The reference, if the code is its own, or that of the referral which took its place. Raises InvalidInput, the
    same for an unknown reference and a wrong code, and TooManyAttempts.
    """
    identity, typed = read_reference(reference), read_status_code(code)
    guards = reference_guards(directory.staff_keys, identity, network)
    check_rate(directory.sign_in_limiter, guards, "status code", network)
    with transaction(directory.database) as session:
        claim_attempt(session, guards, directory.clock())
    with transaction(directory.database) as session:
        kept = _list_kept(session, identity)
        details = [read_details(session, directory.field_keys, one) for one in kept]
        codes = [one[STATUS_CODE] for one in details if STATUS_CODE in one]
        if not any(hmac.compare_digest(one.encode(), typed.encode()) for one in codes):
            raise InvalidInput("code", "Reference and code do not belong together. Look at your sheet again.")
        forgive_attempt(session, guards, directory.clock())
        return kept[-1].reference


def _do(directory: Directory, session: Session, referral: Referral | None, action: str, note: str) -> None:
    if referral is None:
        return
    keys, now = directory.field_keys, directory.clock()
    if action == "note":
        shared = referral.status in PROVIDER_SEES
        referring.write_note(session, keys, referral, RESIDENT, note, shared, now)
    elif action == Action.WITHDRAW:
        counts = referral.sent_at is not None and not is_end_counted(referral)
        referring.withdraw_referral(session, keys, referral, RESIDENT, now)
        count_as(session, directory, referral, WITHDRAWN if counts else None)
    else:
        raise InvalidInput("note", "Use one of the buttons on the page.")


def _say_where(referral: Referral) -> str:
    """Where it stands; of one that the clock ended, what came before."""
    if referral.status == Status.EXPIRED and referral.ended_from in EXPIRED_FROM:
        return EXPIRED_FROM[Status(referral.ended_from)]
    return MEANINGS[Status(referral.status)]


def _in_space(referral: Referral, words: str) -> str:
    """The words with whoever follows this referral in them."""
    space = FOR_ONESELF if referral.community_space_id == SPACE else "your community space"
    return words.format(space=space, Space=space[0].upper() + space[1:])


def _list_kept(session: Session, reference: str) -> list[Referral]:
    """The referral of a sheet and those that took its place, the present one last; none whose data is erased."""
    first = session.scalar(select(Referral).where(Referral.reference == reference))
    path = [first, *list_successors(session, first)] if first else []
    return [one for one in path if one.erased_at is None]


def _find(session: Session, reference: str) -> Referral | None:
    return session.scalar(
        select(Referral)
        .where(Referral.reference == reference, Referral.erased_at.is_(None))
        .with_for_update()
    )


def _form_page(
    request: Request, error: InvalidInput | TooManyAttempts | None = None, reference: str = ""
) -> HTMLResponse:
    status, errors = describe(error)
    return visitor_page(request, "referrals/my_form.html", status, reference=reference[:20], errors=errors)


def _status_page(
    request: Request, reference: str, sheet: tuple[str, str], error: InvalidInput | None, said: str
) -> HTMLResponse:
    """The page of the referral; `sheet` is the reference and the code that were typed."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = _find(session, reference)
        if referral is None:
            return _form_page(request)
        record_looking(session, directory.field_keys, referral, RESIDENT, directory.clock())
        shown = {"reference": reference, "service": referral.service_name}
        # What took its place may be over and erased already; what it came to is known.
        shown["meaning"] = _in_space(
            referral, _say_where([referral, *list_successors(session, referral)][-1])
        )
        shown["sheet"] = read_reference(sheet[0])
        readers = WITH_SERVICE if referral.status in PROVIDER_SEES else SPACE_ONLY
        shown["readers"] = _in_space(referral, readers)
        # What somebody wrote themselves stays theirs to read, also when another service is asked.
        written = read_notes(session, directory.field_keys, referral)
        notes = [note_lines(one) for one in written if one.shared or one.author == Actor.RESIDENT]
        actions = possible_actions(Status(referral.status), Actor.RESIDENT)
    status, errors = describe(error)
    return visitor_page(
        request,
        "referrals/my_referral.html",
        status,
        referral=shown,
        code=sheet[1],
        notes=notes,
        actions=actions,
        said=said,
        errors=errors,
    )
