"""Administrators' pages: people and community spaces."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput
from referral_directory.referrals import self_referring
from referral_directory.staff import accounts
from referral_directory.staff.models import StaffMember
from referral_directory.staff.roles import ROLE_LABELS, Role, Staff
from referral_directory.staff.sessions import count_sessions, end_sessions_of
from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import describe, signed_in, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Administrator = Annotated[Staff, Depends(signed_in(Role.ADMINISTRATOR))]
Typed = Annotated[str, Form(max_length=1000)]
Chosen = Annotated[list[str] | None, Form(max_length=len(Role))]
STATUS_WORDS = {"invited": "Invited, not set up yet", "active": "Active", "disabled": "Disabled"}


@router.get("/staff/people")
def show_people(request: Request, staff: Administrator) -> HTMLResponse:
    """Everybody, and a form to invite somebody."""
    return _people_page(request, staff)


@router.post("/staff/people")
def invite_person(
    request: Request,
    staff: Administrator,
    email: Typed = "",
    name: Typed = "",
    roles: Chosen = None,
    community_space: Typed = "",
) -> HTMLResponse:
    """Invite somebody, and show the link to pass on: only this once."""
    directory = get_directory(request)
    typed: dict[str, object] = {
        "email": email,
        "name": name,
        "roles": roles or [],
        "community_space": community_space,
    }
    try:
        with transaction(directory.database) as session:
            member, token = accounts.invite(
                session, email, name, roles or [], community_space, directory.clock()
            )
            invited = member.display_name
    except InvalidInput as error:
        return _people_page(request, staff, error, typed)
    return _link_page(request, staff, invited, token)


@router.get("/staff/people/{person}")
def show_person(request: Request, staff: Administrator, person: UUID, changed: str = "") -> HTMLResponse:
    """One person. Raises NotFound."""
    return _person_page(request, staff, person, said=changed)


@router.post("/staff/people/{person}/roles")
def change_person_roles(
    request: Request, staff: Administrator, person: UUID, roles: Chosen = None, community_space: Typed = ""
) -> Response:
    """Change roles and space; their sessions end. Raises NotFound."""

    def change(session: Session, member: StaffMember) -> None:
        accounts.change_roles(session, member, roles or [], community_space)

    return _change(request, staff, person, change, "roles")


@router.post("/staff/people/{person}/disable")
def disable_person(request: Request, staff: Administrator, person: UUID) -> Response:
    """Disable an account; its sessions end. Raises NotFound."""
    return _change(request, staff, person, accounts.disable, "disabled")


@router.post("/staff/people/{person}/enable")
def enable_person(request: Request, staff: Administrator, person: UUID) -> Response:
    """Let a disabled account sign in again. Raises NotFound."""

    def enable(_session: Session, member: StaffMember) -> None:
        accounts.enable(member)

    return _change(request, staff, person, enable, "enabled")


@router.post("/staff/people/{person}/end-sessions")
def end_person_sessions(request: Request, staff: Administrator, person: UUID) -> Response:
    """End every session of a person. Raises NotFound."""

    def end(session: Session, member: StaffMember) -> None:
        end_sessions_of(session, member.id)

    return _change(request, staff, person, end, "sessions")


@router.post("/staff/people/{person}/link")
def renew_person_link(request: Request, staff: Administrator, person: UUID) -> Response:
    """Make a new set-up link, and show it this once. Raises NotFound."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            member = accounts.get_member(session, person)
            token, name = accounts.renew(session, member, directory.clock()), member.display_name
    except InvalidInput as error:
        return _person_page(request, staff, person, error)
    return _link_page(request, staff, name, token)


@router.get("/staff/community-spaces")
def show_spaces(request: Request, staff: Administrator) -> HTMLResponse:
    """Every community space."""
    return _spaces_page(request, staff)


@router.post("/staff/community-spaces")
def add_community_space(request: Request, staff: Administrator, name: Typed = "") -> Response:
    """Add a community space."""
    directory = get_directory(request)
    try:
        with transaction(directory.database) as session:
            accounts.add_space(session, name, directory.clock())
    except InvalidInput as error:
        return _spaces_page(request, staff, error, name)
    return RedirectResponse("/staff/community-spaces", 303)


