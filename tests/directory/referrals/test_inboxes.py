"""Services that take referrals, as their provider manager keeps them."""

import re

import pytest

from tests.directory.referrals.following import choose, make_referral, start_draft
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
