"""A referral through the real application, from needs to its end, as everybody who takes part sees it."""

import re

import pytest

from tests.directory.factories import TestClient, seed, write_starter
from tests.directory.referrals.conftest import ROWS
from tests.directory.referrals.following import (
    NAME,
    PERSONAL,
    act,
    agree,
    answer,
    choose,
    fill_in,
    go_to_the_pantry,
    look_up,
    make_referral,
    start_draft,
    status_of,
    visit,
    words_of,
)
from tests.directory.staff.visiting import csrf_of, send


def test_a_referral_is_made_in_four_steps_and_followed_to_the_end(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    assert status_of(staff, made.page) == "Sent"
    page = visit(provider, post, made.link)
    assert NAME in page.text
    assert "never after six" in page.text
    assert status_of(staff, made.page) == "Opened"
    assert answer(provider, made.link, "accept").status_code == 303
    assert answer(provider, made.link, "begin").status_code == 303
    assert answer(provider, made.link, "complete", outcome="helped").status_code == 303
    assert status_of(staff, made.page) == "Completed: helped"
    assert "It is finished." in look_up(new_browser(), made).text


def test_only_services_that_take_referrals_and_have_an_address_are_offered(staff):
    text = staff.get(f"{start_draft(staff)}/services").text
    able, others = text.split("<h2>Without a referral</h2>")
    assert "Harehills Larder" in able
    assert "Chapeltown Pantry" in able
    assert "Walk-in Kitchen" in others
    assert "Larder Without Mail" in others
    assert "Helps with food" in able or "helps with food" in able


def test_nothing_is_sent_without_consent_for_this_service(staff, post):
    page = start_draft(staff)
    choose(staff, page)
    refused = fill_in(staff, page)
    assert refused.status_code == 422
    assert "read the text aloud" in refused.text
    agree(staff, page)
    choose(staff, page, "Chapeltown Pantry")
    assert fill_in(staff, page).status_code == 422
    assert post.deliver() == (0, 0)


def test_a_draft_keeps_what_was_typed_even_if_it_cannot_be_sent(staff):
    page = start_draft(staff)
    assert fill_in(staff, page).status_code == 422
    assert fill_in(staff, page, button="save").status_code == 303
    assert NAME in staff.get(f"{page}/details").text


def test_consent_must_say_how_it_was_given(staff):
    page = start_draft(staff)
    choose(staff, page)
    assert agree(staff, page, way="").status_code == 422


def test_consent_is_kept_only_in_the_words_that_were_on_the_page(staff, settings):
    page = start_draft(staff)
    choose(staff, page)
    read = words_of(staff.get(f"{page}/consent"))
    write_starter(settings.data_dir, [ROWS[0] | {"name": "Larder of Harehills"}, *ROWS[1:]])
    seed(settings)
    refused = send(staff, f"{page}/consent", way="read_aloud", words=read)
    assert refused.status_code == 422
    assert "read them again" in refused.text
    assert "to ask Larder of Harehills" in refused.text
    assert agree(staff, page).status_code == 303


def test_consent_read_in_one_tab_is_not_kept_for_the_service_chosen_in_another(staff):
    page = start_draft(staff)
    choose(staff, page)
    read = words_of(staff.get(f"{page}/consent"))
    choose(staff, page, "Chapeltown Pantry")
    assert send(staff, f"{page}/consent", way="read_aloud", words=read).status_code == 422
    assert fill_in(staff, page).status_code == 422


@pytest.mark.parametrize("missing", ["name", "phone"])
def test_a_referral_needs_a_name_and_a_way_to_reach_the_person(staff, missing):
    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    assert fill_in(staff, page, **{missing: ""}).status_code == 422


def test_mail_holds_no_personal_data(staff, post, new_browser):
    made = make_referral(staff, post)
    visit(new_browser(), post, made.link)
    for message in post.messages():
        assert [word for word in PERSONAL if word in message.as_string()] == []
        assert message["To"] == "larder@example.org"
        assert made.code not in message.as_string()


def test_a_link_alone_shows_nothing_and_a_wrong_code_neither(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    assert NAME not in provider.get(made.link).text
    send(provider, made.link, to=f"{made.link}/code")
    post.deliver()
    wrong = "000000" if post.code() != "000000" else "000001"
    for _ in range(5):
        assert send(provider, made.link, to=f"{made.link}/enter", code=wrong).status_code in (422, 429)
    assert send(provider, made.link, to=f"{made.link}/enter", code=post.code()).status_code in (422, 429)
    assert NAME not in provider.get(made.link).text
    assert answer(provider, made.link, "accept").status_code == 403


def test_a_code_works_for_a_quarter_of_an_hour_and_once(staff, post, new_browser, clock):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    again = new_browser()
    assert send(again, made.link, to=f"{made.link}/enter", code=post.code()).status_code == 422
    clock.move(minutes=2)
    send(again, made.link, to=f"{made.link}/code")
    post.deliver()
    clock.move(minutes=15)
    assert send(again, made.link, to=f"{made.link}/enter", code=post.code()).status_code == 422
    clock.move(minutes=50)
    assert NAME not in provider.get(made.link).text


def test_a_declined_referral_comes_back_and_goes_to_the_next_service(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    pantry = re.search(r'<option value="([0-9a-f-]+)">Chapeltown Pantry', provider.get(made.link).text)[1]
    assert answer(provider, made.link, "decline", reason="").status_code == 422
    answer(provider, made.link, "decline", reason="full", suggested=pantry, full_until="2026-11-30")
    assert "Declined: full at the moment" in staff.get("/staff/referrals").text
    assert "Chapeltown Pantry" in staff.get(made.page).text
    going = act(staff, made.page, "re_route")
    page = going.headers["location"].removesuffix("/services")
    able = staff.get(f"{page}/services").text.split("<h2>Without a referral</h2>")[0]
    assert "Chapeltown Pantry" in able
    assert "Harehills Larder" not in able  # it said that it is full
    choose(staff, page, "Chapeltown Pantry")
    assert NAME in staff.get(f"{page}/details").text
    assert fill_in(staff, page).status_code == 422
    agree(staff, page)
    assert fill_in(staff, page).status_code == 303
    assert provider.get(made.link).status_code == 404


def test_a_provider_takes_a_mistake_back(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "decline", reason="duplicate")
    answer(provider, made.link, "undo")
    assert answer(provider, made.link, "accept").status_code == 303


def test_a_provider_that_declined_by_mistake_is_no_longer_full(staff, post, new_browser, clock):
    made, provider = make_referral(staff, post), new_browser()
    other = make_referral(staff, post)
    visit(provider, post, made.link)
    answer(provider, made.link, "decline", reason="full", full_until="2026-11-30")
    clock.move(minutes=2)
    visit(provider, post, other.link)
    answer(provider, other.link, "decline", reason="full")
    answer(provider, other.link, "undo")
    assert "Harehills Larder" not in able_to_help(staff)  # the other referral still says so
    answer(provider, made.link, "undo")
    assert "Harehills Larder" in able_to_help(staff)


def able_to_help(staff) -> str:
    return staff.get(f"{start_draft(staff)}/services").text.split("<h2>Without a referral</h2>")[0]


@pytest.mark.parametrize(
    ("change", "says"), [("published", "not in the directory"), ("full", "is full up to")]
)
def test_nothing_is_sent_to_a_service_that_left_or_filled_up_meanwhile(
    staff, post, new_browser, settings, change, says
):
    made, provider, page = make_referral(staff, post), new_browser(), start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    if change == "full":
        visit(provider, post, made.link)
        answer(provider, made.link, "decline", reason="full", full_until="2026-11-30")
    else:
        write_starter(settings.data_dir, [ROWS[0] | {"published": "no"}, *ROWS[1:]])
        seed(settings)
    refused = fill_in(staff, page)
    assert refused.status_code == 422
    assert says in refused.text
    assert NAME in refused.text
    assert post.deliver() == (0, 0)


def test_another_service_does_not_read_what_was_said_to_the_first(staff, post, new_browser):
    made, larder, resident = make_referral(staff, post), new_browser(), new_browser()
    visit(larder, post, made.link)
    answer(larder, made.link, "ask", question="Is gluten a problem?")
    send(staff, made.page, to=f"{made.page}/note", note="No, none", shared="yes")
    look_up(resident, made, action="note", note="My sister may answer")
    assert "My sister may answer" in larder.get(made.link).text
    act(staff, made.page, "withdraw")
    go_to_the_pantry(staff, made.page)
    agree(staff, made.page)
    assert fill_in(staff, made.page).status_code == 303
    post.deliver()
    pantry = new_browser()
    page = visit(pantry, post, post.links()[-1]).text
    assert NAME in page
    assert [words for words in ("gluten", "No, none", "My sister") if words in page] == []
    assert "My sister may answer" in look_up(resident, made).text
    assert "No, none" in staff.get(made.page).text
    send(staff, made.page, to=f"{made.page}/note", note="Please ring", shared="yes")
    assert "Please ring" in pantry.get(post.links()[-1]).text


def test_a_question_is_answered_and_the_provider_is_told(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "ask", question="Is gluten a problem?")
    assert "The service asks you something" in staff.get("/staff/referrals").text
    send(staff, made.page, to=f"{made.page}/note", note="For our eyes only")
    send(staff, made.page, to=f"{made.page}/note", note="No, none", shared="yes")
    post.deliver()
    assert "answered" in post.messages()[-1]["Subject"]
    page = provider.get(made.link).text
    assert "No, none" in page
    assert "For our eyes only" not in page


def test_a_question_stays_open_after_a_yes_until_it_is_answered(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "ask", question="Is gluten a problem?")
    for step in ("accept", "begin"):
        assert answer(provider, made.link, step).status_code == 303
        assert "The service asks you something" in staff.get("/staff/referrals").text
        assert "Answer the service" in staff.get(made.page).text
    send(staff, made.page, to=f"{made.page}/note", note="No, none", shared="yes")
    assert "The service asks you something" not in staff.get("/staff/referrals").text
    assert "Answer the service" not in staff.get(made.page).text
    post.deliver()
    assert "answered" in post.messages()[-1]["Subject"]


def test_a_resident_needs_the_code_and_guessing_slows_down(staff, post, new_browser):
    made, resident = make_referral(staff, post), new_browser()
    seen = look_up(resident, made, code=made.code.lower())
    assert "not opened it yet" in seen.text
    assert NAME not in seen.text
    statuses = [look_up(resident, made, code="AAAAA-AAAAA").status_code for _ in range(6)]
    assert statuses == [422, 422, 422, 422, 429, 429]


def test_reference_and_code_are_taken_as_people_type_them(staff, post, new_browser):
    made = make_referral(staff, post)
    typed = {
        "reference": f" {made.reference.lower().replace('-', '')} ",
        "code": made.code.lower().replace("-", " "),
    }
    assert made.reference in look_up(new_browser(), made, **typed).text
    for nothing in ("", "-", " - "):
        assert look_up(new_browser(), made, code=nothing).status_code == 422


def test_whoever_knows_a_reference_does_not_keep_the_resident_out(app, staff, post):
    made = make_referral(staff, post)
    other, resident = (
        TestClient(app, raise_server_exceptions=False, client=(address, 50000))
        for address in ("198.51.100.9", "203.0.113.5")
    )
    assert [look_up(other, made, code="AAAAA-AAAAA").status_code for _ in range(6)][-1] == 429
    assert "not opened it yet" in look_up(resident, made).text


def test_signposting_is_one_tap_and_counts(staff, settings):
    from sqlalchemy import text

    from tests.directory.factories import opened

    page = send(staff, "/staff/referrals/new", to="/staff/signpost", needs=["food.parcel"], place="Harehills")
    assert "Walk-in Kitchen" in page.text
    with opened(settings) as database, database.read() as session:
        rows = session.execute(
            text("SELECT need, ward_code, channel, outcome, count FROM demand_count")
        ).all()
        assert rows == [("food.parcel", "E05011394", "staff", "matched", 1)]
        assert session.execute(text("SELECT count(*) FROM referral")).scalar() == 0


def test_actions_that_do_not_fit_are_refused(staff, post):
    made = make_referral(staff, post)
    assert act(staff, made.page, "reopen").status_code == 409
    assert act(staff, made.page, "erase").status_code == 409
    assert act(staff, made.page, "nonsense").status_code == 422
    assert fill_in_blindly(staff, made.page).status_code == 409


def fill_in_blindly(staff, page):
    token = csrf_of(staff.get(page))
    return staff.post(f"{page}/details", data={"csrf_token": token, "name": "Other"})


def test_everything_stored_can_be_given_to_the_person(staff, post):
    made = make_referral(staff, post)
    send(staff, made.page, to=f"{made.page}/note", note="She said <later>")
    given = staff.get(f"{made.page}/export")
    assert given.headers["content-type"].startswith("text/plain")
    for words in (NAME, "never after six", "Do you agree", "read_aloud", "She said <later>", "food.parcel"):
        assert words in given.text
