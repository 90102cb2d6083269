"""The form on which a resident refers themselves to one service: reached by a link from the chat, which works once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.referrals.consent import check_words, mark_words
from referral_directory.referrals.inboxes import Inbox, find_inbox
from referral_directory.referrals.models import SelfReferralLink
from referral_directory.referrals.questions import ANSWERS, find_misfits, list_questions
from referral_directory.referrals.records import CONTACT_FIELDS, STATUS_CODE, read_details
from referral_directory.referrals.self_referring import (
    check_can_refer,
    get_self_link,
    refer_self,
    self_consent_text,
)
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.referrals_counting import count_sent
from referral_directory.web.referrals_questions import read_form_answers
from referral_directory.web.signed_in import check_form, describe, read_form, visitor_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/self-referral/{token}")
def show_form(request: Request, token: str) -> HTMLResponse:
    """The form, which says at once if the service cannot be asked now. Raises NotFound for a link that is used or
    too old.
    """
    directory, now = get_directory(request), get_directory(request).clock()
    try:
        with directory.database.read() as session:
            check_can_refer(session, get_self_link(session, token, now), now)
    except InvalidInput as error:
        return _form_page(request, token, {}, {}, error)
    return _form_page(request, token, {}, {})


@router.post("/self-referral/{token}")
def send(
    request: Request,
    token: str,
    form: Annotated[FormData, Depends(read_form)],
    _: Annotated[None, Depends(check_form)],
) -> HTMLResponse:
    """Send it, and show the reference and the code, this once. Raises NotFound."""
    directory, now = get_directory(request), get_directory(request).clock()
    typed = {name: str(form.get(name, ""))[:5000] for name in CONTACT_FIELDS}
    answers: dict[str, str] = {}
    try:
        with transaction(directory.database) as session:
            link = get_self_link(session, token, now, to_use=True)
            answers = read_form_answers(list_questions(session, link.service_id), form)
            if form.get("agree") != "yes":
                raise InvalidInput("agree", "Tick the box if you agree. Without that we send nothing.")
            inbox = _get_inbox(find_inbox(session, link.service_id))
            words = self_consent_text(inbox.service, inbox.organisation, _needs(directory, link))
            check_words(link.service_id, words, str(form.get("words", "")))
            referral = refer_self(session, directory.field_keys, link, typed, answers, words, now)
            count_sent(session, directory, referral)
            code = read_details(session, directory.field_keys, referral)[STATUS_CODE]
            shown = {"reference": referral.reference, "service": referral.service_name}
    except InvalidInput as error:
        return _form_page(request, token, typed, answers, error)
    return visitor_page(
        request,
        "referrals/self_sent.html",
        referral=shown,
        code=code,
        url=f"{directory.public_url}/my-referral",
    )


def _form_page(
    request: Request,
    token: str,
    typed: dict[str, str],
    answers: dict[str, str],
    error: InvalidInput | None = None,
) -> HTMLResponse:
    directory = get_directory(request)
    with directory.database.read() as session:
        link = get_self_link(session, token, directory.clock())
        inbox = _get_inbox(find_inbox(session, link.service_id))
        questions = list_questions(session, link.service_id)
        words = self_consent_text(inbox.service, inbox.organisation, _needs(directory, link))
        service_id = link.service_id
    status, errors = describe(error)
    return visitor_page(
        request,
        "referrals/self_form.html",
        status,
        token=token,
        service=inbox.service,
        text=words,
        words=mark_words(service_id, words),
        fields=CONTACT_FIELDS,
        typed=typed,
        questions=questions,
        given=answers,
        choices=ANSWERS,
        misfits=find_misfits(questions, answers),
        errors=errors,
    )


def _needs(directory: Directory, link: SelfReferralLink) -> list[str]:
    return [directory.needs[code].short for code in link.needs.split() if code in directory.needs]


def _get_inbox(inbox: Inbox | None) -> Inbox:
    if inbox is None:
        raise NotFound("service")
    return inbox
