"""Search: who is found, in which order, and why."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_directory.catalogue.ranking import COVERAGES, Facts, order_keys, worth
from referral_directory.opening import Rank
from tests.directory.factories import HAREHILLS, Start, TestClient, make_line, make_row, north

NEVER = {"opening_hours": "Su 09:00-09:30", "opening_status": "confirmed"}
UNKNOWN = {"opening_hours": "", "opening_status": "none"}
INDICATIVE = {"opening_status": "indicative"}


def names(client: TestClient, **params: object) -> list[str]:
    return [card["name"] for card in search(client, **params)["services"]]


def search(client: TestClient, **params: object) -> dict:
    answer = client.get("/api/services/search", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def near(name: str, km: float, **changes: str) -> dict[str, str]:
    return make_row(id=name.lower(), name=name, lat=north(km), **changes)


def test_the_nearest_of_the_open_ones_comes_first(start: Start) -> None:
    client = start([near("B", 1.2), near("A", 0.4), near("C", 0.1, **NEVER), near("D", 3.0)])
    assert names(client, need="food.parcel", **HAREHILLS) == ["A", "B", "D", "C"]


def test_open_comes_before_usually_open_unknown_usually_closed_and_closed(start: Start) -> None:
    client = start(
        [
            near("closed", 0.1, **NEVER),
            near("usually-closed", 0.2, **(NEVER | INDICATIVE)),
            near("unknown", 0.3, **UNKNOWN),
            near("usually-open", 0.4, **INDICATIVE),
            near("open", 0.5),
        ]
    )
    expected = ["open", "usually-open", "unknown", "usually-closed", "closed"]
    assert names(client, need="food.parcel", **HAREHILLS) == expected


def test_an_open_service_across_the_city_does_not_beat_one_round_the_corner_with_unknown_times(
    start: Start,
) -> None:
    client = start([near("far", 7.0), near("near", 0.5, **UNKNOWN)])
    assert names(client, need="food.parcel", **HAREHILLS) == ["near", "far"]


def test_a_city_line_is_below_near_open_services_and_above_far_ones(start: Start) -> None:
    client = start([make_line(), near("near", 1.0), near("bus", 3.5), near("far", 5.0)])
    assert names(client, need="food.parcel", **HAREHILLS) == ["near", "bus", "City Line", "far"]


@pytest.mark.parametrize("local", [0, 1, 2])
@pytest.mark.parametrize("line_times", [{}, UNKNOWN, NEVER])
def test_a_city_line_is_among_the_first_three_when_little_is_near(
    start: Start, local: int, line_times: dict[str, str]
) -> None:
    rows = [near(f"near{n}", 1.0 + n) for n in range(local)] + [near(f"far{n}", 5.0 + n) for n in range(9)]
    client = start(
        [*rows, make_line(**line_times), make_line(id="nation", name="Nation", coverage="national")]
    )
    assert "City Line" in names(client, need="food.parcel", **HAREHILLS)[:3]


def test_a_service_for_another_area_comes_last_and_says_so(start: Start) -> None:
    client = start(
        [near("theirs", 0.1, areas="LS12"), near("ours", 9.5), near("also-ours", 3.0, areas="LS9")]
    )
    cards = search(client, need="food.parcel", **HAREHILLS)["services"]
    assert [card["name"] for card in cards] == ["also-ours", "ours", "theirs"]
    assert "for people in LS12 only" in cards[2]["why_this"].replace("For", "for")


def test_a_service_for_a_ward_names_the_ward_not_its_code(start: Start) -> None:
    client = start([make_row(areas="E05012842")])
    why = search(client, need="food.parcel", **HAREHILLS)["services"][0]["why_this"]
    assert "Alwoodley" in why
    assert "E05" not in why


def test_a_postcode_decides_the_area_exactly(start: Start) -> None:
    client = start([near("ls8", 0.1, areas="LS8"), near("ls9", 0.2, areas="LS9")])
    assert names(client, need="food.parcel", postcode="ls9 6ab") == ["ls9", "ls8"]


def test_a_need_must_match_and_a_topic_means_all_its_needs(start: Start) -> None:
    client = start(
        [near("parcel", 0.1), near("meal", 0.2, needs="food.meal"), near("debt", 0.3, needs="money.debt")]
    )
    assert names(client, need="food.meal", **HAREHILLS) == ["meal"]
    assert set(names(client, need="food")) == {"parcel", "meal"}
    assert set(names(client, need=["food.meal", "money.debt"])) == {"meal", "debt"}
    assert search(client, need="housing.rent") | {"as_of": ""} == {
        "services": [],
        "total": 0,
        "place": None,
        "outcome": "none_matched",
        "as_of": "",
        "about": "",
    }


def test_crisis_lines_are_never_ordinary_help(start: Start) -> None:
    crisis = make_line(
        id="crisis", name="Crisis", needs="", risks="suicide_self_harm", what="Talk about suicide."
    )
    client = start([crisis, make_row()])
    assert names(client, need="food.parcel") == ["Harehills Larder"]
    assert names(client) == ["Harehills Larder"]
    assert names(client, q="suicide") == ["Crisis"]


def test_a_particular_group_comes_after_anybody(start: Start) -> None:
    client = start([near("club", 0.1, who_for="People aged 60 or over in Leeds"), near("all", 3.0)])
    assert names(client, need="food.parcel", **HAREHILLS) == ["all", "club"]


def test_what_takes_only_referrals_comes_after_what_answers_the_phone(start: Start) -> None:
    client = start(
        [make_line(id="a", name="A", phone="", access="staff_referral"), make_line(id="b", name="B", **NEVER)]
    )
    assert names(client, need="food.parcel", **HAREHILLS) == ["B", "A"]


def test_an_out_of_hours_number_keeps_a_line_from_counting_as_closed(start: Start) -> None:
    note = {"phone_note": "Out of hours: 0113 496 0001"}
    client = start([make_line(id="a", name="A", **NEVER), make_line(id="b", name="B", **NEVER, **note)])
    assert names(client, need="food.parcel", **HAREHILLS) == ["B", "A"]


def test_each_service_says_truly_why(start: Start) -> None:
    client = start([near("open", 0.8), make_line(**UNKNOWN), near("shut", 2.0, **NEVER)])
    by_point = {
        card["name"]: card["why_this"] for card in search(client, need="food.parcel", **HAREHILLS)["services"]
    }
    assert by_point["open"] == "About 0.8 km away, open now, helps with food for today, no referral needed."
    assert by_point["City Line"] == "For all of Leeds, helps with food for today."
    assert "closed now" in by_point["shut"]
    by_postcode = search(client, need="food.parcel", postcode="LS9 6AB")["services"][0]["why_this"]
    assert "from your postcode" in by_postcode


def test_a_voucher_is_mentioned_and_no_free_entry_claimed(start: Start) -> None:
    client = start([make_row(documents="A foodbank voucher")])
    why = search(client, need="food.parcel")["services"][0]["why_this"]
    assert "you need a voucher" in why
    assert "no referral needed" not in why


def test_what_was_seen_can_be_left_out(start: Start) -> None:
    client = start([near("A", 0.1), near("B", 0.2), near("C", 0.3)])
    first = search(client, need="food.parcel", limit=2, **HAREHILLS)
    assert first["total"] == 3
    seen = ",".join(card["id"] for card in first["services"])
    more = search(client, need="food.parcel", exclude=seen, **HAREHILLS)
    assert ([card["name"] for card in more["services"]], more["total"]) == (["C"], 1)


def test_all_closed_is_an_outcome_of_its_own(start: Start) -> None:
    client = start([near("A", 0.1, **NEVER)])
    assert search(client, need="food.parcel")["outcome"] == "closed_now"


def test_a_language_spoken_puts_a_service_ahead_of_equals(start: Start) -> None:
    client = start([near("A", 0.1), near("B", 0.9, languages="English|Polish")])
    assert names(client, need="food.parcel", language="pl", **HAREHILLS) == ["B", "A"]
    card = search(client, need="food.parcel", language="pl", **HAREHILLS)["services"][0]
    assert "speaks Polish" in card["why_this"]


def test_outside_leeds_only_help_for_the_whole_country_is_offered(start: Start) -> None:
    client = start([make_row(), make_line(), make_line(id="nation", name="Nation", coverage="national")])
    body = search(client, need="food.parcel", postcode="BD1 1AA")
    assert ([card["name"] for card in body["services"]], body["place"]) == (["Nation"], None)


def test_a_ward_without_a_point_is_searched_from_its_middle(start: Start) -> None:
    body = search(start([make_row()]), need="food.parcel", ward="E05011394")
    assert body["place"]["name"] == "Gipton & Harehills"
    assert body["services"][0]["distance_km"] is not None
    assert "middle of Gipton & Harehills" in body["services"][0]["why_this"]


def test_a_postcode_is_not_repeated_in_the_answer(client: TestClient) -> None:
    answer = client.get("/api/services/search", params={"postcode": "LS8 5AA", "need": "food.parcel"})
    assert "LS8 5" in answer.text
    assert "5AA" not in answer.text
    place = answer.json()["place"]
    assert (place["lat"], place["lon"]) == (round(place["lat"], 2), round(place["lon"], 2))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("debt advice", "Money Matters"),
        ("dept advise", "Money Matters"),
        ("bailiffs", "Money Matters"),
        ("food bank", "St Ann's Foodbank"),
        ("foodbnak", "St Ann's Foodbank"),
        ("hungry", "St Ann's Foodbank"),
        ("mind space", "MindSpace"),
        ("MONEY MATERS", "Money Matters"),
    ],
)
def test_words_synonyms_and_slips_find_services(start: Start, words: str, expected: str) -> None:
    client = start(
        [
            make_row(id="a", name="Money Matters", organisation="M", needs="money.debt", what="Debt advice."),
            make_row(id="b", name="St Ann's Foodbank", organisation="S", what="Food parcels."),
            make_row(
                id="c", name="MindSpace", organisation="T", needs="wellbeing.mental_health", what="Talking."
            ),
        ]
    )
    assert names(client, q=words)[0] == expected


def test_words_order_the_services_of_a_need(start: Start) -> None:
    client = start([near("A", 0.1, what="Tins."), near("B", 3.0, what="Halal food.")])
    assert names(client, need="food.parcel", q="halal", **HAREHILLS) == ["B", "A"]


def test_a_card_holds_everything_the_contract_names(client: TestClient) -> None:
    card = search(client, need="food.parcel", **HAREHILLS)["services"][0]
    named = """id external_id name organisation what how_to_get_help phone email address postcode ward lat lon
        distance_km open week cost who_for why_this needs coverage languages checked url website"""
    assert set(named.split()) <= card.keys()
    assert card["checked"] == {
        "date": "2026-08-28",
        "date_text": "28 August 2026",
        "source": "Example list, 28 August 2026",
        "source_url": "https://example.org/list",
        "confidence": "high",
        "by": "the source named",
    }
    assert card["url"] == f"http://127.0.0.1:8080/services/{card['id']}"
    assert card["week"][0] == {"day": "Monday", "text": "9am to 5pm"}
    alone = client.get(f"/api/services/{card['id']}").json()
    assert alone.keys() == card.keys()
    assert (alone["name"], alone["distance_km"]) == ("Harehills Larder", None)


@pytest.mark.parametrize(
    ("checked_on", "source_date", "text"),
    [
        ("2026-08-28", "2026-08-28", "28 August 2026"),
        ("2024-08-01", "2024-08", "August 2024"),
        ("2015-01-01", "2015", "2015"),
        ("2023-01-01", "about 2023-24", "about 2023-24"),
        ("", "undated", "undated"),
        ("", "", "undated"),
    ],
)
def test_a_date_is_told_no_more_exactly_than_it_is_known(
    start: Start, checked_on: str, source_date: str, text: str
) -> None:
    client = start([make_row(checked_on=checked_on, source_date=source_date)])
    checked = search(client)["services"][0]["checked"]
    assert (checked["date"], checked["date_text"]) == (checked_on or None, text)


ONE = st.fixed_dictionaries(
    {
        "coverage": st.sampled_from(["local", "citywide", "national", "online"]),
        "distance_km": st.none() | st.floats(0, 30),
        "has_point": st.booleans(),
        "rank": st.sampled_from(Rank),
        "serves_place": st.booleans(),
        "can_be_reached": st.booleans(),
        "particular": st.booleans(),
    }
)
NEAR_AND_OPEN = {
    "coverage": "local",
    "distance_km": 1.0,
    "has_point": True,
    "rank": Rank.OPEN,
    "serves_place": True,
    "can_be_reached": True,
    "particular": False,
}


def facts_of(services: list[dict]) -> Facts:
    def column(name: str, kind: type) -> np.ndarray:
        return np.array([service[name] for service in services], dtype=kind)

    nothing = np.zeros(len(services), dtype=bool)
    return Facts(
        coverage=np.array([COVERAGES[service["coverage"]] for service in services]),
        distance_km=column("distance_km", float),
        has_point=column("has_point", bool),
        rank=column("rank", int),
        serves_place=column("serves_place", bool),
        can_be_reached=column("can_be_reached", bool),
        out_of_hours=nothing,
        particular=column("particular", bool),
        need_position=nothing.astype(int),
        speaks=~nothing,
    )


@given(ONE, ONE)
def test_no_service_for_elsewhere_is_above_one_that_serves_the_place(one: dict, other: dict) -> None:
    keys = order_keys(facts_of([one, other]), has_place=True)
    if one["serves_place"] and not other["serves_place"]:
        assert keys[0] < keys[1]


@given(ONE)
def test_nothing_without_an_address_is_above_a_near_open_service(other: dict) -> None:
    keys = order_keys(facts_of([NEAR_AND_OPEN, other]), has_place=True)
    if other["distance_km"] is None:
        assert keys[0] < keys[1]


@given(ONE, st.floats(0.2, 1.0))
def test_of_equal_matches_in_words_nothing_without_an_address_is_above_a_near_open_service(
    other: dict, relevance: float
) -> None:
    values = worth(facts_of([NEAR_AND_OPEN, other]), np.array([relevance] * 2), has_place=True)
    if other["distance_km"] is None:
        assert values[0] > values[1]


@given(st.lists(st.floats(0, 30), min_size=2, max_size=6))
def test_of_equally_open_services_the_nearer_is_first(distances: list[float]) -> None:
    services = [NEAR_AND_OPEN | {"distance_km": km} for km in sorted(distances)]
    keys = order_keys(facts_of(services), has_place=True)
    assert all(one <= other for one, other in itertools.pairwise(keys))


def test_answers_are_compact_json_in_utf_8(client: TestClient) -> None:
    answer = client.get("/api/services/search")
    assert json.loads(answer.content.decode("utf-8"))["total"] == 1
    assert answer.headers["access-control-allow-origin"] == "*"
