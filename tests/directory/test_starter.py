"""The starter directory that the project ships: loaded whole, every service a full card, nothing ended."""

import csv
from collections.abc import Iterator

import pytest

from referral_directory.application.settings import Settings
from referral_directory.needs import load_needs
from tests.directory.factories import DATA, MONDAY_MORNING, TestClient, make_client, make_settings, seed

ENDED = ("household support fund", "discretionary housing payment", "section 21")


@pytest.fixture
def real(database_url: str, tmp_path) -> Iterator[tuple[Settings, TestClient]]:
    settings = make_settings(database_url, DATA, tmp_path)
    _, faults = seed(settings)
    assert [str(fault) for fault in faults] == []
    with make_client(settings, MONDAY_MORNING) as client:
        yield settings, client


def starter_rows() -> list[dict[str, str]]:
    with (DATA / "starter" / "services.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_public_service_is_a_full_card_and_a_page(real: tuple[Settings, TestClient]) -> None:
    _, client = real
    public = {row["id"]: row for row in starter_rows() if row["published"] == "yes"}
    seen = {}
    while True:
        excluded = ",".join(card["id"] for card in seen.values())
        body = client.get("/api/services/search", params={"limit": 50, "exclude": excluded}).json()
        if not body["services"]:
            break
        seen |= {card["external_id"]: card for card in body["services"]}
    with_needs = {identity for identity, row in public.items() if row["needs"]}
    assert seen.keys() == with_needs
    for external_id, card in seen.items():
        row = public[external_id]
        assert client.get(f"/api/services/{card['id']}").json()["external_id"] == external_id
        assert client.get(f"/services/{card['id']}").status_code == 200
        for field in ("name", "organisation", "what", "how_to_get_help", "cost", "who_for", "why_this"):
            assert card[field], (external_id, field)
        assert card["needs"] == row["needs"].split("|")
        assert card["open"]["state"] in {"open", "closed", "unknown"}
        assert (card["open"]["state"] == "unknown") or row["opening_status"] == "confirmed"
        assert card["checked"]["date_text"]
        assert card["checked"]["confidence"] in {"high", "medium"}


def test_every_need_finds_help_or_says_there_is_none(real: tuple[Settings, TestClient]) -> None:
    _, client = real
    needs = load_needs(DATA / "need_codes.csv")
    rows = [row for row in starter_rows() if row["published"] == "yes"]
    for need in needs:
        body = client.get("/api/services/search", params={"need": need, "ward": "E05011394"}).json()
        assert body["total"] == sum(need in row["needs"].split("|") for row in rows)
        assert client.get("/api/guidance", params={"need": need}).json()["guidance"], need


def test_nothing_that_ended_is_offered(real: tuple[Settings, TestClient]) -> None:
    _, client = real
    for words in ENDED:
        for card in client.get("/api/services/search", params={"q": words, "limit": 50}).json()["services"]:
            assert words not in f"{card['name']} {card['what']} {card['how_to_get_help']}".lower()


def test_loading_the_shipped_directory_again_changes_nothing(real: tuple[Settings, TestClient]) -> None:
    settings, _ = real
    report, _ = seed(settings)
    assert not report.changed
    assert report.kept == []
    assert report.unchanged == len(starter_rows())


def test_nobody_without_food_in_harehills_is_sent_across_the_city(real: tuple[Settings, TestClient]) -> None:
    _, client = real
    place = client.get("/api/places", params={"q": "Harehills"}).json()["place"]
    params = {"need": "food.parcel", "ward": place["ward_code"], "lat": place["lat"], "lon": place["lon"]}
    first = client.get("/api/services/search", params=params | {"limit": 3}).json()["services"]
    assert all(card["distance_km"] is not None and card["distance_km"] < 2 for card in first)
    homeless = client.get("/api/services/search", params=params | {"need": "housing.homeless"}).json()
    assert homeless["services"][0]["external_id"] == "leeds-city-council-housing-options"
