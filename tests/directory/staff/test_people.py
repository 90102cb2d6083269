"""Administrators' pages: inviting, roles, disabling, and community spaces."""

import re

import pytest

from tests.directory.staff.visiting import (
    PASSWORD,
    first_space,
    give_password,
    invite,
    is_signed_in,
    make_link_path,
    send,
    set_up,
    sign_in,
)


def address_of(administrator, name: str) -> str:
    page = administrator.get("/staff/people")
    return re.search(rf'"(/staff/people/[0-9a-f-]{{36}})">{name}', page.text)[1]


def test_an_invitation_works_once_and_for_seven_days(administrator, visitor, new_browser, clock):
    path = invite(administrator)
    clock.move(days=7, seconds=-1)
    assert visitor.get(path).status_code == 200
    set_up(visitor, path, clock())
    assert new_browser().get(path).status_code == 404


def test_an_invitation_ends_after_seven_days(administrator, visitor, clock):
    path = invite(administrator)
    clock.move(days=7)
    assert visitor.get(path).status_code == 404


def test_a_new_link_ends_the_one_before(administrator, visitor):
    path = invite(administrator)
    person = address_of(administrator, "Amina")
    send(administrator, person, to=f"{person}/link")
    assert visitor.get(path).status_code == 404


BAD_PASSWORDS = [
    ("short", "short", "at least 12 characters"),
    ("x" * 300, "x" * 300, "at most 200 characters"),
    ("Password1234!", "Password1234!", "first passwords anybody would try"),
    ("amina khan 2026", "amina khan 2026", "first passwords anybody would try"),
    (PASSWORD, PASSWORD + "s", "differ"),
    ("", "", "at least 12 characters"),
]


def test_a_bad_password_is_explained_and_the_link_still_works(administrator, visitor, clock):
    path = invite(administrator)
    for password, again, said in BAD_PASSWORDS:
        page = send(visitor, path, name="Amina Khan", password=password, again=again)
        assert page.status_code == 422
        assert said in page.text
        assert 'aria-invalid="true"' in page.text
        assert password == "" or password not in page.text
    set_up(visitor, path, clock())


FAULTY_INVITATIONS = [
    ({"email": "not an address"}, "Enter an e-mail address"),
    ({"name": ""}, "Enter a name"),
    ({"roles": []}, "Choose at least one role"),
    ({"roles": ["king"]}, "Choose from the roles"),
    ({"community_space": ""}, "Choose the community space"),
    ({"community_space": "00000000-0000-4000-8000-000000000000"}, "from the list"),
    ({"community_space": "nonsense"}, "from the list"),
]


def test_a_faulty_invitation_is_explained_and_invites_nobody(administrator):
    fields = {"email": "amina@example.org", "name": "Amina", "roles": ["staff"]}
    fields["community_space"] = first_space(administrator)
    for changes, said in FAULTY_INVITATIONS:
        page = send(administrator, "/staff/people", **(fields | changes))
        assert page.status_code == 422
        assert said in page.text
    assert "Invited, not set up yet" not in administrator.get("/staff/people").text


def test_an_address_is_invited_once(administrator):
    invite(administrator)
    page = send(
        administrator,
        "/staff/people",
        email="AMINA@example.org",
        name="Another",
        roles=["curator"],
        community_space="",
    )
    assert page.status_code == 422
    assert "on the list already" in page.text


def test_roles_decide_what_opens(administrator, account, visitor, clock):
    person = address_of(administrator, "Amina")
    send(administrator, person, to=f"{person}/roles", roles=["administrator", "analyst"], community_space="")
    sign_in(visitor, account, account.code(clock()))
    assert visitor.get("/staff/people").status_code == 200
    assert "People" in visitor.get("/staff").text


