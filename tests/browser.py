"""A real browser for tests: Chromium, axe, and the looks (width, colours, direction) a page has to stand.

How a test uses it (also for staff, statistics and curator pages):

    from tests.browser import Page, find_violations

    def test_the_page_can_be_used_by_everybody(browser_page: Page, ...):
        browser_page.goto(url)
        assert find_violations(browser_page) == []          # axe on the page as it is now
        assert find_violations_in_every_look(browser_page) == []  # narrow to wide, light, dark, forced colours, RTL

`browser_page` is a page with its own cookies. When the test ends it fails if the page asked another host for anything,
wrote an error to the console or ran into an exception. `open_page(chromium, ...)` opens further ones, for example with
`java_script_enabled=False`. Modules that use a browser run on one worker of pytest-xdist if they say
`pytestmark = pytest.mark.xdist_group("browser")`.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
else:
    # Playwright takes a third of a second to import, and most tests need none.
    Browser = Page = Any

__all__ = [
    "Browser",
    "Look",
    "Page",
    "find_violations",
    "find_violations_in_every_look",
    "keep_picture",
    "open_page",
]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_CHROMIUM = (
    "These tests need a real browser and found none: install Chromium (Debian and Ubuntu: 'apt-get install chromium'), "
    "or name one with the variable CHROMIUM. They are not skipped, because nobody would notice."
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    # Whatever a page asks for, no name beyond this machine is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
# The first three elements that reach beyond the window.
FIND_WIDE = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && (box.left < -1 || box.right > document.documentElement.clientWidth + 1);
}).slice(0, 3).map((element) => element.outerHTML.slice(0, 120))"""
# Playwright's own patience; a page that needs longer on a busy machine is broken.
PATIENCE_MS = 30_000
PICTURE_ATTEMPTS = 5
NEXT_FRAME = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
# WCAG 2.2 AA's target size is the one rule of that level that axe leaves off.
AXE_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
DESKTOP = {"width": 1280, "height": 720}
AXE_IS_THERE = "typeof window.axe === 'object'"


@dataclass(frozen=True)
class Look:
    """One way in which a resident may see a page."""

    width: int
    height: int = 800
    dark: bool = False
    forced_colours: bool = False
    right_to_left: bool = False

    def __str__(self) -> str:
        """Name the look in the message of a failing test."""
        names = {"dark": self.dark, "forced colours": self.forced_colours, "RTL": self.right_to_left}
        return " ".join([f"{self.width} px", *(name for name, on in names.items() if on)])


# Steps of 320 px show every arrangement of columns that the style sheets know; widths in between are swept by
# `find_overflows`, which is quick.
LOOKS = (
    Look(320), Look(640), Look(1280),
    Look(320, dark=True), Look(1280, dark=True),
    Look(320, forced_colours=True), Look(1280, forced_colours=True),
    Look(320, right_to_left=True), Look(1280, right_to_left=True),
)  # fmt: skip


def find_chromium() -> str:
    """Return the path of a Chromium of this machine; fails the test, saying how to get one, if there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *CHROMIUM_NAMES):
        if name and (path := shutil.which(name)):
            return path
    pytest.fail(HOW_TO_GET_CHROMIUM, pytrace=False)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One running Chromium for the tests of a module.

    Not for the whole session: as long as Playwright runs, no other test of this process can run an event loop.
    """
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def browser_page(chromium: Browser) -> Iterator[Page]:
    """A page of a browser with JavaScript, with cookies of its own."""
    with open_page(chromium) as page:
        yield page


@contextmanager
def open_page(chromium: Browser, *, may_ask: tuple[str, ...] = (), **options: Any) -> Iterator[Page]:
    """Open a page with cookies of its own, and check at the end that it did nothing it should not.

    `may_ask` names hosts beyond this machine that the test expects it to ask for (nothing gets there). `options` are
    Playwright's for a context, for example `java_script_enabled=False` or `viewport={"width": 320, "height": 640}`.
    """
    context = chromium.new_context(**({"locale": "en-GB"} | options))
    context.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda message: errors.append(message.text) if _is_fault(message) else None)
    try:
        yield context.new_page()
    finally:
        context.close()
    elsewhere = sorted({url for url in asked if _is_elsewhere(url, may_ask)})
    assert not elsewhere, f"the page asked other hosts: {elsewhere}"
    assert not errors, f"the page ran into errors: {errors}"


def keep_picture(page: Page, path: Path) -> None:
    """Write a picture of the page as it is now, for people to look at.

    Chromium copies the picture from the frame drawn last, and says "Unable to capture screenshot" where a busy machine
    had it thrown away in between. The next frame has a picture again.
    """
    from playwright.sync_api import Error

    path.parent.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(PICTURE_ATTEMPTS)):
        try:
            page.screenshot(path=path, scale="css")
        except Error as error:
            if "Unable to capture" not in error.message or not left:
                raise
            page.evaluate(NEXT_FRAME)
        else:
            return


def find_violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now, one line each; an empty list is the promise."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate(AXE_IS_THERE):
        page.evaluate(AXE_SCRIPT)
    results = page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
    return [
        f"{violation['id']} ({violation['help']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def find_violations_in_every_look(page: Page, looks: tuple[Look, ...] = LOOKS) -> list[str]:
    """Return what is wrong with the page in any of the looks; leaves it as it was, and light."""
    size, direction = page.viewport_size or DESKTOP, page.evaluate("document.documentElement.dir")
    found = []
    for look in looks:
        put_on(page, look)
        found += [f"[{look}] {violation}" for violation in find_violations(page)]
        found += [f"[{look}] {overflow}" for overflow in _find_overflow(page)]
    put_on(page, Look(size["width"], size["height"]))
    page.evaluate("direction => { document.documentElement.dir = direction }", direction)
    return found + find_overflows(page)


def put_on(page: Page, look: Look) -> None:
    """Show the page in this look."""
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.emulate_media(
        color_scheme="dark" if look.dark else "light",
        forced_colors="active" if look.forced_colours else "none",
        reduced_motion="reduce",
    )
    page.evaluate(
        "direction => { document.documentElement.dir = direction }", "rtl" if look.right_to_left else "ltr"
    )


def find_overflows(page: Page) -> list[str]:
    """Return the widths from 320 to 1280 px at which the page has to be scrolled sideways."""
    before, found = page.viewport_size or DESKTOP, []
    for width in range(320, 1281, 64):
        page.set_viewport_size({"width": width, "height": before["height"]})
        found += [f"[{width} px] {overflow}" for overflow in _find_overflow(page)]
    page.set_viewport_size(before)
    return found


def _find_overflow(page: Page) -> list[str]:
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide <= room:
        return []
    return [f"the page is {wide} px wide in {room} px because of {page.evaluate(FIND_WIDE)}"]


def _is_elsewhere(url: str, may_ask: tuple[str, ...]) -> bool:
    address = urlsplit(url)
    if address.scheme not in {"http", "https", "ws", "wss"}:
        return False
    return address.hostname not in {"127.0.0.1", "localhost", *may_ask}


def _is_fault(message: Any) -> bool:
    # A refused form (422) or a page that is not there (404) is an answer, which Chromium reports as an error too.
    return message.type == "error" and "Failed to load resource" not in message.text
