"""How good search is on judged queries: the bars of docs/search.md, on the half that nothing was tuned on."""

import json
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.search_eval import NDCG_DEPTH, RECALL_DEPTH, ndcg, recall
from tests.directory.factories import DATA, TestClient, make_client, make_settings, seed

JUDGED = Path(__file__).parents[1] / "understanding"
LEAST_NDCG, LEAST_RECALL = 0.75, 0.80


@pytest.fixture(scope="module")
def starter(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("judged")
    (folder / "directory.db").write_bytes(sqlite_template.read_bytes())
    settings = make_settings(f"sqlite:///{folder / 'directory.db'}", DATA, folder)
    seed(settings)
    with make_client(settings) as client:
        yield client


def read_queries(name: str) -> list[dict]:
    return [json.loads(line) for line in (JUDGED / name).read_text("utf-8").splitlines()]


def find(client: TestClient, query: dict) -> list[str]:
    params = {name: query[name] for name in ("q", "need", "postcode") if query[name]}
    answer = client.get("/api/services/search", params=params | {"limit": 10})
    return [card["external_id"] for card in answer.json()["services"]]


def test_search_meets_its_bars_on_judged_queries_it_was_not_tuned_on(starter: TestClient) -> None:
    queries = read_queries("search_test.jsonl")
    found = [find(starter, query) for query in queries]
    pairs = list(zip(found, queries, strict=True))
    assert statistics.mean(ndcg(ids, query["relevant"], NDCG_DEPTH) for ids, query in pairs) >= LEAST_NDCG
    assert (
        statistics.mean(recall(ids, query["relevant"], RECALL_DEPTH) for ids, query in pairs) >= LEAST_RECALL
    )


def test_there_are_enough_judged_queries_of_every_kind_and_none_in_both_halves() -> None:
    halves = [read_queries("search_dev.jsonl"), read_queries("search_test.jsonl")]
    asked = [{(query["q"], query["need"], query["postcode"]) for query in half} for half in halves]
    assert len(halves[0]) + len(halves[1]) >= 120
    assert not asked[0] & asked[1]
    for half in halves:
        assert any(query["need"] and query["postcode"] and not query["q"] for query in half)
        assert any(query["q"] and not query["need"] and not query["postcode"] for query in half)
        assert all(grade in {1, 2, 3} for query in half for grade in query["relevant"].values())


def test_every_judged_service_is_in_the_starter_directory(starter: TestClient) -> None:
    judged = {
        one
        for half in ("dev", "test")
        for query in read_queries(f"search_{half}.jsonl")
        for one in query["relevant"]
    }
    directory = starter.app.state.directory
    assert judged <= {entry.row.id for entry in directory.catalogue.index.entries}
