"""Where to go on: the next best service when one declines or does not answer, and what the person takes along."""

import re

import pytest

from tests.directory.factories import make_row, seed, write_starter
from tests.directory.referrals.conftest import ROWS
from tests.directory.referrals.following import (
    act,
    agree,
    answer,
    choose,
    fill_in,
    make_referral,
    start_draft,
    visit,
)
from tests.directory.staff.visiting import sign_in_by_link


@pytest.fixture
def third(app, settings) -> None:
    """One more service that takes referrals, for something else."""
    row = make_row(id="meter", name="Meter Top-up", needs="fuel.meter", email="meter@example.org")
    write_starter(settings.data_dir, [*ROWS, row])
    seed(settings)


def able(staff, page: str) -> list[tuple[str, str]]:
    """(service, what is said of it) of those that can be asked, in order."""
    text = staff.get(f"{page}/services").text.split("<h2>Without a referral</h2>")[0]
    return re.findall(r"<h2>([^<]+)</h2>\s*<p>(?:<strong>([^<]+)</strong>)?", text)


def decline(provider, post, made, **fields: str) -> None:
    visit(provider, post, made.link)
    assert answer(provider, made.link, "decline", **fields).status_code == 303


def go_on(staff, page: str) -> str:
    return act(staff, page, "re_route").headers["location"].removesuffix("/services")


def test_what_was_declined_comes_back_with_the_next_best_service(staff, post, new_browser):
    made = make_referral(staff, post)
    assert "Next best" not in staff.get(made.page).text
    decline(new_browser(), post, made, reason="not_eligible")
    assert "Next best: <strong>Chapeltown Pantry</strong>" in staff.get(made.page).text
    assert able(staff, go_on(staff, made.page)) == [
        ("Chapeltown Pantry", ""),
        ("Harehills Larder", "Asked already: it declined."),
    ]


def test_what_nobody_answered_comes_back_with_the_next_best_service(staff, post, clock, settings):
    made = make_referral(staff, post)
    for _ in range(4):
        clock.move(days=7)
        post.keep_time()
    sign_in_by_link(staff, settings, clock)
    assert "Next best: <strong>Chapeltown Pantry</strong>" in staff.get(made.page).text
    assert ("Harehills Larder", "Asked already: no answer in time.") in able(staff, go_on(staff, made.page))


def test_what_the_service_suggests_comes_first_also_if_it_does_not_fit_the_needs(
    staff, post, new_browser, third
):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    found = staff.get("/api/services/search?need=fuel.meter&limit=5").json()["services"]
    meter = next(card["id"] for card in found if card["name"] == "Meter Top-up")
    answer(provider, made.link, "decline", reason="outside_area", suggested=meter)
    assert "Next best: <strong>Meter Top-up</strong>" in staff.get(made.page).text
    assert able(staff, go_on(staff, made.page))[0] == ("Meter Top-up", "The last service suggests this.")


def test_whoever_was_asked_already_is_not_the_next_best(staff, post, new_browser):
    made = make_referral(staff, post)
    decline(new_browser(), post, made, reason="not_eligible")
    second = go_on(staff, made.page)
    choose(staff, second, "Chapeltown Pantry")
    agree(staff, second)
    fill_in(staff, second)
    post.deliver()
    other = new_browser()
    visit(other, post, post.links()[-1])
    assert answer(other, post.links()[-1], "decline", reason="full").status_code == 303
    assert "Declined" in staff.get(second).text
    assert "Next best" not in staff.get(second).text
    assert {mark for _, mark in able(staff, start_draft(staff))} == {""}


def test_whom_to_ring_stands_on_the_page(staff, post):
    made = make_referral(staff, post)
    phone = make_row()["phone"]
    assert f"<dd>Harehills Larder, {phone}</dd>" in staff.get(made.page).text


def test_the_text_for_a_telephone_names_neither_service_nor_need(staff, post):
    made = make_referral(staff, post)
    sheet = staff.get(f"{made.page}/sheet").text
    words = re.search(r"<blockquote[^>]*>([^<]+)</blockquote>", sheet)[1]
    assert made.reference in words
    assert made.code in words
    assert "/my-referral" in words
    assert len(words) <= 320  # two text messages
    assert not re.search("Larder|food|help", words)
