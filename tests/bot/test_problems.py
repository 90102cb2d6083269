"""What somebody reads when something went wrong on our side."""

from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.bot.conftest import Bot

PAGE = {"Accept": "text/html,application/xhtml+xml"}
POLISH = {"Accept-Language": "pl"}


@pytest.fixture
def broken(bot: Bot) -> Bot:
    """A bot with a page that nobody expected to fail."""

    async def fail(_: Request) -> Response:
        raise RuntimeError("the words of a resident")

    bot.app.add_route("/broken", fail)
    return bot


def test_a_failure_that_nobody_expected_is_a_page_with_the_way_out_and_numbers(broken: Bot):
    answer = broken.api.get("/broken", headers=PAGE)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for part in ('href="/leave"', 'href="/urgent"', "tel:999", "tel:01133760330"):
        assert part in answer.text, part
    assert "words of a resident" not in answer.text
    assert 'lang="pl"' in broken.api.get("/broken", headers=PAGE | POLISH).text


def test_programs_are_told_of_an_unexpected_failure_in_a_problem_body(broken: Bot):
    answer = broken.api.get("/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "words of a resident" not in answer.text


def test_whoever_writes_too_fast_is_told_so_in_their_own_language(bot: Bot):
    cookie = {"Cookie": f"conversation={bot.start()}"}
    bot.rasa.hold.clear()
    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(
                bot.api.post,
                "/messages",
                data={"text": "nie mam nic do jedzenia"},
                headers={"X-Fragment": "lines", "Accept": "application/problem+json"} | POLISH | cookie,
            )
            for _ in range(8)
        ]
        refused = next(one.result() for one in as_completed(sent))
        bot.rasa.hold.set()
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert refused.json()["title"] == "Za dużo wiadomości naraz"
