"""Staff pages: a referral from needs to sent. Each step is saved when it is taken, so that a draft survives a
lost connection, and can be taken again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.catalogue.cards import Card
from referral_directory.catalogue.index import Index, get_index, is_due, refresh
from referral_directory.catalogue.search import Wanted, get_card, search
from referral_directory.clock import date_text, in_leeds
from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPermitted
from referral_directory.life_cycle import Actor
from referral_directory.places import find_place, find_ward
from referral_directory.referrals import referring
from referral_directory.referrals.audit import Who, record_looking
from referral_directory.referrals.consent import WAYS, check_words, consent_text, find_consent, mark_words
from referral_directory.referrals.half_typed import half_typed_in
from referral_directory.referrals.handovers import read_services
from referral_directory.referrals.inboxes import find_inbox
from referral_directory.referrals.models import Referral
from referral_directory.referrals.records import CONTACT_FIELDS, HALF_DETAILS, get_referral, read_details
from referral_directory.staff.roles import Role, Staff
from referral_directory.web.autosaving import allow_script
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.referrals_counting import count_sent, count_signposting
from referral_directory.web.searching import LANGUAGES
from referral_directory.web.signed_in import describe, read_form, signed_in, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Sender = Annotated[Staff, Depends(signed_in(Role.STAFF))]
Typed = Annotated[str, Form(max_length=5000)]
Filled = Annotated[FormData, Depends(read_form)]
MOST_SERVICES = 30


def who_is(staff: Staff) -> Who:
    """A member of staff as the audit knows them."""
    return Who(Actor.STAFF, staff.id)


@router.get("/staff/referrals/new")
def show_new(request: Request, staff: Sender) -> HTMLResponse:
    """Needs to tick, and the place."""
    return _needs_page(request, staff)


@router.post("/staff/referrals")
def start(
    request: Request,
    staff: Sender,
    needs: Annotated[list[str] | None, Form(max_length=30)] = None,
    place: Typed = "",
    language: Annotated[str, Form(max_length=8)] = "en",
    first: Annotated[list[str] | None, Form(max_length=30)] = None,
) -> Response:
    """Begin a draft with these needs; services that the person chose in the chat come first."""
    directory, space = get_directory(request), staff.community_space_id
    if space is None:
        raise NotPermitted("Referrals belong to a community space, and your account belongs to none.")
    try:
        wanted, ward = read_needs(directory, needs or [], place)
        with transaction(directory.database) as session:
            draft = referring.start_referral(
                session, directory.field_keys, who_is(staff), space, wanted, ward, directory.clock()
            )
            draft.language = language if language in LANGUAGES else "en"
            address = f"/staff/referrals/{draft.id}/services"
            if first:
                address += "?first=" + ",".join(str(identity) for identity in read_services(first))
    except InvalidInput as error:
        return _needs_page(request, staff, error, needs or [], place)
    return RedirectResponse(address, 303)


@router.post("/staff/signpost")
def signpost(
    request: Request,
    staff: Sender,
    needs: Annotated[list[str] | None, Form(max_length=30)] = None,
    place: Typed = "",
    first: Annotated[list[str] | None, Form(max_length=30)] = None,
) -> HTMLResponse:
    """A list to print for somebody who needs no referral: one tap, and it counts."""
    directory = get_directory(request)
    try:
        wanted, ward = read_needs(directory, needs or [], place)
        chosen = cards_of(directory, read_services(first or []))
    except InvalidInput as error:
        return _needs_page(request, staff, error, needs or [], place)
    with transaction(directory.database) as session:
        count_signposting(session, directory, wanted, ward)
    ids = {card["id"] for card in chosen}
    cards = chosen + [card for card in fitting_cards(directory, wanted, ward) if card["id"] not in ids][:10]
    return staff_page(request, staff, "referrals/signpost.html", cards=cards)


@router.get("/staff/referrals/{identity}/consent")
def show_consent(request: Request, staff: Sender, identity: UUID) -> Response:
    """The words to read aloud. Raises NotFound."""
    return _consent_page(request, staff, identity)


@router.post("/staff/referrals/{identity}/consent")
def keep_consent(
    request: Request, staff: Sender, identity: UUID, way: Typed = "", words: Typed = ""
) -> Response:
    """Record that the person agreed, with the words as they stood on the page. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            referral = get_referral(session, identity, staff.community_space_id)
            text = _words_for(directory, session, referral)
            check_words(referral.service_id, text, words)
            referring.keep_consent(
                session, directory.field_keys, referral, who_is(staff), text, way, directory.clock()
            )
    except InvalidInput as error:
        return _consent_page(request, staff, identity, error)
    return RedirectResponse(f"/staff/referrals/{identity}/details", 303)


@router.get("/staff/referrals/{identity}/details")
def show_details(request: Request, staff: Sender, identity: UUID, saved: str = "") -> HTMLResponse:
    """Contact details and safe-contact wishes. Raises NotFound."""
    return _details_page(request, staff, identity, said=saved)


@router.post("/staff/referrals/{identity}/details")
def keep_details(request: Request, staff: Sender, identity: UUID, form: Filled) -> Response:
    """Save the details, and send if that is the button. What is typed is saved even if it cannot be sent."""
    typed = {name: str(form.get(name, "")) for name in CONTACT_FIELDS}
    return _keep_details(request, staff, identity, typed, sends=form.get("button") == "send")


