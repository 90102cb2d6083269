"""A resident refers themselves on a form that a link from the chat opens once."""

import re

import pytest

from tests.directory.factories import TOKEN, make_row, seed, write_starter
from tests.directory.referrals.conftest import ROWS, SPACES
from tests.directory.referrals.following import PERSONAL, visit, words_of
from tests.directory.referrals.test_handovers import HANDED
from tests.directory.staff.visiting import csrf_of, send

BOT = {"Authorization": f"Bearer {TOKEN}"}
TYPED = {"name": "Wilhelmina Testperson", "phone": "0113 496 0555", "agree": "yes"}


@pytest.fixture
def service(staff, settings, follower) -> str:
    """The id of a service that takes self-referrals, which somebody follows."""
    list_door(settings, name="Open Door")
    found = staff.get("/api/services/search?need=food.parcel&limit=50").json()["services"]
    return next(card["id"] for card in found if card["name"] == "Open Door")


def list_door(settings, **changes: str) -> None:
    """List a service that takes self-referrals, besides the others."""
    open_door = {"access": "self_referral|phone", "email": "door@example.org"}
    write_starter(settings.data_dir, [*ROWS, make_row(id="open-door", **(open_door | changes))])
    seed(settings)


def make_form(staff, service) -> str:
    answer = staff.post("/api/self-referrals", json=HANDED | {"service": service}, headers=BOT)
    assert answer.status_code == 201, answer.text
    return "/" + answer.json()["url"].split("/", 3)[3]


def fill_in(resident, form, **changes):
    page = resident.get(form)
    token = csrf_of(page)
    fields = {name: value for name, value in (TYPED | {"words": words_of(page)} | changes).items() if value}
    return resident.post(form, data={"csrf_token": token, **fields})


def test_only_services_that_take_them_are_offered(staff, service):
    found = staff.get("/api/services/search?need=food.parcel&limit=50").json()["services"]
    asked = ",".join(card["id"] for card in found)
    answer = staff.get(f"/api/self-referrals?service={asked}", headers=BOT)
    assert answer.json() == {"services": [service]}
    other = next(card["id"] for card in found if card["id"] != service)
    assert staff.post("/api/self-referrals", json=HANDED | {"service": other}, headers=BOT).status_code == 404


def test_it_goes_to_the_service_and_the_resident_can_follow_it(staff, service, new_browser, post):
    resident, provider = new_browser(), new_browser()
    page = fill_in(resident, make_form(staff, service))
    assert page.status_code == 200, page.text
    reference, code = re.findall(r"<dd><code>([^<]+)</code></dd>", page.text)
    post.deliver()
    seen = visit(provider, post, post.links()[-1])
    assert PERSONAL[0] in seen.text
    token = csrf_of(resident.get("/my-referral"))
    looked = resident.post("/my-referral", data={"csrf_token": token, "reference": reference, "code": code})
    assert "Open Door" in looked.text


def test_the_link_works_once(staff, service, new_browser):
    resident, form = new_browser(), make_form(staff, service)
    fill_in(resident, form)
    assert resident.get(form).status_code == 404


def test_the_link_works_for_a_day(staff, service, new_browser, clock):
    form = make_form(staff, service)
    clock.move(hours=23)
    assert new_browser().get(form).status_code == 200
    clock.move(hours=2)
    assert new_browser().get(form).status_code == 404


@pytest.mark.parametrize(
    ("lacks", "says"), [("agree", "Tick the box"), ("name", "Type the name"), ("phone", "Type a tel")]
)
def test_without_consent_or_contact_nothing_is_sent_and_nothing_typed_is_lost(
    staff, service, new_browser, lacks, says, post
):
    resident = new_browser()
    page = fill_in(resident, make_form(staff, service), **{lacks: ""}, about="Two children at home")
    assert page.status_code == 422
    assert says in page.text
    assert "Two children at home" in page.text
    assert post.deliver() == (0, 0)


def test_nobody_agrees_to_words_that_were_not_on_their_form(staff, service, new_browser, settings, post):
    resident, form = new_browser(), make_form(staff, service)
    read = words_of(resident.get(form))
    list_door(settings, name="Door for All")
    page = fill_in(resident, form, words=read)
    assert page.status_code == 422
    assert "read them again" in page.text
    assert "We ask Door for All" in page.text
    assert TYPED["name"] in page.text
    assert post.deliver() == (0, 0)
    assert fill_in(resident, form).status_code == 200


def test_nothing_is_sent_to_a_service_that_left_the_directory_meanwhile(
    staff, service, new_browser, settings, post
):
    resident, form = new_browser(), make_form(staff, service)
    list_door(settings, name="Open Door", published="no")
    assert "not in the directory any more" in resident.get(form).text
    page = fill_in(resident, form)
    assert page.status_code == 422
    assert TYPED["name"] in page.text
    assert post.deliver() == (0, 0)


def test_the_community_space_of_the_city_follows_it_and_no_other(staff, service, new_browser, follower):
    resident = new_browser()
    sent = fill_in(resident, make_form(staff, service))
    assert "Open Door" not in staff.get("/staff/referrals").text
    assert "Open Door" in follower.get("/staff/referrals").text
    reference, code = re.findall(r"<dd><code>([^<]+)</code></dd>", sent.text)
    token = csrf_of(resident.get("/my-referral"))
    seen = resident.post("/my-referral", data={"csrf_token": token, "reference": reference, "code": code})
    assert "The team that follows requests made online and the service can read it" in seen.text
    assert "community space" not in seen.text


def test_residents_are_offered_nothing_that_nobody_follows(staff, service, new_browser, post):
    resident, form = new_browser(), make_form(staff, service)
    people = staff.get("/staff/people").text
    person = re.search(r'href="(/staff/people/[0-9a-f-]{36})">(?:(?!href).)*?online@', people, re.DOTALL)[1]
    assert "<p>On:" in staff.get(SPACES).text
    assert send(staff, person, to=f"{person}/disable").status_code == 303
    assert "<strong>Off:</strong> nobody follows them" in staff.get(SPACES).text
    asked = {"service": service}
    assert staff.get("/api/self-referrals", params=asked, headers=BOT).json() == {"services": []}
    assert staff.post("/api/self-referrals", json=HANDED | asked, headers=BOT).status_code == 404
    page = fill_in(resident, form)
    assert page.status_code == 422
    assert "please ring the service" in page.text
    assert post.deliver() == (0, 0)


def test_the_form_says_nothing_of_the_chat_and_no_cache_keeps_it(staff, service, new_browser):
    answer = new_browser().get(make_form(staff, service))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]


def test_the_form_is_not_taken_from_another_site(staff, service, new_browser):
    resident, form = new_browser(), make_form(staff, service)
    resident.get(form)
    assert resident.post(form, data=TYPED | {"csrf_token": "0" * 64}).status_code == 403
