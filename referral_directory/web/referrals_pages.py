"""Staff pages: the referrals of one's own community space, what is waiting, and one referral to its end."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Form as FormField
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.clock import date_text, in_leeds
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput
from referral_directory.life_cycle import (
    ENDED,
    WITH_PROVIDER,
    Action,
    Actor,
    Outcome,
    Status,
    possible_actions,
    say,
)
from referral_directory.referrals import referring, ringing
from referral_directory.referrals.audit import record_looking
from referral_directory.referrals.consent import list_consents
from referral_directory.referrals.half_typed import half_typed_in, list_half_typed
from referral_directory.referrals.inboxes import find_inbox
from referral_directory.referrals.models import Referral, ReferralMail
from referral_directory.referrals.outbox import list_mails, try_again
from referral_directory.referrals.questions import list_answers
from referral_directory.referrals.records import (
    CONTACT_FIELDS,
    HALF_NOTE,
    STATUS_CODE,
    Note,
    find_by_reference,
    get_referral,
    has_mail_not_out,
    list_referrals,
    list_replaced,
    list_same_person,
    list_waiting,
    read_details,
    read_notes,
)
from referral_directory.staff.roles import Staff
from referral_directory.web.autosaving import allow_script
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.referrals_choices import find_next_best
from referral_directory.web.referrals_counting import WITHDRAWN, count_as, is_end_counted
from referral_directory.web.referrals_draft import Sender, cards_of, describe_briefly, who_is
from referral_directory.web.signed_in import describe, staff_page
from referral_directory.web.templating import render

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Typed = Annotated[str, FormField(max_length=5000)]
OUTCOMES = {
    Outcome.HELPED: "Helped",
    Outcome.PARTLY: "Helped in part",
    Outcome.NOT_REACHED: "The person could not be reached",
    Outcome.NOT_NEEDED: "No longer needed",
}
REASONS = {
    "full": "Full at the moment",
    "not_eligible": "The person is not eligible",
    "outside_area": "The person lives outside the area",
    "duplicate": "The service knows the person already",
}


@router.get("/staff/referrals")
def show_referrals(request: Request, staff: Sender, reference: str | None = None) -> Response:
    """What is waiting, the longest first, and the rest; or with a reference, on to the page of that referral."""
    error = None
    with get_directory(request).database.read() as session:
        if reference is not None:
            try:
                found = find_by_reference(session, reference, staff.community_space_id)
                return RedirectResponse(f"/staff/referrals/{found.id}", 303)
            except InvalidInput as unknown:
                error = unknown
        ours = list_waiting(session, staff.community_space_id)
        rows = list_referrals(session, staff.community_space_id)
        waiting = [describe_waiting(row, mail_not_out) for row, mail_not_out in ours]
        listed = {row.id for row, _ in ours}
        others = [describe_waiting(row) for row in rows if row.id not in listed]
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "referrals/list.html",
        status,
        waiting=waiting,
        others=others,
        reference=(reference or "")[:20],
        errors=errors,
    )


@router.get("/staff/referrals/{identity}")
def show_referral(request: Request, staff: Sender, identity: UUID, said: str = "") -> HTMLResponse:
    """One referral. Raises NotFound for one of another space."""
    return _referral_page(request, staff, identity, said=said)


@router.get("/staff/referrals/{identity}/sheet")
def show_sheet(request: Request, staff: Sender, identity: UUID) -> HTMLResponse:
    """A page to print for the resident: reference, code, how to withdraw. Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        details = read_details(session, directory.field_keys, referral)
        record_looking(session, directory.field_keys, referral, who_is(staff), directory.clock())
        shown = describe_briefly(referral)
    return staff_page(
        request,
        staff,
        "referrals/sheet.html",
        referral=shown,
        code=details.get(STATUS_CODE, ""),
        url=f"{directory.public_url}/my-referral",
    )