@router.post("/staff/community-spaces/{space}/name")
def rename_community_space(request: Request, staff: Administrator, space: UUID, name: Typed = "") -> Response:
    """Give a community space another name. Raises NotFound."""
    try:
        with transaction(get_directory(request).database) as session:
            accounts.rename_space(session, space, name)
    except InvalidInput as error:
        return _spaces_page(request, staff, error)
    return RedirectResponse("/staff/community-spaces", 303)


@router.post("/staff/community-spaces/self-referrals")
def make_self_referral_space(request: Request, staff: Administrator) -> Response:
    """Make the community space of residents who refer themselves, so that somebody can be invited into it."""
    directory = get_directory(request)
    with transaction(directory.database) as session:
        self_referring.make_space(session, directory.clock())
    return RedirectResponse("/staff/community-spaces", 303)


def _change(
    request: Request,
    staff: Staff,
    person: UUID,
    change: Callable[[Session, StaffMember], None],
    said: str,
) -> Response:
    """Change a person in one transaction and show them again."""
    try:
        with transaction(get_directory(request).database) as session:
            change(session, accounts.get_member(session, person))
    except InvalidInput as error:
        return _person_page(request, staff, person, error)
    return RedirectResponse(f"/staff/people/{person}?changed={said}", 303)


def _people_page(
    request: Request,
    staff: Staff,
    error: InvalidInput | None = None,
    typed: dict[str, object] | None = None,
) -> HTMLResponse:
    directory = get_directory(request)
    with directory.database.read() as session:
        sessions = count_sessions(session, directory.clock())
        people = [_describe(member, sessions) for member in accounts.list_members(session)]
        spaces = _list_spaces(session)
    status, errors = describe(error)
    only_space = spaces[0]["id"] if len(spaces) == 1 else ""
    empty = {"email": "", "name": "", "roles": [Role.STAFF], "community_space": only_space}
    return staff_page(
        request,
        staff,
        "staff/people.html",
        status,
        people=people,
        spaces=spaces,
        labels=ROLE_LABELS,
        errors=errors,
        typed=typed or empty,
    )


def _person_page(
    request: Request, staff: Staff, person: UUID, error: InvalidInput | None = None, said: str = ""
) -> HTMLResponse:
    directory = get_directory(request)
    with directory.database.read() as session:
        member = accounts.get_member(session, person)
        shown = _describe(member, count_sessions(session, directory.clock()))
        spaces = _list_spaces(session)
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "staff/person.html",
        status,
        person=shown,
        spaces=spaces,
        labels=ROLE_LABELS,
        errors=errors,
        said=said,
    )


def _spaces_page(
    request: Request, staff: Staff, error: InvalidInput | None = None, name: str = ""
) -> HTMLResponse:
    with get_directory(request).database.read() as session:
        spaces = _list_spaces(session)
        space, followed = self_referring.find_space(session), self_referring.is_followed(session)
        of_residents = space.name if space else ""
    status, errors = describe(error)
    return staff_page(
        request,
        staff,
        "staff/community_spaces.html",
        status,
        spaces=spaces,
        of_residents=of_residents,
        followed=followed,
        errors=errors,
        name=name,
    )


def _link_page(request: Request, staff: Staff, name: str, token: str) -> HTMLResponse:
    link = f"{get_directory(request).public_url}/staff/set-up/{token}"
    return staff_page(request, staff, "staff/invitation.html", name=name, link=link)


def _list_spaces(session: Session) -> list[dict[str, str]]:
    return [{"id": str(space.id), "name": space.name} for space in accounts.list_spaces(session)]


def _describe(member: StaffMember, sessions: dict[UUID, int]) -> dict[str, object]:
    roles = {row.role for row in member.role_rows}
    space = member.community_space
    return {
        "id": str(member.id),
        "name": member.display_name,
        "email": member.email,
        "status": member.status,
        "status_words": STATUS_WORDS[member.status],
        "roles": [role for role in ROLE_LABELS if role in roles],
        "role_words": ", ".join(role.replace("_", " ") for role in ROLE_LABELS if role in roles),
        "space": space.name if space else "",
        "space_id": str(space.id) if space else "",
        "sessions": sessions.get(member.id, 0),
    }
