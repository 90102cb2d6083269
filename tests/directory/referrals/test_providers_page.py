"""A provider that prefers one page gets all its referrals there, and nobody else's."""

import re

from tests.directory.referrals.following import NAME, act, answer, make_referral, start_draft
from tests.directory.staff.visiting import send


def open_page(provider, post, email="larder@example.org") -> str:
    """Ask for the link, type the code; the address of the page."""
    assert send(provider, "/providers", email=email).headers["location"] == "/providers?said=sent"
    post.deliver()
    texts = [message.get_content() for message in post.messages()]
    link = [found[1] for text in texts if (found := re.search(r"http://[^/]+(/providers/\S+)", text))][-1]
    send(provider, link, to=f"{link}/code")
    post.deliver()
    assert send(provider, link, to=f"{link}/enter", code=post.code()).status_code == 303
    return link


def open_first(provider, link: str):
    """Open the first referral of the list."""
    identity = re.search(r'name="referral" value="([0-9a-f-]+)"', provider.get(link).text)[1]
    return send(provider, link, to=f"{link}/open", referral=identity)


def test_one_code_opens_every_referral_of_the_address(staff, post, new_browser):
    first, second = make_referral(staff, post), make_referral(staff, post)
    other = make_referral(staff, post, "Chapeltown Pantry")
    provider = new_browser()
    link = open_page(provider, post)
    page = provider.get(link).text
    assert first.reference in page
    assert second.reference in page
    assert other.reference not in page
    assert NAME not in page
    place = open_first(provider, link).headers["location"]
    assert NAME in provider.get(place).text
    assert answer(provider, place, "accept").status_code == 303
    assert "Accepted" in provider.get(link).text


def test_a_withdrawn_referral_vanishes_from_the_page(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    link = open_page(provider, post)
    place = open_first(provider, link).headers["location"]
    act(staff, made.page, "withdraw")
    assert made.reference not in provider.get(link).text
    assert provider.get(place).status_code == 404


def test_an_address_without_referrals_gets_no_mail_and_the_same_answer(staff, post, new_browser):
    asked = send(new_browser(), "/providers", email="nobody@example.org")
    assert asked.headers["location"] == "/providers?said=sent"
    assert post.deliver() == (0, 0)


def test_nobody_fills_an_inbox(staff, post, new_browser, clock):
    for _ in range(3):
        send(new_browser(), "/providers", email="larder@example.org")
    assert post.deliver() == (1, 0)
    clock.move(minutes=2)
    send(new_browser(), "/providers", email="larder@example.org")
    assert post.deliver() == (1, 0)


def test_the_link_alone_shows_nothing_and_the_code_of_another_service_neither(staff, post, new_browser):
    made, provider, other = make_referral(staff, post), new_browser(), new_browser()
    link = open_page(provider, post)
    pantry = open_page(other, post, "pantry@example.org")
    assert made.reference not in new_browser().get(link).text
    assert made.reference not in other.get(link).text
    identity = re.search(r'name="referral" value="([0-9a-f-]+)"', provider.get(link).text)[1]
    assert send(other, "/providers", to=f"{pantry}/open", referral=identity).status_code == 404
    assert send(other, "/providers", to=f"{link}/open", referral=identity).status_code == 403


def test_the_session_of_a_provider_ends_after_an_hour(staff, post, new_browser, clock):
    made, provider = make_referral(staff, post), new_browser()
    link = open_page(provider, post)
    clock.move(minutes=61)
    assert made.reference not in provider.get(link).text


def test_a_full_service_says_so_in_search_and_gets_no_referrals(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    link = open_page(provider, post)
    place = open_first(provider, link).headers["location"]
    answer(provider, place, "decline", reason="full", full_until="2026-12-01")
    found = staff.get("/api/services/search?need=food.parcel").json()["services"]
    larder = next(card for card in found if card["name"] == "Harehills Larder")
    assert larder["notice"]["kind"] == "full"
    assert larder["notice"]["until"] == "2026-12-01"
    assert found[0]["name"] != "Harehills Larder"
    assert "Harehills Larder</h2>" not in staff.get(f"{start_draft(staff)}/services").text
    assert "Declined: full" in staff.get("/staff/referrals").text
    assert made.reference in provider.get(link).text
