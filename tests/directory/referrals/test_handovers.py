"""A code from the chat carries what somebody asked for to a member of staff, once, and not who they are."""

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from referral_directory.database import transaction
from referral_directory.referrals.handovers import LENGTH, WORDS, purge_handovers
from tests.directory.factories import TOKEN, opened
from tests.directory.referrals.following import start_draft
from tests.directory.staff.visiting import send, sign_in_by_link

HANDED = {"needs": ["food.parcel"], "ward_code": "E05011394", "language": "ur"}
BOT = {"Authorization": f"Bearer {TOKEN}"}


def make_code(browser, **changes) -> str:
    answer = browser.post("/api/handovers", json=HANDED | changes, headers=BOT)
    assert answer.status_code == 201, answer.text
    return answer.json()["code"]


def redeem(browser, code: str):
    return send(browser, "/staff/handovers", code=code)


def pantry_of(browser) -> str:
    found = browser.get("/api/services/search?need=food.parcel").json()["services"]
    return next(card["id"] for card in found if card["name"] == "Chapeltown Pantry")


def test_a_code_can_be_read_aloud_and_mistaken_for_no_other(staff):
    made = staff.post("/api/handovers", json=HANDED, headers=BOT).json()
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", made["code"])
    assert set(made["code"]) - {"-"} <= set(WORDS)
    assert not set(WORDS) & set("O0I1LS5Z2B8G6UVQD")
    assert made["spoken"].count(",") == LENGTH - 1
    assert made["expires_on"] == "2026-11-09"


def test_staff_begin_a_referral_with_what_was_asked_for(staff, settings):
    chosen = pantry_of(staff)
    answer = redeem(staff, make_code(staff, services=[chosen]).lower().replace("-", " "))
    assert answer.status_code == 303
    page = staff.get(answer.headers["location"])
    assert 'value="food.parcel" checked' in page.text
    assert "The chat was in Urdu" in page.text
    assert 'value="Gipton' in page.text
    assert f'name="first" value="{chosen}"' in page.text
    begun = send(
        staff,
        answer.headers["location"],
        to="/staff/referrals",
        needs=["food.parcel"],
        language="ur",
        first=chosen,
    )
    services = staff.get(begun.headers["location"]).text
    assert services.index("The person chose this in the chat") < services.index("Ask this service")


def test_one_tap_makes_a_list_and_counts_it(staff):
    chosen = pantry_of(staff)
    place = redeem(staff, make_code(staff, services=[chosen])).headers["location"]
    page = send(staff, place, to="/staff/signpost", needs=["food.parcel"], first=chosen)
    assert "Counted as signposted" in page.text
    assert page.text.index(chosen) < page.text.index("Start again")


def test_a_code_works_once(staff):
    code = make_code(staff)
    assert redeem(staff, code).status_code == 303
    again = redeem(staff, code)
    assert again.status_code == 422
    assert "is used already" in again.text


def test_a_code_works_for_seven_days(staff, clock, new_browser, settings):
    code, late = make_code(staff), make_code(staff)
    clock.move(days=6, hours=23)
    sign_in_by_link(staff, settings, clock)
    assert redeem(staff, code).status_code == 303
    clock.move(hours=2)
    sign_in_by_link(staff, settings, clock)
    assert redeem(staff, late).status_code == 422


def test_what_one_space_opened_no_other_sees(staff, stranger):
    place = redeem(staff, make_code(staff)).headers["location"]
    assert staff.get(place).status_code == 200
    assert stranger.get(place).status_code == 404


def test_guessing_is_slowed_down(staff):
    code = make_code(staff)
    statuses = [redeem(staff, "CCCC-CCCC").status_code for _ in range(6)]
    assert statuses[:4] == [422] * 4
    assert statuses[-1] == 429
    assert redeem(staff, code).status_code == 429


def test_the_database_holds_neither_the_code_nor_a_person(staff, settings):
    code = make_code(staff)
    with opened(settings) as database, database.read() as session:
        row = session.execute(text("SELECT * FROM handover")).mappings().one()
    stored = repr(dict(row))
    assert code not in stored
    assert code.replace("-", "") not in stored
    assert set(row) == {
        "id", "digest", "needs", "ward_code", "language", "services", "expires_at", "community_space_id",
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"needs": ["nonsense"]},
        {"ward_code": "E0501"},
        {"name": "Amina"},
        {"services": ["x"]},
        {"language": "english"},
    ],
)
def test_what_is_not_agreed_on_is_refused(staff, changes):
    assert staff.post("/api/handovers", json=HANDED | changes, headers=BOT).status_code == 422


def test_codes_need_the_service_token(staff):
    assert staff.post("/api/handovers", json=HANDED).status_code == 401
    assert staff.get("/api/self-referrals").status_code == 401
    body = HANDED | {"service": str(UUID(int=1))}
    assert staff.post("/api/self-referrals", json=body).status_code == 401


def test_codes_that_are_over_are_forgotten(staff, settings, clock):
    make_code(staff)
    redeem(staff, make_code(staff))
    clock.move(days=2)
    with opened(settings) as database:
        for left in (1, 0):
            with transaction(database) as session:
                purge_handovers(session, clock())
                assert session.execute(text("SELECT count(*) FROM handover")).scalar() == left
            clock.move(days=6)


def test_a_draft_from_a_code_is_like_any_other(staff):
    place = redeem(staff, make_code(staff)).headers["location"]
    assert staff.get(place).status_code == 200
    assert start_draft(staff).startswith("/staff/referrals/")
