"""What the sender and the resident do with a referral. Everything here ends in an audit entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from referral_directory.errors import InvalidInput, NotPossible
from referral_directory.field_encryption import FieldKeys
from referral_directory.life_cycle import (
    COPIED_WITHIN,
    ENDED,
    OPEN,
    WITH_PROVIDER,
    Action,
    Actor,
    Outcome,
    Status,
    next_status,
    possible_actions,
)
from referral_directory.referrals.audit import Who, record_change
from referral_directory.referrals.consent import find_consent, forget_needs, record_consent, void_consent
from referral_directory.referrals.inboxes import Inbox, find_inbox, get_open_inbox
from referral_directory.referrals.models import Referral
from referral_directory.referrals.outbox import (
    ANSWER,
    NEW,
    WITHDRAWN,
    post,
    post_link,
    take_back,
    tell_service,
)
from referral_directory.referrals.questions import check_fit, keep_answers
from referral_directory.referrals.records import (
    ANSWERS,
    CONTACT_FIELDS,
    HALF_ANSWERED,
    HALF_DETAILS,
    HALF_NOTE,
    STATUS_CODE,
    Note,
    add_note,
    erase_personal_data,
    find_kept_since,
    keep_notes_back,
    list_same_person,
    make_reference,
    make_status_code,
    read_details,
    record_details,
)

MOST_NEEDS = 6
# What can still change while a service holds the referral.
CHANGEABLE = ("safe_contact", "phone", "email")
CONTACT_CHANGED = "How to get in touch has changed. Please read it above before you ring or write."


def start_referral(
    session: Session,
    keys: FieldKeys,
    who: Who,
    space: UUID,
    needs: Sequence[str],
    ward_code: str | None,
    now: datetime,
) -> Referral:
    """A new draft. `needs` must be codes that exist. Raises InvalidInput for none or too many."""
    if not needs or len(needs) > MOST_NEEDS:
        raise InvalidInput("needs", f"Choose between one and {MOST_NEEDS} needs.")
    referral = _new_draft(session, who, space, now)
    referral.needs, referral.ward_code = " ".join(needs), ward_code
    record_change(session, keys, referral, who, "started", now)
    return referral


def choose_service(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, inbox: Inbox, now: datetime
) -> None:
    """Choose the service to ask; consent for another one no longer holds."""
    check_is_draft(referral)
    if referral.service_id != inbox.service_id:
        void_consent(session, referral, now)
        # The answers were to what the other service asks.
        record_details(session, keys, referral, {ANSWERS: "", HALF_ANSWERED: ""})
        if referral.service_id is not None:
            keep_notes_back(session, referral)
    referral.service_id, referral.service_name, referral.news_at = inbox.service_id, inbox.service, now
    record_change(session, keys, referral, who, "service_chosen", now)


def keep_consent(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, text: str, way: str, now: datetime
) -> None:
    """Record consent for the chosen service. Raises InvalidInput."""
    check_is_draft(referral)
    if who.id is None:
        raise NotPossible("Only a member of staff records consent.")
    record_consent(session, referral, text, way, who.id, now)
    referral.news_at = now
    record_change(session, keys, referral, who, "consent_recorded", now)


def answer_questions(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, answers: Mapping[str, str], now: datetime
) -> None:
    """Keep the answers to what the chosen service has to know. Raises InvalidInput."""
    check_is_draft(referral)
    keep_answers(session, keys, referral, answers)
    record_details(session, keys, referral, {HALF_ANSWERED: ""})
    referral.news_at = now
    record_change(session, keys, referral, who, "answers_saved", now)


def keep_details(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, typed: Mapping[str, str], now: datetime
) -> None:
    """Save contact details as far as they are typed. Raises InvalidInput for one that is too long."""
    check_is_draft(referral)
    kept = {name: typed.get(name, "") for name in CONTACT_FIELDS}
    record_details(session, keys, referral, kept | {HALF_DETAILS: ""})
    referral.news_at = now
    record_change(session, keys, referral, who, "details_saved", now)


def send_referral(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Send: the mail stands in the outbox when this transaction ends. Raises InvalidInput for what is missing,
    and NotPossible.
    """
    after = next_status(Status(referral.status), Action.SEND, who.actor)
    inbox = get_open_inbox(session, referral.service_id, now.date())
    if find_consent(session, referral) is None:
        raise InvalidInput("way", "Without recorded consent nothing is sent: read the text aloud and ask.")
    check_fit(session, keys, referral)
    details = read_details(session, keys, referral)
    if not details.get("name"):
        raise InvalidInput("name", "Type the name that the person wants to be called.")
    _check_can_be_reached(details)
    if STATUS_CODE not in details:
        record_details(session, keys, referral, {STATUS_CODE: make_status_code()})
    enter(referral, after, now)
    referral.sent_at, referral.outcome, referral.reason = now, None, None
    post_link(session, keys, referral, NEW, inbox.address, now)
    record_change(session, keys, referral, who, Action.SEND, now)


