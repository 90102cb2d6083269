"""The status page, as an administrator reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from fastapi import FastAPI, Response
from sqlalchemy import update

from bot.metrics import Metrics
from referral_directory.catalogue.models import Service
from referral_directory.database import transaction
from referral_directory.housekeeping.runs import JOBS, record_done, record_failure
from tests.directory.factories import make_row, opened, seed, write_starter
from tests.serving import serve_app

IDLE = "# TYPE actions_enquiries_waiting gauge\nactions_enquiries_waiting 0\n"


@dataclass
class Others:
    """What the chat and the actions say of themselves."""

    chat: Metrics
    actions: str = IDLE
    status: int = 200


@pytest.fixture
def others() -> Others:
    return Others(Metrics())


@pytest.fixture
def settings(settings, others) -> Iterator:
    there = FastAPI()
    there.get("/metrics")(lambda: Response(others.chat.export(), others.status))
    there.get("/actions/metrics")(lambda: Response(others.actions, others.status))
    write_starter(settings.data_dir, [make_row()])
    seed(settings)
    with serve_app(there) as url:
        yield settings.model_copy(update={"bot_url": url, "actions_url": f"{url}/actions/webhook"})


@pytest.fixture
def jobs_done(settings, clock) -> None:
    with opened(settings) as database, transaction(database) as session:
        for name in JOBS:
            record_done(session, name, clock())


def words_of(browser) -> str:
    page = browser.get("/staff/status")
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_nothing_needs_looking_at_when_all_is_well(administrator, jobs_done):
    words = words_of(administrator)
    assert "Nothing needs looking at." in words
    assert "Messages in the chat that wait for an answer 0" in words
    assert "Searches that found nothing open 0" in words
    assert "not known" not in words


def test_jobs_that_never_ran_are_late_and_one_that_failed_says_why(administrator, settings, clock):
    with opened(settings) as database, transaction(database) as session:
        record_failure(session, "mail", "NotDelivered", clock())
    words = words_of(administrator)
    for name in JOBS:
        assert f"The job {name} of the background worker is late." in words
    assert "clock (late) never never nothing" in words
    assert re.search(r"mail \(late\) never \d\d \w+ \d{4} \d\d:\d\d NotDelivered", words)


def test_what_waits_and_who_is_away_stands_on_the_page(administrator, others, jobs_done):
    others.chat.waiting.set(7)
    others.chat.workers_away.set(1)
    others.chat.not_understood.inc(12)
    others.actions = IDLE.replace(" 0", " 3")
    administrator.get("/api/services/search", params={"need": "housing.rent"})
    words = words_of(administrator)
    assert "Rasa workers that do not answer: 1." in words
    assert "Enquiries that wait to be counted: 3." in words
    assert "Messages in the chat that wait for an answer 7" in words
    assert "Messages in which no need was understood 12" in words
    assert "Searches that found nothing open 1" in words


@pytest.mark.parametrize("fault", ["refuses", "says something else"])
def test_figures_of_a_program_that_fails_are_not_known(administrator, others, jobs_done, fault):
    others.status, others.actions = (500, IDLE) if fault == "refuses" else (200, "<html> is { not it")
    words = words_of(administrator)
    assert "The actions do not say how they are doing." in words
    assert "Enquiries that wait to be counted not known" in words
    assert ("Rasa workers that do not answer not known" in words) is (fault == "refuses")


def test_the_page_opens_where_nobody_else_runs_and_nothing_was_ever_checked(administrator, app):
    nobody = {"bot_url": "http://127.0.0.1:1", "actions_url": "http://127.0.0.1:1"}
    app.state.directory = replace(app.state.directory, **nobody)
    with transaction(app.state.directory.database) as session:
        session.execute(update(Service).values(published=False))
    words = words_of(administrator)
    assert "The chat does not say how it is doing." in words
    assert "Checked longest ago not known" in words
    assert words.count("not known") == 5
