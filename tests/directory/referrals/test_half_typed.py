"""What staff type is kept before they press a button, sealed, for their own space, and goes with the rest."""

import re

import pytest
from sqlalchemy import text

from referral_directory.application.referrals import rotate
from tests.directory.factories import opened
from tests.directory.referrals.following import (
    DETAILS,
    NAME,
    PHONE,
    act,
    agree,
    choose,
    fill_in,
    make_referral,
    start_draft,
    visit,
)
from tests.directory.referrals.stored import everything_stored, faults_of, keys_of, tamper
from tests.directory.staff.visiting import csrf_of, send, sign_in_by_link

HALF = {"name": NAME, "phone": "0113 496"}
JSON = {"accept": "application/json"}


def keep_typed(browser, page: str, form: str, *, token: str | None = None, **fields: str):
    """What the script sends while somebody types."""
    token = csrf_of(browser.get("/staff/referrals")) if token is None else token
    return browser.post(f"{page}/{form}/typed", data={"csrf_token": token, **fields}, headers=JSON)


def value_of(page: str, name: str) -> str:
    """What stands in a field of a page."""
    return re.search(rf'<input id="{name}" [^>]*value="([^"]*)"', page)[1]


def chosen_in(staff, page: str) -> list[str]:
    """The answers that are ticked."""
    text = staff.get(f"{page}/questions").text
    return re.findall(r'<input type="radio" id="([^"]+)"[^>]* checked', text)


def audited(settings) -> list[str]:
    with opened(settings) as database, database.read() as session:
        return list(session.scalars(text("SELECT action FROM referral_audit ORDER BY number")))


def test_what_was_typed_is_there_when_the_step_is_opened_again(staff):
    page = start_draft(staff)
    answer = keep_typed(staff, page, "details", **HALF)
    assert (answer.status_code, answer.json()) == (200, {"saved_at": "10:00"})
    again = staff.get(f"{page}/details").text
    assert (value_of(again, "name"), value_of(again, "phone")) == (NAME, "0113 496")
    assert "What was typed here last is kept below. It is not sent yet" in again


def test_the_button_takes_its_place(staff):
    page = start_draft(staff)
    keep_typed(staff, page, "details", name="Somebody else", email="x@example.org")
    fill_in(staff, page, button="save")
    again = staff.get(f"{page}/details").text
    assert (value_of(again, "name"), value_of(again, "email")) == (NAME, "")
    assert "What was typed here last" not in again


def test_a_field_that_was_emptied_stays_empty(staff):
    page = start_draft(staff)
    fill_in(staff, page, button="save")
    keep_typed(staff, page, "details", **(DETAILS | {"phone": ""}))
    assert value_of(staff.get(f"{page}/details").text, "phone") == ""
    assert PHONE in staff.get(page).text


def test_nothing_that_is_only_typed_is_sent_or_copied(staff, post, new_browser):
    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    keep_typed(staff, page, "details", **DETAILS, address="12 Unsent Street")
    assert fill_in(staff, page, name="").status_code == 422
    assert fill_in(staff, page).status_code == 303
    keep_typed(staff, page, "note", note="Half a note about Unsent Street", shared="yes")
    post.deliver()
    assert "Unsent Street" not in visit(new_browser(), post, post.links()[-1]).text
    copied = act(staff, page, "copy").headers["location"].removesuffix("/services")
    assert "Unsent Street" not in staff.get(f"{copied}/details").text + staff.get(copied).text