@router.get("/staff/referrals/{identity}/export")
def export(request: Request, staff: Sender, identity: UUID) -> Response:
    """All that is stored of the person, to give to them (UK GDPR, article 15). Raises NotFound."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        record_looking(session, directory.field_keys, referral, who_is(staff), directory.clock())
        others = [one for one in list_same_person(session, referral) if one.id != referral.id]
        text = "\n\n".join(_export_text(directory, session, one) for one in [referral, *others])
        for one in others:
            record_looking(session, directory.field_keys, one, who_is(staff), directory.clock())
        headers = {"content-disposition": f'attachment; filename="{referral.reference}.txt"'}
    return Response(text, media_type="text/plain; charset=utf-8", headers=headers)


def _export_text(directory: Directory, session: Session, referral: Referral) -> str:
    details = read_details(session, directory.field_keys, referral)
    return render(
        "referrals/export.txt",
        needs=referral.needs,
        consents=list_consents(session, referral),
        half_typed=list_half_typed(details),
        **_describe_fully(directory, session, referral, details),
    )


@router.post("/staff/referrals/{identity}/note")
def add_note(
    request: Request, staff: Sender, identity: UUID, note: Typed = "", shared: Typed = ""
) -> Response:
    """Add a note; shared with the service if it may see the referral. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            referral = get_referral(session, identity, staff.community_space_id)
            referring.write_note(
                session,
                directory.field_keys,
                referral,
                who_is(staff),
                note,
                shared == "yes",
                directory.clock(),
            )
    except InvalidInput as error:
        return _referral_page(request, staff, identity, error, typed={"note": note, "shared": shared})
    return RedirectResponse(f"/staff/referrals/{identity}?said=note", 303)


@router.post("/staff/referrals/{identity}/act")
def act(
    request: Request,
    staff: Sender,
    identity: UUID,
    action: Typed = "",
    outcome: Typed = "",
    reason: Typed = "",
) -> Response:
    """Withdraw, reopen, complete, ask the next service, copy, erase, try a mail again, or write down what the service
    said on the telephone. Raises NotFound.
    """
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            referral = get_referral(session, identity, staff.community_space_id)
            if action in ringing.TOLD:
                _write_down(directory, session, referral, staff, Action(action), reason)
                address = f"/staff/referrals/{referral.id}?said={action}"
            else:
                address = _act(directory, session, referral, staff, action, outcome)
    except InvalidInput as error:
        return _referral_page(request, staff, identity, error)
    return RedirectResponse(address, 303)


def _write_down(
    directory: Directory, session: Session, referral: Referral, staff: Staff, action: Action, reason: str
) -> None:
    ringing.record_told(
        session, directory.field_keys, referral, who_is(staff), action, reason, directory.clock()
    )
    count_as(session, directory, referral, referral.reason)


def _act(
    directory: Directory, session: Session, referral: Referral, staff: Staff, action: str, outcome: str
) -> str:
    """Do it, and say where to go on."""
    keys, who, now = directory.field_keys, who_is(staff), directory.clock()
    if action == Action.WITHDRAW:
        counts = referral.sent_at is not None and not is_end_counted(referral)
        referring.withdraw_referral(session, keys, referral, who, now)
        count_as(session, directory, referral, WITHDRAWN if counts else None)
    elif action == Action.REOPEN:
        referring.reopen_referral(session, keys, referral, who, now)
    elif action == Action.COMPLETE:
        counts = not is_end_counted(referral)
        referring.complete_referral(session, keys, referral, who, outcome, now)
        count_as(session, directory, referral, outcome if counts else None)
    elif action == Action.RE_ROUTE:
        draft = referring.re_route_referral(session, keys, referral, who, now)
        return f"/staff/referrals/{draft.id}/services"
    elif action == "copy":
        draft = referring.copy_referral(session, keys, referral, who, now)
        return f"/staff/referrals/{draft.id}/services"
    elif action == "erase":
        referring.erase_referral(session, keys, referral, who, now)
    elif action == "erase_person":
        referring.erase_person(session, keys, referral, who, now)
    elif action == "mail_again":
        try_again(session, referral, now)
    else:
        raise InvalidInput("action", "Use one of the buttons on the page.")
    return f"/staff/referrals/{referral.id}?said={action}"


def describe_waiting(referral: Referral, mail_not_out: bool = False) -> dict[str, object]:
    """A line of the list, without anything personal."""
    words = {
        Status.DRAFT: "A draft: finish and send it",
        Status.DECLINED: f"Declined: {REASONS.get(referral.reason or '', '').lower()}. Ask the next service",
        Status.EXPIRED: "No answer in time. Ask the next service",
    }
    if referral.ended_from in (Status.ACCEPTED, Status.IN_PROGRESS):
        words[Status.EXPIRED] = "The service said yes, then nothing was heard: ask how it went, and close it"
    todo = "The service asks you something" if referral.question_open else ""
    todo = "The person wrote something: read it" if referral.note_unread else todo
    todo = todo or words.get(Status(referral.status), "")
    if mail_not_out:
        # Said first: the service may know nothing of it, whatever else there is to do.
        mail = "A mail to the service did not go out: try it again, or ring"
        todo = f"{mail}. {todo}" if todo else mail
    if not todo and referral.stage == 2:
        todo = "The service does not answer: ring it, and write down what it says"
    return describe_briefly(referral) | {
        "todo": todo,
        "words": say_status(referral),
        "since": date_text(in_leeds(referral.news_at).date()),
    }


