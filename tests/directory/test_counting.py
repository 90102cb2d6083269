"""Counting enquiries: each once, none lost, and nothing kept that could tell whose it was."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import inspect, select

from referral_directory.application.settings import Settings
from referral_directory.database import open_database
from referral_directory.demand.models import DemandCount, EnquiryKey
from tests.directory.counting_worker import count_many
from tests.directory.factories import MONDAY_MORNING, TOKEN, Start, TestClient, make_client, make_row, opened

TODAY = date(2026, 11, 2)


@pytest.fixture
def client(start: Start) -> TestClient:
    """A directory of its own for each test, because these tests write."""
    return start([make_row()])


AUTHORISED = {"authorization": f"Bearer {TOKEN}"}
ENQUIRY = {
    "need": "food.parcel",
    "ward_code": "E05011394",
    "channel": "web",
    "language": "en",
    "outcome": "matched",
    "key": "conversation-1-food.parcel",
}


def send(client: TestClient, **changes: object) -> int:
    return client.post("/api/enquiries", json=ENQUIRY | changes, headers=AUTHORISED).status_code


def counts(settings: Settings) -> dict[tuple, int]:
    with opened(settings) as database, database.read() as session:
        rows = session.scalars(select(DemandCount)).all()
    assert all(0 <= row.record_key_sum < 256 for row in rows)
    return {
        (row.day, row.need, row.ward_code, row.channel, row.language, row.outcome): row.count for row in rows
    }


def test_an_enquiry_is_one_increment_of_one_row(client: TestClient, settings: Settings) -> None:
    assert send(client) == 204
    assert send(client, key="conversation-2-food.parcel") == 204
    assert send(client, key="conversation-3-food.parcel", ward_code=None, language="cy") == 204
    assert counts(settings) == {
        (TODAY, "food.parcel", "E05011394", "web", "en", "matched"): 2,
        (TODAY, "food.parcel", "unknown", "web", "other", "matched"): 1,
    }


def test_a_retry_is_not_a_second_enquiry(client: TestClient, settings: Settings) -> None:
    assert [send(client), send(client), send(client)] == [204, 204, 204]
    assert sum(counts(settings).values()) == 1


def test_keys_are_kept_as_hashes_and_forgotten_when_the_day_is_over(start: Start, settings: Settings) -> None:
    send(start([make_row()]))
    with opened(settings) as database, database.read() as session:
        (kept,) = session.scalars(select(EnquiryKey)).all()
        columns = {column["name"] for column in inspect(database.engine).get_columns("enquiry_key")}
    assert columns == {"digest", "purge_on"}
    assert ENQUIRY["key"].encode() not in kept.digest
    assert (len(kept.digest), kept.purge_on) == (32, TODAY + timedelta(days=1))
    # Starting up is enough: no enquiry needs to come in for yesterday's keys to go.
    with make_client(settings, now=MONDAY_MORNING + timedelta(days=1)):
        pass
    with opened(settings) as database, database.read() as session:
        assert session.scalars(select(EnquiryKey)).all() == []


def test_counter_rows_have_no_room_for_a_person(database_url: str) -> None:
    database = open_database(database_url)
    columns = {column["name"] for column in inspect(database.engine).get_columns("demand_count")}
    database.engine.dispose()
    dimensions = {"day", "need", "ward_code", "channel", "language", "outcome"}
    assert columns == dimensions | {"count", "record_key_sum"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}])
def test_only_the_service_token_may_count(
    client: TestClient, settings: Settings, headers: dict[str, str]
) -> None:
    answer = client.post("/api/enquiries", json=ENQUIRY, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["title"] == "Unauthorized"
    assert counts(settings) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("need", "food"),
        ("need", "John Smith"),
        ("ward_code", "E05000001"),
        ("ward_code", "Harehills"),
        ("channel", "pigeon"),
        ("language", "English"),
        ("language", ""),
        ("outcome", "happy"),
        ("key", "short"),
        ("key", None),
        ("name", "John"),
    ],
)
def test_a_field_that_is_no_code_is_refused_by_name(
    client: TestClient, settings: Settings, field: str, value: object
) -> None:
    answer = client.post("/api/enquiries", json=ENQUIRY | {field: value}, headers=AUTHORISED)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert str(value) not in answer.text or value in {"food", ""}
    assert counts(settings) == {}


def test_eight_threads_lose_no_count(client: TestClient, settings: Settings) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(client, key=f"thread-key-{number}"), range(80)))
    assert set(answers) == {204}
    assert sum(counts(settings).values()) == 80


def test_eight_processes_lose_no_count(settings: Settings) -> None:
    spawn = multiprocessing.get_context("spawn")
    url = settings.get_database_url()
    workers = [spawn.Process(target=count_many, args=(url, number, 25, TODAY)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert counts(settings) == {(TODAY, "fuel.meter", "unknown", "telegram", "pl", "matched"): 200}
