"""Pages of truth in a real browser: axe finds nothing wrong in any look, and everything can be done by keyboard."""

from collections.abc import Iterator

import pytest

from tests.browser import Look, Page, find_violations, put_on
from tests.directory.factories import DATA, make_row, seed, write_starter
from tests.directory.staff.visiting import make_link_path, send
from tests.directory.truth.test_curating import edit
from tests.directory.truth.visiting import LARDER, OLD_LARDER, RECORD, deliver, link_in
from tests.serving import serve_app

pytestmark = pytest.mark.xdist_group("browser")
LOOKS = (Look(320), Look(1280, dark=True), Look(800, forced_colours=True))


@pytest.fixture
def engine_name() -> str:
    """What a browser sees does not depend on the database."""
    return "sqlite"


@pytest.fixture
def records(settings) -> None:
    """A record to look at, its twin, a doubtful one, and the real schemes."""
    (settings.data_dir / "schemes").symlink_to(DATA / "schemes")
    old = make_row(id="old-larder", name="Old Larder", published="no", confidence="low", curator_note="Ask.")
    write_starter(settings.data_dir, [make_row(email="larder@example.org", checked_on=""), old])
    seed(settings)


@pytest.fixture
def url(app) -> Iterator[str]:
    """The address of the running directory."""
    with serve_app(app, lifespan="off") as address:
        yield address


def find_faults(page: Page, address: str) -> list[str]:
    """What axe finds wrong with the page at an address."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, address
    found = []
    for look in LOOKS:
        put_on(page, look)
        found += [f"{address} [{look}] {fault}" for fault in find_violations(page)]
    return found


def test_axe_finds_nothing_wrong_on_any_page_of_curators(
    url, browser_page, curator, visitor, settings, clock
):
    edit(curator, cost="£1")
    send(visitor, f"/services/{LARDER}/report", field="phone", words="It is another one")
    send(
        curator, "/staff/exceptions?words=larder", "/staff/exceptions",
        service=str(LARDER), kind="closed", first_day="2026-11-02", last_day="2026-11-04",
    )  # fmt: skip
    browser_page.goto(url + make_link_path(settings, clock))
    browser_page.get_by_role("button", name="Sign in").click()
    browser_page.wait_for_url(f"{url}/staff")
    pages = [
        "/staff/records", "/staff/records?words=larder", "/staff/records/alike", RECORD, f"{RECORD}/edit",
        f"{RECORD}/history", f"{RECORD}/merge?other={OLD_LARDER}", "/staff/exceptions?words=larder",
    ]  # fmt: skip
    assert [fault for page in pages for fault in find_faults(browser_page, url + page)] == []


def test_axe_finds_nothing_wrong_on_the_pages_of_residents_and_services(
    url, browser_page, curator, settings, clock
):
    send(curator, RECORD, f"{RECORD}/ask")
    link = link_in(deliver(settings, clock)[-1])
    pages = [
        f"/services/{LARDER}/report", f"/services/{LARDER}/report?field=sent", link, f"{link}?said=full", "/guidance",
        "/guidance/renters-rights-act", "/guidance/household-support-fund",
    ]  # fmt: skip
    assert [fault for page in pages for fault in find_faults(browser_page, url + page)] == []


def test_a_report_can_be_made_by_keyboard_alone_and_a_mistake_is_named(url, browser_page, curator):
    browser_page.goto(f"{url}/services/{LARDER}/report")
    send_button = browser_page.get_by_role("button", name="Send")
    send_button.press("Enter")
    assert browser_page.title().startswith("Error: ")
    browser_page.get_by_role("link", name="Choose what is wrong.").press("Enter")
    browser_page.get_by_role("radio", name="The phone number").press("Space")
    browser_page.get_by_role("textbox", name="What is right").fill("0113 496 0008")
    browser_page.get_by_role("button", name="Send").press("Enter")
    browser_page.get_by_role("heading", name="Thank you").wait_for()
    assert "0113 496 0008" in curator.get(RECORD).text