def test_a_disabled_person_is_out_until_enabled_again(administrator, account, visitor, clock):
    person = address_of(administrator, "Amina")
    send(administrator, person, to=f"{person}/disable")
    assert give_password(visitor, account.email, account.password).status_code == 422
    send(administrator, person, to=f"{person}/enable")
    assert sign_in(visitor, account, account.code(clock())).status_code == 303


def test_disabling_somebody_ends_their_invitation(administrator, visitor):
    path = invite(administrator)
    person = address_of(administrator, "Amina")
    send(administrator, person, to=f"{person}/disable")
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("what", ["disable", "roles"])
def test_the_last_administrator_stays_one(administrator, what):
    person = address_of(administrator, "Administrator of this machine")
    answer = send(administrator, person, to=f"{person}/{what}", roles=["curator"], community_space="")
    assert answer.status_code == 422
    assert "last administrator" in answer.text
    assert is_signed_in(administrator)


def test_the_account_of_this_machine_can_be_disabled_once_somebody_else_is_administrator(
    administrator, new_browser, settings, clock
):
    other = new_browser()
    set_up(other, invite(administrator, roles=["administrator"], community_space=""), clock())
    machine = address_of(other, "Administrator of this machine")
    link = make_link_path(settings, clock)
    assert send(other, machine, to=f"{machine}/disable").status_code == 303
    assert not is_signed_in(administrator)
    assert new_browser().get(link).status_code == 404


def test_the_account_of_this_machine_cannot_be_set_up_with_a_password(administrator):
    machine = address_of(administrator, "Administrator of this machine")
    assert send(administrator, machine, to=f"{machine}/link").status_code == 422


def test_community_spaces_are_added_and_renamed(administrator):
    assert send(administrator, "/staff/community-spaces", name="  Burley   Hub ").status_code == 303
    page = administrator.get("/staff/community-spaces")
    space = re.search(r"/staff/community-spaces/[0-9a-f-]{36}/name", page.text)[0]
    assert send(administrator, "/staff/community-spaces", to=space, name="Kirkstall Hub").status_code == 303
    assert "Kirkstall Hub" in administrator.get("/staff/community-spaces").text
    for taken in ("Kirkstall Hub", "", "x" * 121):
        assert send(administrator, "/staff/community-spaces", name=taken).status_code == 422


def test_one_changes_ones_own_password_with_the_present_one(account, visitor, new_browser, clock):
    elsewhere = new_browser()
    sign_in(elsewhere, account, account.code(clock()))
    clock.move(seconds=30)
    sign_in(visitor, account, account.code(clock()))
    new = "another four plain words"
    page = "/staff/account"
    wrong = send(visitor, page, to=f"{page}/password", present="wrong", password=new, again=new)
    assert (wrong.status_code, "not your present password" in wrong.text) == (422, True)
    done = send(visitor, page, to=f"{page}/password", present=account.password, password=new, again=new)
    assert done.status_code == 303
    assert is_signed_in(visitor)
    assert not is_signed_in(elsewhere)
    assert give_password(new_browser(), account.email, account.password).status_code == 422
    assert give_password(new_browser(), account.email, new).status_code == 303


def test_new_recovery_codes_replace_the_old_ones_against_a_code(account, visitor, new_browser, clock):
    sign_in(visitor, account, account.code(clock()))
    page = "/staff/account"
    assert send(visitor, page, to=f"{page}/recovery-codes", code="000000").status_code == 422
    clock.move(seconds=30)
    shown = send(visitor, page, to=f"{page}/recovery-codes", code=account.code(clock()))
    codes = re.findall(r"<code>([a-z0-9-]+)</code>", shown.text)
    assert len(codes) == 8
    assert sign_in(new_browser(), account, account.recovery_codes[0]).status_code == 422
    assert sign_in(new_browser(), account, codes[0]).status_code == 303


def test_a_person_who_does_not_exist_is_not_found(administrator):
    assert administrator.get("/staff/people/00000000-0000-4000-8000-000000000000").status_code == 404
    assert administrator.get("/staff/people/nonsense").status_code == 422
