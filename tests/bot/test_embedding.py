"""The chat in a frame on a partner's page, in a real browser."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import html5lib
import pytest

from bot.web.embedding import read_origins
from tests.bot.conftest import StartBot
from tests.bot.fakes import card
from tests.browser import ARGUMENTS, Browser, find_chromium, find_violations, open_page
from tests.stack import free_ports

pytestmark = pytest.mark.xdist_group("browser")

WEATHER = "https://www.bbc.co.uk/weather"
LOADER_BYTES = 15_000


@contextmanager
def partner_site(port: int, bot_url: str) -> Iterator[str]:
    """Serve a partner's page with our script tag in it. Its name is not that of the bot, so it is another site."""
    body = (
        "<!doctype html><html lang=en><title>Partner</title><main><h1>Partner</h1>"
        f'<script src="{bot_url}/embed.js" async></script></main>'
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            # A partner that allows scripts and frames from us alone.
            policy = f"default-src 'none'; script-src {bot_url}; frame-src {bot_url}"
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{port}"
        finally:
            server.shutdown()
            thread.join()


def test_one_script_tag_puts_the_chat_on_a_partners_page(start_bot: StartBot, chromium: Browser):
    (port,) = free_ports(1)
    bot = start_bot(embed_origins=f"http://localhost:{port}")
    with (
        partner_site(port, bot.url) as partner,
        open_page(chromium, may_ask=("www.bbc.co.uk",)) as page,
    ):
        page.goto(partner)
        chat = page.frame_locator("iframe")
        chat.get_by_label("Your message").fill("no food in")
        chat.get_by_role("button", name="Send").click()
        chat.get_by_text("You said: no food in").wait_for()
        assert page.context.cookies() == []
        assert find_violations(page) == []
        chat.get_by_label("Your message").fill("and no gas")
        chat.get_by_role("button", name="Send").click()
        chat.get_by_text("You said: and no gas").wait_for()
        assert len(bot.app.state.desk.conversations) == 1
        page.route(
            f"{WEATHER}**", lambda route: route.fulfill(body="<h1>Weather</h1>", content_type="text/html")
        )
        chat.get_by_role("button", name="Exit this page").click()
        page.wait_for_url(f"{WEATHER}**")
        for _ in range(3):
            assert bot.rasa.arrived.acquire(timeout=10)
    assert bot.rasa.messages == ["no food in", "and no gas", "/forget_me"]
    assert len(bot.app.state.desk.conversations) == 0


def test_where_the_browser_lets_a_frame_keep_something_a_reload_brings_the_conversation_back(
    start_bot: StartBot, chromium: Browser, tmp_path: Path
):
    (port,) = free_ports(1)
    bot = start_bot(embed_origins=f"http://localhost:{port}")
    # Debian's Chromium blocks storage of other sites unless it is told otherwise; most browsers keep it apart by site.
    profile = tmp_path / "Default" / "Preferences"
    profile.parent.mkdir()
    profile.write_text(
        json.dumps({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}})
    )
    own = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), args=ARGUMENTS, locale="en-GB"
    )
    with partner_site(port, bot.url) as partner, closing(own):
        page = own.new_page()
        page.goto(partner)
        chat = page.frame_locator("iframe")
        chat.get_by_label("Your message").fill("no food in")
        chat.get_by_role("button", name="Send").click()
        chat.get_by_text("You said: no food in").wait_for()
        page.reload()
        chat.get_by_text("You said: no food in").wait_for()
        chat.get_by_label("Your message").fill("and no gas")
        chat.get_by_role("button", name="Send").click()
        chat.get_by_text("You said: and no gas").wait_for()
        assert chat.locator(".line.you").count() == 2
        assert own.cookies() == []
    assert len(bot.app.state.desk.conversations) == 1


# What Chromium does in a frame where somebody blocks storage of other sites.
DENY_STORAGE = """Object.defineProperty(window, "sessionStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
})"""


