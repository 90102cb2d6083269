"""axe on every page and state of the bot: every page of the route table, and whatever they become.

A page that is new in the route table is tested without being named here; a form that is new has to name the state
(tests/bot/showing.py) that shows its answer.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from bot.web.templating import HERE
from tests.bot.conftest import Bot, StartBot
from tests.bot.showing import EXAMPLES, STATE_OF_FORM, STATES
from tests.browser import LOOKS, Look, Page, find_violations_in_every_look

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]

# One width between each pair of widths at which the style sheets change something; dark, forced colours, RTL.
FEWER_LOOKS = (
    Look(320, right_to_left=True),
    Look(640, forced_colours=True),
    Look(700),
    Look(1280, dark=True),
)
ALL_LOOKS = (*LOOKS, Look(700))
CHANGE_OF_WIDTH = re.compile(r"\((?:min|max)-width: ?([\d.]+)em\)")
TOKEN = {"signpost_service_token": "a-token-for-tests"}
PAGE = "text/html,application/xhtml+xml"


@pytest.fixture
def bot(start_bot: StartBot) -> Bot:
    return start_bot(**TOKEN)


def list_routes(routes: Iterable[Any]) -> Iterator[Route]:
    """Yield every route, also of the routers that were put into others."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif inner := getattr(route, "original_router", None):
            yield from list_routes(inner.routes)


def list_addresses(bot: Bot, method: str) -> list[str]:
    found = {route.path for route in list_routes(bot.app.routes) if method in (route.methods or ())}
    assert {"GET": "/privacy", "POST": "/messages"}[method] in found, "the route table is read"
    return sorted(found)


def list_pages(bot: Bot) -> list[str]:
    """Return the address of every page that somebody can open, with examples for the gaps."""
    pages = []
    for address in list_addresses(bot, "GET"):
        assert "{" not in address or address in EXAMPLES, (
            f"give an example of {address} in tests/bot/showing.py"
        )
        path = EXAMPLES.get(address, address)
        answer = bot.api.get(path, headers={"Accept": PAGE})
        assert answer.status_code in {200, 303}, path
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            pages.append(path)
    return pages


def test_every_page_of_the_route_table_is_without_a_barrier_that_axe_can_find(bot: Bot, browser_page: Page):
    pages, found = list_pages(bot), []
    assert len(pages) >= 8
    for path in pages:
        browser_page.goto(bot.url + path)
        found += [f"{path} {fault}" for fault in find_violations_in_every_look(browser_page, FEWER_LOOKS)]
    assert found == []


@pytest.mark.parametrize("name", STATES)
def test_nobody_meets_a_barrier_that_axe_can_find(
    start_bot: StartBot, browser_page: Page, tmp_path: Path, name: str
):
    state = STATES[name]
    bot = start_bot(**TOKEN, signpost_state_dir=tmp_path, **state.settings)
    state.arrange(bot, browser_page)
    assert find_violations_in_every_look(browser_page, ALL_LOOKS if state.all_looks else FEWER_LOOKS) == []


def test_every_form_has_a_state_that_shows_its_answer(bot: Bot):
    forms = {path for path in list_addresses(bot, "POST") if not path.startswith(("/api/", "/telegram/"))}
    assert forms == set(STATE_OF_FORM), "name the state that shows what a new form is answered with"
    assert {state for state in STATE_OF_FORM.values() if state} <= set(STATES)


@pytest.mark.parametrize("looks", [FEWER_LOOKS, ALL_LOOKS])
def test_the_looks_show_every_arrangement_from_320_to_1280_px(looks: tuple[Look, ...]):
    sheets = [path.read_text(encoding="utf-8") for path in (HERE / "static").glob("*.css")]
    changes = {float(width) * 16 for sheet in sheets for width in CHANGE_OF_WIDTH.findall(sheet)}
    assert changes, "the style sheets are read"
    edges = sorted({320.0, *(change for change in changes if 320 < change <= 1280), 1281.0})
    for low, high in pairwise(edges):
        if high - low > 1:
            assert any(low <= look.width < high for look in looks), f"no look between {low} and {high} px"
    assert {look.width for look in looks} >= {320, 1280}
    assert any(look.dark for look in looks)
    assert any(look.forced_colours for look in looks)
    assert any(look.right_to_left for look in looks)
