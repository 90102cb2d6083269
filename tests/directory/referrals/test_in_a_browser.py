"""The staff's and providers' pages in a real browser: nothing that axe finds wrong, and a referral from code to sent.

The referral is filmed as screenshots. With FILM=docs/images/referral in the environment they are kept there.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from tests.browser import (
    Look,
    Page,
    find_violations,
    find_violations_in_every_look,
    keep_picture,
    open_page,
    put_on,
)
from tests.directory.factories import TOKEN, make_row, seed, write_starter
from tests.directory.referrals.conftest import ROWS
from tests.directory.referrals.following import DETAILS, OVER_60, agree, choose, make_referral, start_draft
from tests.directory.referrals.test_tenancy import SERVICE
from tests.directory.staff.visiting import make_link_path, send
from tests.serving import serve_app

pytestmark = pytest.mark.xdist_group("browser")
ROOMS = ("/staff", "/provider", "/my-referral", "/self-referral")
# Narrow and dark are where pages break first; every look is tried on the pages that are used most.
LOOKS = (Look(320), Look(1280, dark=True))
BOT = {"Authorization": f"Bearer {TOKEN}"}
# An answer that is no page, and steps that need a session of their own.
NO_PAGES = ("/export", "/second-step", "/set-up", "/link/", "/openid")


@pytest.fixture
def engine_name() -> str:
    """What a browser sees does not depend on the database."""
    return "sqlite"


@pytest.fixture
def url(app, settings, follower) -> Iterator[str]:
    """The address of the running directory, with one more service that takes self-referrals."""
    door = {"access": "self_referral|phone", "email": "door@example.org"}
    write_starter(settings.data_dir, [*ROWS, make_row(id="open-door", name="Open Door", **door)])
    seed(settings)
    with serve_app(app, lifespan="off") as address:
        yield address


@pytest.fixture
def signed_in(browser_page: Page, url: str, settings, clock) -> Page:
    """A page of a browser that is signed in as the administrator of this machine."""
    browser_page.goto(url + make_link_path(settings, clock))
    browser_page.get_by_role("button", name="Sign in").click()
    browser_page.wait_for_url(f"{url}/staff")
    return browser_page


def list_pages(app, known: dict[str, str]) -> list[str]:
    """Every address of a page of ours, from the route table, with the parts that we know filled in."""
    contexts = [context for context in iter_route_contexts(app.routes) if context.methods]
    paths = sorted({context.path for context in contexts if "GET" in context.methods})
    found = []
    for path in paths:
        if not path.startswith(ROOMS) or any(part in path for part in NO_PAGES):
            continue
        filled = path
        for part, value in known.items():
            filled = filled.replace(part, value)
        if "{" not in filled:
            found.append(filled)
    return found


def find_faults(page: Page, address: str) -> list[str]:
    """What is wrong with the page at an address; a page that is not there is left out."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status < 500, address
    if answer.status == 404 or "text/html" not in answer.headers.get("content-type", ""):
        return []
    found = []
    for look in LOOKS:
        put_on(page, look)
        found += [f"{address} [{look}] {fault}" for fault in find_violations(page)]
    return found


def test_axe_finds_nothing_wrong_on_any_page_of_staff(app, url, signed_in, staff, post):
    identity = make_referral(staff, post).page.rsplit("/", 1)[1]
    service = re.search(
        r"takes?-referrals/([0-9a-f-]{36})", staff.get("/staff/services-that-take-referrals").text
    )[1]
    draft = start_draft(staff)
    choose(staff, draft)
    agree(staff, draft)
    pages = list_pages(app, {"/staff/handovers/{identity}": "/staff/handovers", "{service}": service})
    pages += [
        page.replace(SERVICE, service)
        for page in list_pages(app, {"{identity}": identity})
        if identity in page
    ]
    pages += [f"{draft}/{step}" for step in ("services", "consent", "details")]
    assert len(pages) >= 16
    assert [fault for page in dict.fromkeys(pages) for fault in find_faults(signed_in, url + page)] == []