def _keep_details(
    request: Request, staff: Staff, identity: UUID, typed: dict[str, str], sends: bool
) -> Response:
    directory, refused = get_directory(request), None
    keys, who, now = directory.field_keys, who_is(staff), directory.clock()
    try:
        with transaction(directory.database) as session:
            referral = get_referral(session, identity, staff.community_space_id)
            referring.keep_details(session, keys, referral, who, typed, now)
            if sends:
                refused = _find_refusal(session, directory, referral, who, now)
    except InvalidInput as error:
        refused = error
    if refused:
        return _details_page(request, staff, identity, refused, typed)
    address = f"/staff/referrals/{identity}"
    return RedirectResponse(f"{address}?said=sent" if sends else f"{address}/details?saved=yes", 303)


def _find_refusal(
    session: Session, directory: Directory, referral: Referral, who: Who, now: datetime
) -> InvalidInput | None:
    """Send it, or say why not: a refusal comes before anything is changed, and what was typed stays saved."""
    try:
        referring.send_referral(session, directory.field_keys, referral, who, now)
    except InvalidInput as refusal:
        return refusal
    count_sent(session, directory, referral)
    return None


def read_needs(directory: Directory, needs: Sequence[str], place: str) -> tuple[list[str], str | None]:
    """The needs and the ward of a form. Raises InvalidInput; a place that is not found is an error, none is not."""
    wanted = [code for code in directory.needs if code in needs]
    if not wanted or len(wanted) > referring.MOST_NEEDS:
        raise InvalidInput("needs", f"Choose between one and {referring.MOST_NEEDS} needs.")
    if not place.strip():
        return wanted, None
    found = find_place(directory.tables, place[:200]).place
    if found is None:
        raise InvalidInput("place", "Type a postcode or an area of Leeds, or leave it empty.")
    return wanted, found.ward.code


def fitting_cards(directory: Directory, needs: Sequence[str], ward: str | None) -> list[Card]:
    """Services for these needs, best first."""
    index = _index(directory)
    place = find_ward(directory.tables, ward) if ward else None
    wanted = Wanted(needs=tuple(needs), place=place, limit=MOST_SERVICES)
    return search(index, directory.needs, wanted, directory.clock()).cards


def cards_of(directory: Directory, services: Sequence[UUID]) -> list[Card]:
    """The cards of these services, in this order; those that are no longer public are left out."""
    index = _index(directory)
    found = (get_card(index, directory.needs, str(identity), directory.clock()) for identity in services)
    return [card for card in found if card is not None]


def list_topics(directory: Directory) -> dict[str, list[tuple[str, str]]]:
    """Codes and labels of needs by topic."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for need in directory.needs.values():
        topics.setdefault(need.topic, []).append((need.code, need.label))
    return topics


def describe_briefly(referral: Referral) -> dict[str, object]:
    """A referral without anything personal, for lists and headings."""
    return {
        "id": str(referral.id),
        "reference": referral.reference,
        "status": referral.status,
        "service": referral.service_name,
        "started": date_text(in_leeds(referral.created_at).date()),
    }


def _index(directory: Directory) -> Index:
    catalogue = directory.catalogue
    return refresh(catalogue) if is_due(catalogue) or catalogue.index is None else get_index(catalogue)


def _words_for(directory: Directory, session: Session, referral: Referral) -> str:
    inbox = find_inbox(session, referral.service_id)
    if inbox is None:
        raise InvalidInput("service", "Choose the service first.")
    needs = [directory.needs[code].short for code in referral.needs.split() if code in directory.needs]
    return consent_text(inbox.service, inbox.organisation, needs)


def _needs_page(
    request: Request,
    staff: Staff,
    error: InvalidInput | None = None,
    chosen: Sequence[str] = (),
    place: str = "",
) -> HTMLResponse:
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "referrals/needs.html",
        status,
        topics=list_topics(get_directory(request)),
        chosen=chosen,
        place=place,
        errors=errors,
    )


def _consent_page(
    request: Request, staff: Staff, identity: UUID, error: InvalidInput | None = None
) -> Response:
    directory = get_directory(request)
    with directory.database.read() as session:
        referral = get_referral(session, identity, staff.community_space_id)
        referring.check_is_draft(referral)
        if find_inbox(session, referral.service_id) is None:
            return RedirectResponse(f"/staff/referrals/{identity}/services", 303)
        text, shown = _words_for(directory, session, referral), describe_briefly(referral)
        given = find_consent(session, referral) is not None
        words = mark_words(referral.service_id, text)
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "referrals/consent.html",
        status,
        referral=shown,
        text=text,
        words=words,
        ways=WAYS,
        given=given,
        errors=errors,
    )


def _details_page(
    request: Request,
    staff: Staff,
    identity: UUID,
    error: InvalidInput | None = None,
    typed: dict[str, str] | None = None,
    said: str = "",
) -> HTMLResponse:
    directory = get_directory(request)
    with transaction(directory.database) as session:
        referral = get_referral(session, identity, staff.community_space_id)
        referring.check_is_draft(referral)
        kept = read_details(session, directory.field_keys, referral)
        half_typed = half_typed_in(kept, HALF_DETAILS)
        if kept:
            record_looking(session, directory.field_keys, referral, who_is(staff), directory.clock())
        shown, agreed = describe_briefly(referral), find_consent(session, referral) is not None
    status, errors = describe(error)
    page = staff_page(
        request,
        staff,
        "referrals/details.html",
        status,
        referral=shown,
        fields=CONTACT_FIELDS,
        typed=kept | half_typed | (typed or {}),
        half_typed=half_typed,
        agreed=agreed,
        said=said,
        errors=errors,
    )
    return allow_script(page)