def test_in_a_frame_a_service_is_kept_and_the_chat_is_there_again_even_without_storage(
    start_bot: StartBot, chromium: Browser
):
    (port,) = free_ports(1)
    bot = start_bot(embed_origins=f"http://localhost:{port}", signpost_service_token="a-token-for-tests")
    bot.rasa.answer = lambda _: [{"text": "Here is food."}, {"custom": {"services": [card()]}}]
    with partner_site(port, bot.url) as partner, open_page(chromium) as page:
        page.add_init_script(DENY_STORAGE)
        page.goto(partner)
        chat = page.frame_locator("iframe")
        chat.get_by_label("Your message").fill("no food in")
        chat.get_by_role("button", name="Send").click()
        chat.get_by_role("button", name="Keep").click()
        chat.get_by_role("button", name="Take off the list").wait_for()
        chat.get_by_role("button", name="Get a code for a person to help").click()
        chat.get_by_text("K7RM-4WXY").wait_for()
        assert find_violations(page) == []
        chat.get_by_role("button", name="My list").click()
        chat.get_by_role("button", name="Get the link to the form").click()
        chat.get_by_role("link", name="Open the form").wait_for()
        chat.get_by_role("button", name="Back to the chat").click()
        chat.get_by_text("Here is food.").wait_for()
        page.reload()
        chat.get_by_text("Tell me what is wrong").wait_for()
        assert not chat.get_by_text("Here is food.").is_visible()
        assert page.context.cookies() == []


def test_a_site_that_is_not_on_the_list_shows_no_chat(start_bot: StartBot):
    bot = start_bot(embed_origins="https://www.example.org")
    framed = bot.api.get("/embed")
    assert "frame-ancestors https://www.example.org;" in f"{framed.headers['content-security-policy']};"
    assert "x-frame-options" not in framed.headers
    assert "set-cookie" not in framed.headers
    assert "frame-ancestors 'none'" in bot.api.get("/").headers["content-security-policy"]
    assert bot.api.get("/").headers["x-frame-options"] == "DENY"


def test_without_a_list_nobody_may_show_the_chat(start_bot: StartBot):
    assert "frame-ancestors 'none'" in start_bot().api.get("/embed").headers["content-security-policy"]


def test_a_frame_speaks_the_language_that_the_partner_asks_for(start_bot: StartBot):
    api = start_bot().api
    assert api.get("/embed?language=ar").headers["content-language"] in {"ar", "en"}
    assert api.get("/embed?language=../../x").headers["content-language"] == "en"


@pytest.mark.parametrize("path", ["/messages", "/my-list", "/embed"])
def test_a_frame_goes_on_in_the_language_of_its_partner_after_a_button_is_pressed(
    start_bot: StartBot, path: str
):
    api = start_bot().api
    frame = html5lib.parse(api.get("/embed?language=pl").text, namespaceHTMLElements=False)
    carried = {field.get("value") for field in frame.findall(".//input[@name='conversation']")}
    assert carried == {"pl"}
    answer = api.post(path, data={"text": "/start", "conversation": carried.pop()})
    assert answer.headers["content-language"] == "pl"
    for field in html5lib.parse(answer.text, namespaceHTMLElements=False).findall(
        ".//input[@name='conversation']"
    ):
        back = api.post("/embed", data={"conversation": field.get("value")})
        assert back.headers["content-language"] == "pl"


def test_a_frame_that_has_forgotten_still_speaks_its_language(start_bot: StartBot):
    api = start_bot().api
    answer = api.post("/forget", data={"conversation": "pl"}, follow_redirects=True)
    assert answer.headers["content-language"] == "pl"


def test_the_loader_is_small_and_may_be_used_by_other_sites(start_bot: StartBot):
    answer = start_bot().api.get("/embed.js")
    assert len(answer.content) <= LOADER_BYTES
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_a_frame_that_remembers_its_conversation_gets_all_its_lines(start_bot: StartBot):
    bot = start_bot()
    said = bot.api.post(
        "/messages", data={"text": "no food", "conversation": ""}, headers={"X-Fragment": "lines"}
    )
    conversation = said.headers["x-conversation"]
    restored = bot.api.post("/embed/lines", data={"conversation": conversation})
    assert "You said: no food" in restored.text
    assert f'name="conversation" value="{conversation}"' in restored.text
    assert bot.api.post("/embed/lines", data={"conversation": "nobody"}).status_code == 404


@pytest.mark.parametrize("setting", ["https://*.example.org", "example.org", "https://example.org/path", "*"])
def test_what_is_no_origin_stops_the_start(setting: str):
    with pytest.raises(ValueError, match="EMBED_ORIGINS"):
        read_origins(setting)
