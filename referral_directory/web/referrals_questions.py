"""What a service has to know before it can help: asked in the referral, and written down by provider managers."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.models import Service
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.referrals import referring
from referral_directory.referrals.audit import record_looking
from referral_directory.referrals.half_typed import half_typed_in
from referral_directory.referrals.questions import (
    ANSWERS,
    FITS,
    MOST_QUESTIONS,
    Question,
    answers_in,
    find_misfits,
    list_questions,
    save_questions,
)
from referral_directory.referrals.records import HALF_ANSWERED, get_referral, read_details
from referral_directory.staff.roles import Staff
from referral_directory.web.autosaving import allow_script
from referral_directory.web.context import get_directory
from referral_directory.web.referrals_draft import Filled, Sender, describe_briefly, who_is
from referral_directory.web.referrals_inboxes import Manager
from referral_directory.web.signed_in import describe, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/staff/referrals/{identity}/questions")
def show_questions(request: Request, staff: Sender, identity: UUID) -> Response:
    """The questions of the chosen service, and whether the answers fit. Raises NotFound."""
    return _asking_page(request, staff, identity)


@router.post("/staff/referrals/{identity}/questions")
def keep_answers(request: Request, staff: Sender, identity: UUID, form: Filled) -> Response:
    """Keep the answers; if they fit, go on to consent. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            referral = get_referral(session, identity, staff.community_space_id)
            questions = list_questions(session, referral.service_id)
            answers = read_form_answers(questions, form)
            referring.answer_questions(
                session, directory.field_keys, referral, who_is(staff), answers, directory.clock()
            )
    except InvalidInput as error:
        return _asking_page(request, staff, identity, error)
    step = "questions" if find_misfits(questions, answers) else "consent"
    return RedirectResponse(f"/staff/referrals/{identity}/{step}", 303)


def read_form_answers(questions: Sequence[Question], form: FormData) -> dict[str, str]:
    """The answers of a form, by the question's text."""
    return {question.text: str(form.get(f"answer-{number}", "")) for number, question in enumerate(questions)}


@router.get("/staff/services-that-take-referrals/{service}/questions")
def show_own_questions(request: Request, staff: Manager, service: UUID, said: str = "") -> HTMLResponse:
    """The questions of a service, to be written. Raises NotFound."""
    return _writing_page(request, staff, service, said=said)


@router.post("/staff/services-that-take-referrals/{service}/questions")
def write_questions(request: Request, staff: Manager, service: UUID, form: Filled) -> Response:
    """Save the questions; empty ones are left out. Raises NotFound."""
    rows = [
        Question(*(str(form.get(f"{part}-{number}", "")).strip() for part in ("text", "fits", "reason")))
        for number in range(MOST_QUESTIONS)
    ]
    try:
        with transaction(get_directory(request).database) as session:
            _get_service(session, service)
            save_questions(session, service, [row for row in rows if row.text])
    except InvalidInput as error:
        return _writing_page(request, staff, service, error, rows)
    return RedirectResponse(f"/staff/services-that-take-referrals/{service}/questions?said=saved", 303)


def _asking_page(
    request: Request, staff: Staff, identity: UUID, error: InvalidInput | None = None
) -> Response:
    directory = get_directory(request)
    keys = directory.field_keys
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        referring.check_is_draft(referral)
        questions = list_questions(session, referral.service_id)
        details = read_details(session, keys, referral)
        answers, half_typed = answers_in(details), half_typed_in(details, HALF_ANSWERED)
        if answers or half_typed:
            record_looking(session, keys, referral, who_is(staff), directory.clock())
        shown = describe_briefly(referral)
    if not questions:
        return RedirectResponse(f"/staff/referrals/{identity}/consent", 303)
    status, errors = describe(error)
    page = staff_page(
        request,
        staff,
        "referrals/questions.html",
        status,
        referral=shown,
        questions=questions,
        given=answers | half_typed,
        half_typed=half_typed,
        choices=ANSWERS,
        misfits=[] if errors else find_misfits(questions, answers),
        errors=errors,
    )
    return allow_script(page)


def _writing_page(
    request: Request,
    staff: Staff,
    service: UUID,
    error: InvalidInput | None = None,
    typed: Sequence[Question] = (),
    said: str = "",
) -> HTMLResponse:
    with get_directory(request).database.read() as session:
        name = _get_service(session, service).name
        rows = list(typed) or list_questions(session, service)
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "referrals/questions_write.html",
        status,
        service={"id": str(service), "name": name},
        rows=rows + [Question("", "yes")] * (MOST_QUESTIONS - len(rows)),
        fits=FITS,
        said=said,
        errors=errors,
    )


def _get_service(session: Session, service: UUID) -> Service:
    found = session.get(Service, service)
    if found is None or not found.referral_possible:
        raise NotFound("service")
    return found
