"""Services that take referrals, as their provider manager keeps them."""

import re

import pytest

from tests.directory.referrals.following import (
    NAME,
    act,
    agree,
    answer,
    choose,
    fill_in,
    make_referral,
    start_draft,
    visit,
)
from tests.directory.staff.visiting import send

PAGE = "/staff/services-that-take-referrals"


def save(staff, name, **fields):
    text = staff.get(PAGE).text
    path = re.search(rf"<h2>{name}</h2>.*?action=\"([^\"]+)\"", text, re.DOTALL)[1]
    return send(staff, PAGE, to=path, **fields)


def test_a_service_with_an_agreed_address_is_offered(staff, post):
    assert save(staff, "Larder Without Mail", address="Desk@Example.org").status_code == 303
    make_referral(staff, post, "Larder Without Mail")
    assert post.messages()[-1]["To"] == "desk@example.org"


def mails_to(post, address):
    return [message for message in post.messages() if message["To"] == address]


def test_a_corrected_address_takes_the_referral_away_from_whoever_reads_the_old_one(staff, post, new_browser):
    made, wrong, right = make_referral(staff, post), new_browser(), new_browser()
    assert NAME in visit(wrong, post, made.link).text
    assert save(staff, "Harehills Larder", address="desk@example.org").status_code == 303
    assert wrong.get(made.link).status_code == 404
    assert post.deliver() == (1, 0)
    assert save(staff, "Harehills Larder", address="Desk@example.org", chase_days="4").status_code == 303
    assert post.deliver() == (0, 0)
    [mail] = mails_to(post, "desk@example.org")
    link = post.links()[-1]
    assert link in mail.get_content()
    assert NAME not in wrong.get(link).text
    assert NAME in visit(right, post, link).text
    assert len(mails_to(post, "desk@example.org")) == 2  # the second is the code
    assert answer(right, link, "accept").status_code == 303


def test_mail_that_waits_goes_to_the_corrected_address_only(staff, post):
    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    fill_in(staff, page)
    save(staff, "Harehills Larder", address="desk@example.org")
    assert post.deliver() == (1, 0)
    act(staff, page, "mail_again")
    assert post.deliver() == (0, 0)
    assert [message["To"] for message in post.messages()] == ["desk@example.org"]


def test_a_service_that_shares_the_old_address_keeps_its_own_referrals(staff, post, new_browser):
    save(staff, "Chapeltown Pantry", address="larder@example.org")
    made, others, provider = (
        make_referral(staff, post),
        make_referral(staff, post, "Chapeltown Pantry"),
        new_browser(),
    )
    save(staff, "Harehills Larder", address="desk@example.org")
    assert post.deliver() == (1, 0)
    assert provider.get(made.link).status_code == 404
    assert NAME in visit(provider, post, others.link).text


def test_what_the_service_has_answered_is_not_mailed_to_the_corrected_address(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "decline", reason="not_eligible")
    save(staff, "Harehills Larder", address="desk@example.org")
    assert post.deliver() == (0, 0)
    assert provider.get(made.link).status_code == 404


def test_the_session_at_the_old_address_ends(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    save(staff, "Harehills Larder", address="desk@example.org")
    save(staff, "Harehills Larder", address="")
    post.deliver()
    link = post.links()[-1]
    assert mails_to(post, "larder@example.org")[-1].get_content().count(link) == 1
    assert NAME not in provider.get(link).text


def test_a_full_service_is_not_offered_until_the_day_after(staff, clock):
    save(staff, "Harehills Larder", full_until="2026-11-02")
    page = start_draft(staff)
    able = staff.get(f"{page}/services").text.split("<h2>Without a referral</h2>")[0]
    assert "Harehills Larder" not in able


def test_a_service_that_fills_up_while_the_page_is_open_cannot_be_chosen(staff):
    page = start_draft(staff)
    text = staff.get(f"{page}/services").text
    larder = re.search(
        r"<h2>Harehills Larder</h2>.*?name=\"service\" value=\"([0-9a-f-]+)\"", text, re.DOTALL
    )[1]
    save(staff, "Harehills Larder", full_until="2026-11-02")
    refused = send(staff, f"{page}/services", to=f"{page}/service", service=larder)
    assert refused.status_code == 422
    assert "Harehills Larder is full up to and including" in refused.text


def test_a_service_has_its_own_pace(staff, post, clock):
    save(staff, "Harehills Larder", chase_days="4", escalate_days="8")
    make_referral(staff, post)
    clock.move(days=3)
    assert post.keep_time() == {}
    clock.move(days=1)
    assert post.keep_time() == {"chase": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "nobody"),
        ("full_until", "soon"),
        ("chase_days", "0"),
        ("escalate_days", "99"),
        ("chase_days", "٣"),
    ],
)
def test_what_cannot_be_read_is_refused(staff, field, value):
    assert save(staff, "Harehills Larder", **{field: value}).status_code == 422


def test_only_provider_managers_may(staff, stranger):
    assert stranger.get(PAGE).status_code == 403
    assert choose(staff, start_draft(staff)).status_code == 303


def test_staff_find_words_to_ask_with(stranger):
    assert "How are you managing?" in stranger.get("/staff/talking").text
