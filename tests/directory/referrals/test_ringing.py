"""What a service says on the telephone is written down for it, and an end by time says what came before."""

from sqlalchemy import text

from tests.directory.factories import opened
from tests.directory.referrals.following import (
    NAME,
    act,
    answer,
    look_up,
    make_referral,
    visit,
)
from tests.directory.staff.visiting import sign_in_by_link


def let_lie(staff, post, days: int) -> None:
    """Nobody does anything and the clock runs; then staff sign in again."""
    for _ in range(days // 7):
        post.clock.move(days=7)
        post.keep_time()
    sign_in_by_link(staff, post.settings, post.clock)


def counted(settings) -> dict[str, int]:
    with opened(settings) as database, database.read() as session:
        rows = session.execute(text("SELECT outcome, count FROM demand_count")).all()
    return {outcome: count for outcome, count in rows if outcome.startswith("end_")}


def test_a_yes_on_the_telephone_is_written_down_and_the_service_goes_on_from_there(
    staff, post, new_browser, settings
):
    made, provider = make_referral(staff, post), new_browser()
    assert act(staff, made.page, "accept").status_code == 303
    assert "said yes" in look_up(new_browser(), made).text
    assert act(staff, made.page, "begin").status_code == 303
    assert "is helping you" in look_up(new_browser(), made).text
    assert NAME in visit(provider, post, made.link).text
    assert answer(provider, made.link, "complete", outcome="helped").status_code == 303
    with opened(settings) as database, database.read() as session:
        written = session.execute(text("SELECT actor, action FROM referral_audit")).all()
    assert {("staff", "accept"), ("staff", "begin"), ("provider", "complete")} <= set(written)


def test_a_no_on_the_telephone_needs_a_reason_and_comes_back(staff, post, new_browser, settings):
    made = make_referral(staff, post)
    assert act(staff, made.page, "decline").status_code == 422
    assert act(staff, made.page, "decline", reason="full").status_code == 303
    assert "Declined: full at the moment" in staff.get("/staff/referrals").text
    assert "Next best" in staff.get(made.page).text
    assert counted(settings) == {"end_full": 1}


def test_help_that_was_given_without_a_click_is_written_down(staff, post, new_browser, settings):
    made = make_referral(staff, post)
    assert act(staff, made.page, "complete", outcome="helped").status_code == 303
    assert "It is finished." in look_up(new_browser(), made).text
    assert counted(settings) == {"end_helped": 1}


def test_what_is_learned_after_the_end_is_written_down_and_counted_once(staff, post, new_browser, settings):
    made = make_referral(staff, post)
    let_lie(staff, post, 28)
    assert "Ask the next service" in staff.get("/staff/referrals").text
    assert "ended without an answer" in look_up(new_browser(), made).text
    assert act(staff, made.page, "complete", outcome="helped").status_code == 303
    assert "Ask the next service" not in staff.get("/staff/referrals").text
    assert new_browser().get(made.link).status_code == 404
    assert counted(settings) == {}  # keep_time by hand counts nothing; the clock of the application has
    assert "Take it up again" not in staff.get(made.page).text
    assert act(staff, made.page, "reopen").status_code == 409


def test_what_was_declined_can_be_closed_and_leaves_the_service(staff, post, new_browser, settings):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "decline", reason="full")
    assert act(staff, made.page, "complete", outcome="not_needed").status_code == 303
    assert provider.get(made.link).status_code == 404
    assert counted(settings) == {"end_full": 1}


def test_a_draft_that_ran_out_cannot_be_closed_as_helped(staff, post):
    made = make_referral(staff, post)
    act(staff, made.page, "withdraw")
    act(staff, made.page, "reopen")
    let_lie(staff, post, 28)
    assert "Expired" in staff.get(made.page).text
    assert "How did it end?" not in staff.get(made.page).text
    assert act(staff, made.page, "complete", outcome="helped").status_code == 409


def test_a_yes_after_which_nothing_was_heard_is_not_called_no_answer(staff, post, new_browser, settings):
    made = make_referral(staff, post)
    act(staff, made.page, "accept")
    let_lie(staff, post, 70)
    page = look_up(new_browser(), made).text
    assert "said yes, and we heard nothing after that" in page
    assert "without an answer" not in page
    assert "then nothing was heard" in staff.get("/staff/referrals").text
    act(staff, made.page, "complete", outcome="helped")
    assert counted(settings) == {"end_helped": 1}


def test_a_closing_by_mistake_is_undone_by_staff_and_the_service_still_has_to_answer(
    staff, post, new_browser
):
    made, provider = make_referral(staff, post), new_browser()
    act(staff, made.page, "complete", outcome="helped")
    assert act(staff, made.page, "reopen").status_code == 303
    assert "has not opened it yet" in look_up(new_browser(), made).text
    assert "Accept" in visit(provider, post, made.link).text
    act(staff, made.page, "complete", outcome="helped")
    assert "Take the last answer back" not in provider.get(made.link).text
    assert answer(provider, made.link, "undo").status_code == 409
    act(staff, made.page, "reopen")
    assert "has not answered yet" in look_up(new_browser(), made).text
    assert answer(provider, made.link, "accept").status_code == 303
    act(staff, made.page, "complete", outcome="helped")
    act(staff, made.page, "reopen")
    assert "said yes" in look_up(new_browser(), made).text
