"""Consent is withdrawn: who loses sight of the referral, and who is told."""

from tests.directory.referrals.following import (
    NAME,
    act,
    agree,
    answer,
    fill_in,
    go_to_the_pantry,
    look_up,
    make_referral,
    status_of,
    visit,
)
from tests.directory.staff.visiting import csrf_of, sign_in_by_link


def test_withdrawing_takes_it_from_the_provider_at_once(staff, post, new_browser):
    made, provider, resident = make_referral(staff, post), new_browser(), new_browser()
    visit(provider, post, made.link)
    assert "is withdrawn" in look_up(resident, made, action="withdraw").text
    assert provider.get(made.link).status_code == 404
    assert answer_without_page(provider, made.link).status_code == 404
    assert status_of(staff, made.page) == "Withdrawn"
    post.deliver()
    assert "withdrawn" in post.messages()[-1]["Subject"]


def test_consent_is_withdrawn_also_when_the_referral_is_completed(staff, post, new_browser):
    made, provider, resident = make_referral(staff, post), new_browser(), new_browser()
    visit(provider, post, made.link)
    for step in ("accept", "begin"):
        answer(provider, made.link, step)
    answer(provider, made.link, "complete", outcome="helped")
    assert NAME in provider.get(made.link).text
    assert "Withdraw my referral" in look_up(resident, made).text
    assert "is withdrawn" in look_up(resident, made, action="withdraw").text
    assert provider.get(made.link).status_code == 404
    assert status_of(staff, made.page) == "Withdrawn"
    post.deliver()
    assert withdrawals(post) == ["larder@example.org"]


def answer_without_page(provider, link):
    token = csrf_of(provider.get("/my-referral"))
    return provider.post(f"{link}/answer", data={"csrf_token": token, "action": "accept"})


def test_a_withdrawn_referral_taken_up_again_needs_consent_again(staff, post):
    made = make_referral(staff, post)
    act(staff, made.page, "withdraw")
    act(staff, made.page, "reopen")
    assert fill_in(staff, made.page).status_code == 422
    agree(staff, made.page)
    assert fill_in(staff, made.page).status_code == 303


def test_only_whoever_was_told_of_a_referral_is_told_that_it_is_withdrawn(staff, post, clock):
    made = make_referral(staff, post)
    clock.move(minutes=5)
    act(staff, made.page, "withdraw")
    post.deliver()
    assert len(withdrawals(post)) == 1
    clock.move(minutes=5)
    go_to_the_pantry(staff, made.page)
    act(staff, made.page, "withdraw")
    post.deliver()
    assert withdrawals(post) == ["larder@example.org"]  # told already, and the pantry never knew


def test_a_service_that_did_not_answer_is_told_when_the_draft_for_another_is_withdrawn(
    staff, post, clock, settings
):
    made = make_referral(staff, post)
    for _ in range(4):
        clock.move(days=7)
        post.keep_time()
    sign_in_by_link(staff, settings, clock)
    assert status_of(staff, made.page) == "Expired"
    go_to_the_pantry(staff, made.page)
    act(staff, made.page, "withdraw")
    post.deliver()
    assert withdrawals(post) == ["larder@example.org"]


def test_a_service_is_told_of_a_withdrawal_also_if_everything_is_erased_at_once(staff, post):
    made = make_referral(staff, post)
    act(staff, made.page, "withdraw")
    act(staff, made.page, "erase")
    post.deliver()
    assert withdrawals(post) == ["larder@example.org"]


def withdrawals(post) -> list[str]:
    return [message["To"] for message in post.messages() if "is withdrawn" in message["Subject"]]