def test_answers_are_kept_by_question_and_go_with_the_service(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    assert keep_typed(staff, page, "questions", **{"answer-1": "no"}).status_code == 200
    assert chosen_in(staff, page) == ["answer-1-no"]
    agree(staff, page)
    assert "The service needs some answers first" in fill_in(staff, page).text
    choose(staff, page, "Chapeltown Pantry")
    choose(staff, page)
    assert chosen_in(staff, page) == []


def test_answering_takes_the_place_of_what_was_half_answered(staff, asks):
    page = start_draft(staff)
    choose(staff, page)
    keep_typed(staff, page, "questions", **{"answer-0": "no", "answer-1": "no"})
    send(staff, f"{page}/questions", **{"answer-0": "yes", "answer-1": "yes"})
    assert chosen_in(staff, page) == ["answer-0-yes", "answer-1-yes"]


def test_a_note_is_kept_while_it_is_written_also_after_sending(staff, post):
    made = make_referral(staff, post)
    assert keep_typed(staff, made.page, "note", note="She rang and", shared="yes").status_code == 200
    page = staff.get(made.page).text
    assert ">She rang and</textarea>" in page
    assert 'name="shared" value="yes" checked' in page
    send(staff, made.page, to=f"{made.page}/note", note="She rang and is well")
    page = staff.get(made.page).text
    assert "></textarea>" in page
    assert "She rang and is well" in page


def test_a_note_without_words_is_nothing(staff, post, settings):
    made = make_referral(staff, post)
    keep_typed(staff, made.page, "note", note="A word")
    keep_typed(staff, made.page, "note", note="  ", shared="yes")
    with opened(settings) as database, database.read() as session:
        count = text("SELECT count(*) FROM referral_detail WHERE field = 'typed_note'")
        assert session.scalar(count) == 0


def test_a_note_that_is_too_long_to_keep_is_shown_again(staff, post):
    made = make_referral(staff, post)
    answer = send(staff, made.page, to=f"{made.page}/note", note="A long story. " * 200)
    assert answer.status_code == 422
    assert "A long story. A long story." in answer.text


@pytest.mark.parametrize("form", ["details", "questions", "note"])
def test_another_space_a_signed_out_visitor_and_a_wrong_token_change_nothing(
    staff, stranger, new_browser, settings, form
):
    page, before = start_draft(staff), everything_stored(settings)
    fields = HALF | {"note": NAME}
    assert keep_typed(stranger, page, form, **fields).status_code == 404
    assert keep_typed(new_browser(), page, form, token="x", **fields).status_code == 401
    for wrong in ("", "0" * 64):
        assert keep_typed(staff, page, form, token=wrong, **fields).status_code == 403
    with opened(settings) as database, database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM referral_detail")) == 0
    assert NAME not in before


def test_a_session_that_has_ended_is_said_to_have_ended(staff, clock):
    page = start_draft(staff)
    token = csrf_of(staff.get(page))
    clock.move(minutes=31)
    answer = keep_typed(staff, page, "details", token=token, **HALF)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_too_long_is_refused(staff):
    page = start_draft(staff)
    assert keep_typed(staff, page, "details", about="x" * 5001).status_code == 422
    assert keep_typed(staff, page, "details", about="x" * 70_000).status_code == 413
    assert keep_typed(staff, page, "details", about="ÿ" * 5000).status_code == 200


def test_only_a_draft_takes_details(staff, post):
    made = make_referral(staff, post)
    assert keep_typed(staff, made.page, "details", **HALF).status_code == 409
    act(staff, made.page, "withdraw")
    act(staff, made.page, "erase")
    assert keep_typed(staff, made.page, "note", note="x").status_code == 409


def test_it_is_sealed_and_the_audit_says_once_that_somebody_typed(staff, settings):
    page = start_draft(staff)
    for name in ("W", "Wil", NAME):
        keep_typed(staff, page, "details", name=name)
    assert NAME not in everything_stored(settings)
    assert audited(settings) == ["started", "typed"]
    assert faults_of(settings) == []


def test_somebody_elses_bytes_in_it_are_found(staff, settings):
    page = start_draft(staff)
    keep_typed(staff, page, "details", **HALF)
    tamper(settings, "UPDATE referral_detail SET sealed = :other", other=b"\x01" + b"0" * 60)
    assert "typed_details: does not open" in " ".join(faults_of(settings))


def test_a_new_key_seals_it_again(staff, settings):
    page = start_draft(staff)
    keep_typed(staff, page, "details", **HALF)
    assert rotate(settings) == 1
    with opened(settings) as database, database.read() as session:
        assert session.scalars(text("SELECT key_id FROM referral_detail")).all() == [keys_of(settings).newest]
    assert faults_of(settings) == []


def test_it_is_in_what_is_given_to_the_person(staff):
    page = start_draft(staff)
    keep_typed(staff, page, "details", **HALF)
    keep_typed(staff, page, "note", note="She said <later>")
    given = staff.get(f"{page}/export").text
    assert f"Name, as the person wants to be called: {NAME}" in given
    assert "Note: She said <later>" in given


def test_it_is_erased_with_the_draft(staff, post, settings, clock):
    page = start_draft(staff)
    keep_typed(staff, page, "details", **HALF)
    keep_typed(staff, page, "note", note=NAME)
    act(staff, page, "withdraw")
    clock.move(days=1)
    post.keep_time()
    with opened(settings) as database, database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM referral_detail")) == 0


def test_a_draft_that_somebody_types_in_does_not_end(staff, settings, post, clock):
    page = start_draft(staff)
    for _ in range(3):
        clock.move(days=7)
        sign_in_by_link(staff, settings, clock)
        keep_typed(staff, page, "details", **HALF)
        assert post.keep_time()["expire"] == 0
    assert staff.get(f"{page}/details").status_code == 200


def test_only_pages_with_the_script_let_one_run(staff):
    page = start_draft(staff)
    for path, has_script in (
        (f"{page}/details", True),
        (page, True),
        (f"{page}/consent", False),
        ("/staff", False),
    ):
        answer = staff.get(path)
        policy = answer.headers["content-security-policy"]
        assert ("script-src 'self'; connect-src 'self'" in policy) == has_script, path
        assert policy.startswith("default-src 'none'")
        assert ('<script src="/static/autosave.js" defer></script>' in answer.text) == has_script
    script = staff.get("/static/autosave.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", script.text)