def say_status(referral: Referral) -> str:
    """Where it stands, in words."""
    words = say(Status(referral.status)).capitalize()
    return f"{words}: {OUTCOMES[Outcome(referral.outcome)].lower()}" if referral.outcome else words


def _referral_page(
    request: Request,
    staff: Staff,
    identity: UUID,
    error: InvalidInput | None = None,
    said: str = "",
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        details = read_details(session, directory.field_keys, referral)
        shown = _describe_fully(directory, session, referral, details)
        half_typed = half_typed_in(details, HALF_NOTE)
        typed = typed or half_typed or {"note": "", "shared": "yes" if referral.question_open else ""}
        going = _describe_going_on(directory, session, referral)
        referral.note_unread = False
        if shown["details"] or shown["notes"] or half_typed:
            record_looking(session, directory.field_keys, referral, who_is(staff), directory.clock())
    status, errors = describe(error)
    page = staff_page(
        request,
        staff,
        "referrals/referral.html",
        status,
        outcomes=OUTCOMES,
        reasons=REASONS,
        said=said,
        errors=errors,
        typed=typed,
        half_typed=half_typed,
        **going,
        **shown,
    )
    return allow_script(page)


def _describe_going_on(directory: Directory, session: Session, referral: Referral) -> dict[str, object]:
    """Where to ring, and where to go on if the service declined or did not answer."""
    actions = possible_actions(Status(referral.status), Actor.STAFF)
    asked = [referral, *list_replaced(session, referral)]
    comes_back = Action.RE_ROUTE in actions and referral.erased_at is None
    cards = cards_of(directory, [referral.service_id]) if referral.service_id else []
    return {
        "phone": cards[0]["phone"] if cards else None,
        "next_best": find_next_best(directory, session, referral, asked) if comes_back else None,
    }


def _describe_fully(
    directory: Directory, session: Session, referral: Referral, details: Mapping[str, str]
) -> dict[str, object]:
    erased = referral.erased_at is not None
    suggested = find_inbox(session, referral.suggested_service_id)
    mail_not_out = not erased and has_mail_not_out(session, referral)
    return {
        "referral": describe_waiting(referral, mail_not_out)
        | {"erased": erased, "question": referral.question_open},
        "can_change": referral.status in WITH_PROVIDER and not erased,
        "details": [(CONTACT_FIELDS[name][0], details[name]) for name in CONTACT_FIELDS if name in details],
        "answers": list_answers(details),
        "notes": [note_lines(note) for note in read_notes(session, directory.field_keys, referral)],
        "mails": [
            {
                "kind": mail.kind,
                "address": mail.address,
                "state": _mail_state(mail, directory.mail_folder is not None),
                "failed": mail.failed_at is not None,
            }
            for mail in list_mails(session, referral)
        ],
        "kept_here": directory.mail_folder is not None,
        "suggested": suggested.service if suggested else "",
        "actions": referring.list_actions(referral),
        "same_person": [
            describe_briefly(one) | {"words": say_status(one), "ended": one.status in ENDED}
            for one in list_same_person(session, referral)
            if one.id != referral.id and one.erased_at is None
        ],
        "can_erase": referral.status in ENDED and not erased,
    }


def note_lines(note: Note) -> dict[str, object]:
    """A note as pages show it."""
    when = in_leeds(note.written_at)
    return {
        "author": {"staff": "Community space", "provider": "Service", "resident": "The person"}[note.author],
        "kind": note.kind,
        "shared": note.shared,
        "when": f"{date_text(when.date())}, {when:%H:%M}",
        "text": note.text,
    }


def _mail_state(mail: ReferralMail, kept_here: bool) -> str:
    """How far a mail is. Without a mail server nobody gets it: `kept_here`, as a file."""
    if mail.delivered_at is not None:
        return "Kept on this machine, not sent: pass it on by hand" if kept_here else "Delivered"
    if mail.failed_at is not None:
        return f"Given up after {mail.tries} tries. {mail.fault}"
    return f"Tried {mail.tries} times so far. {mail.fault}" if mail.fault else "On its way"