def withdraw_referral(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Withdraw consent and the referral: the service sees nothing any more, from this moment. What had ended already
    keeps its end, so that nobody's details are kept longer for having withdrawn. Raises NotPossible.
    """
    after = next_status(Status(referral.status), Action.WITHDRAW, who.actor)
    ended_at = referral.ended_at or now
    enter(referral, after, now)
    referral.ended_at, referral.outcome = ended_at, None
    void_consent(session, referral, now)
    # Whoever was mailed about it, and not the service that stands in it now: that can be another one, never told.
    for address in take_back(session, referral):
        post(session, keys, referral, WITHDRAWN, address, "", now)
    record_change(session, keys, referral, who, Action.WITHDRAW, now)


def complete_referral(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, outcome: str, now: datetime
) -> None:
    """End it with an outcome. What was declined or expired can be closed too: the service then sees it no more.
    Raises InvalidInput and NotPossible.
    """
    if outcome not in [*Outcome]:
        raise InvalidInput("outcome", "Say how it ended.")
    before = Status(referral.status)
    after = next_status(before, Action.COMPLETE, who.actor)
    if _never_was_with_service(referral):
        raise NotPossible("No service had this referral: it cannot be closed with an outcome.")
    enter(referral, after, now)
    if before in (Status.DECLINED, Status.EXPIRED):
        take_back(session, referral)
    referral.outcome = outcome
    record_change(session, keys, referral, who, Action.COMPLETE, now)


def reopen_referral(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Take an ended referral up again; one that was closed, where it was before. Raises NotPossible, also while the
    one that replaced it is under way.
    """
    check_is_kept(referral)
    after = next_status(Status(referral.status), Action.REOPEN, who.actor, referral.ended_from)
    under_way = (
        select(Referral.id).where(Referral.replaces_id == referral.id, Referral.status.in_(OPEN)).limit(1)
    )
    if session.scalar(under_way) is not None:
        raise NotPossible("Another referral took its place and is under way: withdraw that one first.")
    if _was_taken_from_service(referral):
        raise NotPossible("The service no longer had it when it was closed: ask a service anew.")
    enter(referral, after, now)
    referral.outcome = None
    record_change(session, keys, referral, who, Action.REOPEN, now)


def re_route_referral(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime
) -> Referral:
    """A new draft for the same person and needs, in place of one that was declined or expired. Consent is for
    one service, so that it is asked again. Raises NotPossible.
    """
    check_is_kept(referral)
    enter(referral, next_status(Status(referral.status), Action.RE_ROUTE, who.actor), now)
    take_back(session, referral)
    record_change(session, keys, referral, who, Action.RE_ROUTE, now)
    return copy_referral(session, keys, referral, who, now, replaces=True)


def copy_referral(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime, replaces: bool = False
) -> Referral:
    """A new draft for the same person, who need not say everything again. Raises NotPossible after erasure, and when
    the details are so old that they would go before the draft's end.
    """
    check_is_kept(referral)
    if now >= find_kept_since(session, referral) + COPIED_WITHIN:
        raise NotPossible(
            "Details of this person go 12 months after they first came. Start a new referral, and ask them again."
        )
    draft = _new_draft(session, who, referral.community_space_id, now)
    draft.needs, draft.ward_code, draft.language = referral.needs, referral.ward_code, referral.language
    draft.replaces_id = referral.id if replaces else None
    draft.first_id = referral.first_id or referral.id
    session.flush()
    details = read_details(session, keys, referral)
    # The sheet that the person holds goes on working for what takes the place of the old one.
    names = [*CONTACT_FIELDS, STATUS_CODE] if replaces else [*CONTACT_FIELDS]
    record_details(session, keys, draft, {name: details.get(name, "") for name in names})
    record_change(session, keys, draft, who, "started", now)
    return draft


def write_note(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, text: str, shared: bool, now: datetime
) -> None:
    """Add a note. A shared note of staff answers an open question; the service that holds the referral gets a mail
    that a shared one is there, and staff see that the resident wrote. Raises InvalidInput, and NotPossible after
    erasure.
    """
    check_is_kept(referral)
    answers = shared and referral.question_open and who.actor == "staff"
    kind = "answer" if answers else "note"
    add_note(session, keys, referral, Note(who.actor, kind, shared, now, text))
    if who.actor == "staff":
        record_details(session, keys, referral, {HALF_NOTE: ""})
    else:
        referral.note_unread = True
    if answers:
        referral.question_open, referral.news_at, referral.stage, referral.reminded_at = False, now, 0, None
        inbox = find_inbox(session, referral.service_id)
        if inbox is not None:
            post_link(session, keys, referral, ANSWER, inbox.address, now)
    elif shared:
        _tell_service(session, keys, referral, now)
    record_change(session, keys, referral, who, "note_added", now)


def change_contact(
    session: Session, keys: FieldKeys, referral: Referral, who: Who, typed: Mapping[str, str], now: datetime
) -> None:
    """Change how to get in touch while a service holds the referral, and tell the service. Raises InvalidInput and
    NotPossible.
    """
    check_is_with_service(referral)
    details = read_details(session, keys, referral)
    changed = {name: typed.get(name, "").strip() for name in CHANGEABLE}
    if changed == {name: details.get(name, "") for name in CHANGEABLE}:
        return
    _check_can_be_reached(details | changed)
    record_details(session, keys, referral, changed)
    add_note(session, keys, referral, Note(who.actor, "note", True, now, CONTACT_CHANGED))
    _tell_service(session, keys, referral, now)
    record_change(session, keys, referral, who, "contact_changed", now)


def erase_referral(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Erase the personal data of an ended referral before its time, on request. Raises NotPossible."""
    if referral.status not in ENDED or referral.erased_at is not None:
        raise NotPossible("Withdraw the referral first: then its personal data can be erased.")
    forget(session, keys, referral, who, now)


def erase_person(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Erase the personal data of all referrals of the same person. Raises NotPossible while one is under way."""
    kept = [one for one in list_same_person(session, referral, held=True) if one.erased_at is None]
    under_way = [one.reference for one in kept if one.status not in ENDED]
    if under_way:
        raise NotPossible(f"Withdraw {', '.join(under_way)} first: then everything can be erased.")
    for one in kept:
        forget(session, keys, one, who, now)


def forget(session: Session, keys: FieldKeys, referral: Referral, who: Who, now: datetime) -> None:
    """Erase personal data, links and mails of a referral that has ended. That it is withdrawn names nobody, and the
    service is still told.
    """
    take_back(session, referral, but=(WITHDRAWN,))
    erase_personal_data(session, referral, now)
    forget_needs(session, referral)
    record_change(session, keys, referral, who, "erased", now)


def list_actions(referral: Referral) -> list[Action]:
    """What staff can do with it now."""
    barred = {Action.COMPLETE} if _never_was_with_service(referral) else set()
    barred |= {Action.REOPEN} if _was_taken_from_service(referral) else set()
    actions = possible_actions(Status(referral.status), Actor.STAFF) if referral.erased_at is None else []
    return [action for action in actions if action not in barred]


def enter(referral: Referral, status: Status, now: datetime) -> None:
    """Put a referral into a status: news, so that waiting begins afresh. A question stays open while a service has
    the referral: only an answer settles it. Raises NotPossible after erasure.
    """
    check_is_kept(referral)
    referral.ended_from = referral.status if status in ENDED else None
    referral.status, referral.news_at = status, now
    referral.stage, referral.reminded_at = 0, None
    referral.question_open = referral.question_open and status in WITH_PROVIDER
    referral.ended_at = now if status in ENDED else None


def check_is_draft(referral: Referral) -> None:
    """Raises NotPossible unless it can still be edited."""
    check_is_kept(referral)
    if referral.status != Status.DRAFT:
        raise NotPossible("This referral is sent: it can no longer be edited.")


def check_is_with_service(referral: Referral) -> None:
    """Raises NotPossible unless a service holds it now."""
    check_is_kept(referral)
    if referral.status not in WITH_PROVIDER:
        raise NotPossible("No service has this referral now.")


def check_is_kept(referral: Referral) -> None:
    """Raises NotPossible if the personal data is erased."""
    if referral.erased_at is not None:
        raise NotPossible("The personal data of this referral is erased: start a new one.")


def _never_was_with_service(referral: Referral) -> bool:
    with_service = WITH_PROVIDER | {Status.DECLINED}
    return referral.status == Status.EXPIRED and referral.ended_from not in with_service


def _was_taken_from_service(referral: Referral) -> bool:
    taken = referral.ended_from in (Status.DECLINED, Status.EXPIRED)
    return referral.status == Status.COMPLETED and taken


def _check_can_be_reached(details: Mapping[str, str]) -> None:
    if not any(details.get(way) for way in ("phone", "email", "address")):
        raise InvalidInput("phone", "Type a telephone number, an e-mail address or an address.")


def _tell_service(session: Session, keys: FieldKeys, referral: Referral, now: datetime) -> None:
    inbox = find_inbox(session, referral.service_id)
    if referral.status in WITH_PROVIDER and inbox is not None:
        tell_service(session, keys, referral, inbox.address, now)


def _new_draft(session: Session, who: Who, space: UUID, now: datetime) -> Referral:
    referral = Referral(
        id=uuid4(),
        reference=make_reference(),
        community_space_id=space,
        started_by=who.id,
        status=Status.DRAFT,
        created_at=now,
        news_at=now,
    )
    session.add(referral)
    return referral
