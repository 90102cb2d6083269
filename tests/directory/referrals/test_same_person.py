"""Erasure, export and the 12 months are for the person, over all referrals that were copied or re-routed."""

from alembic import command
from sqlalchemy import text

from referral_directory.application.commands import alembic_config
from referral_directory.database import open_database
from tests.directory.factories import opened
from tests.directory.referrals.following import (
    NAME,
    PHONE,
    act,
    agree,
    choose,
    fill_in,
    make_referral,
)
from tests.directory.staff.visiting import sign_in_by_link


def details_left(settings) -> int:
    with opened(settings) as database, database.read() as session:
        return session.scalar(text("SELECT count(*) FROM referral_detail"))


def copy(staff, page: str) -> str:
    return act(staff, page, "copy").headers["location"].removesuffix("/services")


def send_to_pantry(staff, page: str) -> None:
    choose(staff, page, "Chapeltown Pantry")
    agree(staff, page)
    assert fill_in(staff, page).status_code == 303


def test_one_button_erases_all_referrals_of_a_person(staff, post, settings):
    made = make_referral(staff, post)
    second = copy(staff, made.page)
    send_to_pantry(staff, second)
    third = copy(staff, second)
    act(staff, made.page, "withdraw")
    page = staff.get(made.page).text
    assert second in page
    assert third in page
    assert "withdraw first what is under way" in page
    assert act(staff, made.page, "erase_person").status_code == 409
    for path in (second, third):
        act(staff, path, "withdraw")
    assert "Erase the personal data of all of them now" in staff.get(made.page).text
    assert act(staff, made.page, "erase_person").status_code == 303
    assert details_left(settings) == 0
    assert "personal data of this referral is erased" in staff.get(third).text


def test_the_others_still_stand_on_the_page_of_one_that_is_erased(staff, post, settings):
    made = make_referral(staff, post)
    second = copy(staff, made.page)
    for path in (made.page, second):
        act(staff, path, "withdraw")
    act(staff, made.page, "erase")
    assert details_left(settings) > 0
    assert second in staff.get(made.page).text
    act(staff, made.page, "erase_person")
    assert details_left(settings) == 0


def test_the_export_holds_all_referrals_of_a_person(staff, post):
    made = make_referral(staff, post)
    second = copy(staff, made.page)
    fill_in(staff, second, button="save", phone="0113 496 0777")
    for page in (made.page, second):
        given = staff.get(f"{page}/export").text
        assert given.count(NAME) == 2
        assert PHONE in given
        assert "0113 496 0777" in given


def test_a_copy_does_not_start_the_twelve_months_again(staff, post, settings, clock):
    made = make_referral(staff, post)
    act(staff, made.page, "accept")
    act(staff, made.page, "begin")
    clock.move(days=299)
    sign_in_by_link(staff, settings, clock)
    second = copy(staff, made.page)
    send_to_pantry(staff, second)
    act(staff, second, "complete", outcome="helped")
    clock.move(days=65)
    post.keep_time()
    assert details_left(settings) > 0
    clock.move(days=1)
    post.keep_time()
    assert details_left(settings) == 0


def test_what_would_go_before_its_end_is_not_copied(staff, post, settings, clock):
    made = make_referral(staff, post)
    act(staff, made.page, "accept")
    clock.move(days=301)
    sign_in_by_link(staff, settings, clock)
    refused = act(staff, made.page, "copy")
    assert refused.status_code == 409
    assert "Start a new referral" in refused.text


def test_referrals_from_before_know_their_first(staff, post, settings):
    page = make_referral(staff, post).page
    pages = [page]
    for _ in range(2):
        act(staff, page, "decline", reason="full")
        page = act(staff, page, "re_route").headers["location"].removesuffix("/services")
        pages.append(page)
        send_to_pantry(staff, page)
    database, config = open_database(settings.database_url), alembic_config()
    for step, revision in ((command.downgrade, "0009"), (command.upgrade, "0010")):
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            step(config, revision)
    database.engine.dispose()
    assert pages[2] in staff.get(pages[0]).text
    assert pages[0] in staff.get(pages[2]).text
    assert details_left(settings) > 0