def test_axe_finds_nothing_wrong_on_the_pages_of_providers_and_residents(app, url, browser_page, staff, post):
    made = make_referral(staff, post)
    found = find_faults(browser_page, f"{url}/providers") + find_faults(browser_page, f"{url}/my-referral")
    browser_page.goto(url + made.link)
    browser_page.get_by_role("button", name="Send the code").click()
    post.deliver()
    found += find_violations_in_every_look(browser_page)
    browser_page.get_by_label("Code").fill(post.code())
    browser_page.get_by_role("button", name="Open", exact=True).click()
    browser_page.get_by_role("button", name="Accept").wait_for()
    found += find_violations_in_every_look(browser_page)
    browser_page.goto(f"{url}/providers")
    browser_page.get_by_label("E-mail address of your service").fill("larder@example.org")
    browser_page.get_by_role("button", name="Send the link").click()
    browser_page.get_by_role("status").wait_for()
    post.deliver()
    texts = [message.get_content() for message in post.messages()]
    link = next(match[1] for text in texts if (match := re.search(r"http://[^/]+(/providers/\S+)", text)))
    browser_page.goto(url + link)
    # One code opens everything that went to the address: the browser has typed it already.
    browser_page.get_by_role("button", name="Open").wait_for()
    found += find_violations(browser_page)
    browser_page.goto(f"{url}/my-referral")
    browser_page.get_by_label("Reference").fill(made.reference)
    browser_page.get_by_label("Code").fill(made.code)
    browser_page.locator("main button").first.click()
    browser_page.get_by_role("button", name="Withdraw my referral").wait_for()
    assert found + find_violations(browser_page) == []


def test_axe_finds_nothing_wrong_on_the_form_for_oneself(url, browser_page, staff):
    found = staff.get("/api/services/search?need=food.parcel&limit=50").json()["services"]
    door = next(card["id"] for card in found if card["name"] == "Open Door")
    body = {"service": door, "needs": ["food.parcel"]}
    form = staff.post("/api/self-referrals", json=body, headers=BOT).json()["url"].split("/self-referral/")[1]
    browser_page.goto(f"{url}/self-referral/{form}")
    faults = find_violations_in_every_look(browser_page)
    browser_page.get_by_role("button", name="Send").click()
    browser_page.get_by_role("alert").wait_for()
    faults += find_violations(browser_page)
    browser_page.get_by_label("Your name, as you want to be called").fill(DETAILS["name"])
    browser_page.get_by_label("Telephone number").fill(DETAILS["phone"])
    browser_page.get_by_label("Yes, I agree").check()
    browser_page.get_by_role("button", name="Send").click()
    browser_page.get_by_role("heading", name="Sent").wait_for()
    assert faults + find_violations(browser_page) == []


def test_a_referral_from_the_chats_code_to_sent(url, signed_in, staff, tmp_path):
    """The three minutes, as a member of staff sees them."""
    folder, page, shots = Path(os.environ.get("FILM", tmp_path)), signed_in, []
    page.set_viewport_size({"width": 800, "height": 900})
    path = re.search(
        r'href="([^"]+/questions)">Questions that Harehills',
        staff.get("/staff/services-that-take-referrals").text,
    )[1]
    send(staff, path, **OVER_60)
    body = {"needs": ["food.parcel"], "ward_code": "E05011394", "language": "en"}
    code = staff.post("/api/handovers", json=body, headers=BOT).json()["code"]

    def film(name: str) -> None:
        shots.append(folder / f"{len(shots) + 1}-{name}.png")
        keep_picture(page, shots[-1])

    page.goto(f"{url}/staff/handovers")
    page.get_by_label("Code").fill(code)
    film("code")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="What the person asked for").wait_for()
    film("needs")
    page.get_by_role("button", name="Find services that take referrals").click()
    film("services")
    page.get_by_role("button", name="Ask this service Harehills Larder").click()
    page.get_by_role("radio", name="Yes").check()
    film("questions")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("I read it aloud and the person said yes").check()
    film("consent")
    page.get_by_role("button", name="Record consent and go on").click()
    for name, label in (
        ("name", "Name, as"),
        ("phone", "Telephone"),
        ("safe_contact", "How to get in touch safely"),
    ):
        page.get_by_label(label).fill(DETAILS[name])
    film("details")
    page.get_by_role("button", name="Save and send").click()
    page.get_by_text("Sent. Print the sheet for the person now.").wait_for()
    film("sent")
    page.get_by_role("link", name="Sheet for the person").click()
    film("sheet")
    assert len(shots) == 8
    assert all(shot.read_bytes().startswith(b"\x89PNG") for shot in shots)


