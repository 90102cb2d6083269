"""What a service has to know is asked in the referral, and the answers decide whether it fits, with the reason."""

import re

from tests.directory.referrals.following import Made, act, agree, choose, fill_in, start_draft, visit
from tests.directory.staff.visiting import send


def answer_both(staff, page: str, first: str, second: str = "unsure"):
    return send(staff, f"{page}/questions", **{"answer-0": first, "answer-1": second})


def test_the_questions_come_before_consent(staff, asks):
    page = start_draft(staff)
    assert choose(staff, page).headers["location"] == f"{page}/questions"
    assert "Is the person 60 or over?" in staff.get(f"{page}/questions").text
    assert answer_both(staff, page, "yes").headers["location"] == f"{page}/consent"


def test_an_answer_that_does_not_fit_says_why_and_nothing_can_be_sent(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    assert answer_both(staff, page, "no").headers["location"] == f"{page}/questions"
    assert "This is for people of 60 and over." in staff.get(f"{page}/questions").text
    agree(staff, page)
    answer = fill_in(staff, page)
    assert answer.status_code == 422
    assert "This service does not fit: This is for people of 60 and over." in answer.text


def test_whoever_is_not_sure_is_not_turned_away(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    answer_both(staff, page, "unsure")
    agree(staff, page)
    assert fill_in(staff, page).status_code == 303


def test_nothing_is_sent_before_the_questions_are_answered(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    assert "Choose an answer" in send(staff, f"{page}/questions").text
    agree(staff, page)
    assert "The service needs some answers first" in fill_in(staff, page).text


def test_the_service_sees_the_answers_and_the_database_keeps_them_sealed(
    staff, asks, post, new_browser, settings
):
    page = start_draft(staff)
    choose(staff, page)
    answer_both(staff, page, "yes", "no")
    agree(staff, page)
    fill_in(staff, page)
    post.deliver()
    made = Made(page, "", "", post.links()[-1])
    seen = visit(new_browser(), post, made.link).text
    assert re.search(r"60 or over\?</dt><dd>Yes</dd>", seen)
    assert re.search(r"food allergy\?</dt><dd>No</dd>", seen)
    assert "60 or over" in staff.get(f"{page}/export").text


def test_answers_go_with_the_service_they_were_for(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    answer_both(staff, page, "yes")
    assert choose(staff, page, "Chapeltown Pantry").headers["location"] == f"{page}/consent"
    assert "60 or over" not in staff.get(page).text


def test_answers_are_erased_with_the_rest(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    answer_both(staff, page, "yes")
    agree(staff, page)
    fill_in(staff, page)
    act(staff, page, "withdraw")
    act(staff, page, "erase")
    assert "60 or over" not in staff.get(page).text


def test_a_provider_manager_takes_questions_away_again(staff, asks):
    assert send(staff, asks).status_code == 303
    page = start_draft(staff)
    assert choose(staff, page).headers["location"] == f"{page}/consent"


def test_questions_are_short_and_say_what_fits(staff, asks):
    assert send(staff, asks, **{"text-0": "?", "fits-0": "yes"}).status_code == 422
    assert send(staff, asks, **{"text-0": "Is it so?", "fits-0": "perhaps"}).status_code == 422
