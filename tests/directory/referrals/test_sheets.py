"""The sheet that a resident holds goes on working when another service is asked in place of the first."""

from tests.directory.referrals.following import (
    act,
    agree,
    choose,
    fill_in,
    look_up,
    make_referral,
    visit,
)
from tests.directory.staff.visiting import send, sign_in_by_link


def ask_another(staff, page: str) -> str:
    """Staff write down a no and begin anew; the page of the draft."""
    act(staff, page, "decline", reason="full")
    return act(staff, page, "re_route").headers["location"].removesuffix("/services")


def send_to_pantry(staff, page: str) -> None:
    choose(staff, page, "Chapeltown Pantry")
    agree(staff, page)
    assert fill_in(staff, page).status_code == 303


def reference_of(staff, page: str) -> str:
    return staff.get(page).text.split("<h1>Referral ")[1].split("<")[0]


def test_the_old_sheet_shows_where_the_new_referral_stands(staff, post, new_browser):
    made = make_referral(staff, post)
    page = ask_another(staff, made.page)
    assert "It is not sent yet" in look_up(new_browser(), made).text
    send_to_pantry(staff, page)
    shown = look_up(new_browser(), made).text
    assert "Chapeltown Pantry" in shown
    assert "not opened it yet" in shown
    assert reference_of(staff, page) in shown
    assert "so another one is asked" in shown
    assert made.code in staff.get(f"{page}/sheet").text


def test_the_new_referral_is_withdrawn_with_the_old_sheet(staff, post, new_browser):
    made = make_referral(staff, post)
    page = ask_another(staff, made.page)
    send_to_pantry(staff, page)
    post.deliver()
    link, provider = post.links()[-1], new_browser()
    visit(provider, post, link)
    assert "is withdrawn" in look_up(new_browser(), made, action="withdraw").text
    assert provider.get(link).status_code == 404
    assert "Withdrawn" in staff.get(page).text


def test_a_draft_that_the_resident_withdraws_is_withdrawn_and_erased(staff, post, new_browser):
    made = make_referral(staff, post)
    page = ask_another(staff, made.page)
    look_up(new_browser(), made, action="withdraw")
    assert fill_in_blindly(staff, page) == 409
    post.keep_time()
    assert "It is withdrawn" in look_up(new_browser(), made).text


def fill_in_blindly(staff, page: str) -> int:
    return send(staff, page, to=f"{page}/details", name="Other").status_code


def test_the_sheet_works_when_the_first_referral_is_erased(staff, post, new_browser, settings, clock):
    made = make_referral(staff, post)
    page = ask_another(staff, made.page)
    send_to_pantry(staff, page)
    act(staff, page, "accept")
    act(staff, page, "begin")
    clock.move(days=91)
    assert post.keep_time()["erase"] == 1
    assert "is helping you" in look_up(new_browser(), made).text
    sign_in_by_link(staff, settings, clock)
    act(staff, page, "complete", outcome="helped")
    assert "It is finished" in look_up(new_browser(), made).text


def test_a_wrong_code_opens_neither(staff, post, new_browser):
    made = make_referral(staff, post)
    ask_another(staff, made.page)
    assert look_up(new_browser(), made, code="AAAAA-AAAAA").status_code == 422