def test_the_pages_of_a_referral_need_no_script(url, chromium, settings, clock):
    with open_page(chromium, java_script_enabled=False) as page:
        page.goto(url + make_link_path(settings, clock))
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{url}/staff/referrals/new")
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="No referral needed").click()
        assert page.get_by_role("heading", name="Places to go").is_visible()


def keep_offline_and_come_back(page: Page, words: str, box: str) -> None:
    """Type into a box while the line is down, press the button, and see it saved when the line is back."""
    line = page.locator("[data-autosave-line]")
    page.context.set_offline(True)
    page.get_by_label(box).fill(words)
    page.get_by_text("Not saved: no connection. Keep this page open, it is tried again.").wait_for()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Not sent: no connection. Keep this page open, and press the button again").wait_for()
    assert page.get_by_label(box).input_value() == words
    assert find_violations(page) == []
    page.context.set_offline(False)
    page.get_by_text("Saved at 10:00. Now press the button again.").wait_for()
    assert line.get_attribute("role") == "status"


def test_what_is_typed_survives_a_lost_connection(url, signed_in, staff):
    draft, page = start_draft(staff), signed_in
    page.goto(f"{url}{draft}/details")
    page.get_by_label("Name, as").fill(DETAILS["name"])
    page.get_by_text("Saved at 10:00").wait_for()
    keep_offline_and_come_back(page, DETAILS["safe_contact"], "How to get in touch safely")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    page.goto(f"{url}/staff")
    page.goto(f"{url}{draft}/details")
    assert page.get_by_label("Name, as").input_value() == DETAILS["name"]
    assert page.get_by_label("How to get in touch safely").input_value() == DETAILS["safe_contact"]
    page.context.set_offline(True)
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Not sent: no connection.").wait_for()
    page.context.set_offline(False)
    page.get_by_text("The connection is back. Now press the button again.").wait_for()
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Saved as a draft.").wait_for()
    assert "What was typed here last" not in page.content()


def test_whoever_is_signed_out_while_typing_signs_in_elsewhere_and_loses_nothing(
    url, signed_in, staff, settings, clock
):
    draft, page = start_draft(staff), signed_in
    page.goto(f"{url}{draft}")
    page.get_by_label("Add a note").fill("She rang")
    page.get_by_text("Saved at 10:00").wait_for()
    other = page.context.new_page()
    other.goto(f"{url}/staff")
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/staff/sign-in**")
    page.get_by_label("Add a note").fill("She rang and is well")
    page.get_by_text("Not saved: you are signed out").wait_for()
    assert find_violations(page) == []
    assert page.get_by_role("link", name="Sign in (opens in a new tab)").is_visible()
    other.goto(url + make_link_path(settings, clock))
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(f"{url}/staff")
    page.get_by_text("Saved at 10:00").wait_for()
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_text("The note is kept.").wait_for()
    assert page.get_by_text("She rang and is well").is_visible()


def test_a_form_is_kept_before_it_is_sent_off(url, signed_in, staff):
    """Whoever presses the button at once, before the two seconds are over, is safe too."""
    draft, page = start_draft(staff), signed_in
    page.goto(f"{url}{draft}/details")
    page.get_by_label("Name, as").fill(DETAILS["name"])
    page.route("**/details/typed", lambda route: route.abort())
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Not sent: no connection.").wait_for()
    page.unroute("**/details/typed")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_text("Saved as a draft.").wait_for()
    assert page.get_by_label("Name, as").input_value() == DETAILS["name"]
