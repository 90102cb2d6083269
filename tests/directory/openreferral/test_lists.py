"""Lists of the feed: pages and parameters."""

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from referral_directory.catalogue.feed_terms import eligibility_id
from referral_directory.catalogue.models import (
    Attribute,
    Eligibility,
    RequiredDocument,
    ServiceArea,
    make_id,
)
from referral_directory.catalogue.records import NEEDS, term_id
from referral_directory.clock import LEEDS
from tests.directory.factories import Start, make_row, north
from tests.directory.openreferral.records import (
    BASE,
    MODIFIED,
    ids_of,
    make_link,
    make_schedule,
    make_service,
)


def names(feed: Any, path: str) -> list[str]:
    """Names of the services that a list holds, sorted."""
    answer = feed(path)
    assert answer.status_code == 200, answer.text
    items = answer.json()["contents"]
    return sorted(item.get("service", item)["name"] for item in items)


def test_pages_are_cut_from_one_stable_order(feed_of: Any) -> None:
    made = [make_service() for _ in range(5)]
    feed = feed_of(*made)
    pages = [feed(f"/services?per_page=2&page={number}").json() for number in (1, 2, 3, 4)]
    assert [item["id"] for page in pages for item in page["contents"]] == [str(one) for one in ids_of(made)]
    assert [
        (page["page_number"], page["size"], page["first_page"], page["last_page"], page["empty"])
        for page in pages
    ] == [
        (1, 2, True, False, False),
        (2, 2, False, False, False),
        (3, 1, False, True, False),
        (4, 0, False, True, True),
    ]
    assert {(page["total_items"], page["total_pages"]) for page in pages} == {(5, 3)}


def test_nothing_is_one_empty_page(feed_of: Any) -> None:
    assert feed_of()("/services").json() == {
        "total_items": 0,
        "total_pages": 0,
        "page_number": 1,
        "size": 0,
        "first_page": True,
        "last_page": True,
        "empty": True,
        "contents": [],
    }


def test_both_spellings_of_the_page_size_count(feed: Any) -> None:
    sizes = {feed(f"/taxonomy_terms?{name}=7").json()["size"] for name in ("per_page", "perPage")}
    assert sizes == {7}
    assert feed("/services?per_page=7&perPage=8").json()["errors"][0]["field"] == "perPage"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("page", "0"),
        ("page", "one"),
        ("per_page", "0"),
        ("per_page", "501"),
        ("perPage", "-1"),
        ("format", "xml"),
        ("full", "perhaps"),
        ("minimal", "perhaps"),
        ("taxonomy_id", "food"),
        ("taxonomy_term_id", "food.parcel"),
        ("organization_id", "1"),
        ("modified_after", "yesterday"),
        ("modified_after", "0001-01-01T00:00:00+14:00"),
        ("minimum_age", "old"),
        ("minimum_age", "nan"),
        ("maximum_age", "-1"),
        ("day", "someday"),
        ("start_time", "9"),
        ("end_time", "25:00"),
        ("postcode", "here"),
        ("proximity", "near"),
        ("proximity", "500"),
        ("search", "x" * 201),
    ],
)
def test_a_bad_parameter_is_named(feed: Any, parameter: str, value: str) -> None:
    answer = feed("/service_at_locations", params={parameter: value})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [fault["field"] for fault in answer.json()["errors"]] == [parameter]


def test_minimal_and_full_exclude_each_other(feed: Any) -> None:
    assert feed("/services?minimal=true&full=true").json()["errors"][0]["field"] == "minimal"


def test_minimal_is_ids_and_dates_on_one_page(feed_of: Any) -> None:
    made = [make_service(locations=[make_link()]) for _ in range(60)]
    feed = feed_of(*made)
    page = feed("/services?minimal=true").json()
    assert page["total_pages"] == 1
    dates = {"modified_date": "2026-10-01T12:00:00.123Z"}
    assert page["contents"] == [{"id": str(identity)} | dates for identity in ids_of(made)]
    places = feed("/service_at_locations?minimal=true").json()["contents"]
    links = ids_of([service.locations[0] for service in made])
    assert places == [{"id": str(identity)} | dates for identity in links]


def test_ndjson_is_all_items_one_a_line(feed_of: Any) -> None:
    made = [make_service() for _ in range(130)]
    feed = feed_of(*made)
    answer = feed("/services?format=ndjson&per_page=2&full=true")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["access-control-allow-origin"] == "*"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == feed("/services?per_page=500&full=true").json()["contents"]


def test_every_word_of_a_search_must_occur(feed_of: Any) -> None:
    feed = feed_of(make_service("Warm space"), make_service("Warm bread"), make_service("100% wool"))
    assert names(feed, "/services?search=WARM") == ["Warm bread", "Warm space"]
    assert names(feed, "/services?search=warm take space") == ["Warm space"]
    assert names(feed, "/services?search=100%25") == ["100% wool"]
    assert names(feed, "/services?search=_") == []
    assert names(feed, "/services?search=warm%00bread") == ["Warm bread"]


def test_a_term_stands_for_those_below_it(feed_of: Any) -> None:
    def helps_with(code: str) -> Any:
        return make_service(code, attributes=[Attribute(id=uuid4(), taxonomy_term_id=term_id(NEEDS, code))])

    feed = feed_of(helps_with("food.parcel"), helps_with("food.meal"), helps_with("fuel.meter"))
    assert names(feed, f"/services?taxonomy_term_id={term_id(NEEDS, 'food.meal')}") == ["food.meal"]
    assert names(feed, f"/services?taxonomy_term_id={term_id(NEEDS, 'food')}") == ["food.meal", "food.parcel"]
    assert len(names(feed, f"/services?taxonomy_id={make_id('taxonomy', NEEDS)}")) == 3
    assert names(feed, f"/services?taxonomy_id={make_id('taxonomy', 'risk')}") == []
    assert names(feed, f"/services?taxonomy_term_id={uuid4()}") == []


def test_eligibility_is_attributes_that_can_be_asked_for(feed_of: Any) -> None:
    ages = Eligibility(id=uuid4(), minimum_age=16)
    feed = feed_of(
        make_service("all", eligibility_description="Anyone"),
        make_service("some", eligibility_description="Carers"),
        make_service("old", eligibility=[ages]),
        make_service("papers", documents=[RequiredDocument(id=uuid4(), document="A voucher")]),
        make_service("nothing said"),
    )
    expected = {"anyone": ["all"], "particular": ["some"], "ages": ["old"], "documents": ["papers"]}
    for code, found in expected.items():
        path = f"/services?full=true&taxonomy_term_id={eligibility_id(code)}"
        assert names(feed, path) == found
        attribute = feed(path).json()["contents"][0]["attributes"][0]
        assert (attribute["link_type"], attribute["taxonomy_term"]["code"]) == ("eligibility", code)
    assert len(names(feed, f"/services?taxonomy_id={make_id('taxonomy', 'eligibility')}")) == 4


def test_ages_are_compared_with_the_records(feed_of: Any) -> None:
    def aged(name: str, low: float | None, high: float | None) -> Any:
        limits = Eligibility(id=uuid4(), minimum_age=low, maximum_age=high)
        return make_service(name, eligibility=[limits])

    feed = feed_of(aged("child", 0, 15), aged("adult", 18, 64.5), aged("elder", 60, None), make_service())
    assert names(feed, "/services?minimum_age=18") == ["adult", "elder"]
    assert names(feed, "/services?maximum_age=64.5") == ["adult", "child"]
    assert names(feed, "/services?minimum_age=1&maximum_age=70") == ["adult"]
    flat = {item["name"]: item for item in feed("/services").json()["contents"]}
    assert (flat["child"]["minimum_age"], flat["adult"]["maximum_age"]) == (0, 64.5)
    assert "minimum_age" not in flat["Larder"]


def test_one_schedule_must_fit_day_and_times(feed_of: Any) -> None:
    feed = feed_of(
        make_service("office", schedules=[make_schedule("Mo-Fr 09:00-17:00")]),
        make_service("night", schedules=[make_schedule("Fr-Sa 18:00-02:00", "indicative")]),
        make_service("day and night", schedules=[make_schedule("24/7")]),
        make_service("first", schedules=[make_schedule("Mo[1] 10:00-12:00")]),
        make_service("not known", schedules=[make_schedule("Mo 09:00-17:00", "none")]),
    )
    assert names(feed, "/services?day=MO") == ["day and night", "first", "office"]
    assert names(feed, "/services?day=saturday") == ["day and night", "night"]
    assert names(feed, "/services?start_time=09:00") == ["first", "night", "office"]
    assert names(feed, "/services?end_time=17:00:00") == ["first", "office"]
    assert names(feed, "/services?end_time=23:59") == ["day and night", "first", "office"]
    assert names(feed, "/services?day=fri&start_time=10:00") == ["night"]
    page = feed("/services?day=MO&per_page=2&page=2").json()
    assert (page["total_items"], page["size"], page["last_page"]) == (3, 1, True)


def test_modified_after_includes_the_moment_itself(feed_of: Any) -> None:
    later = datetime(2026, 10, 2, 1, tzinfo=LEEDS)
    feed = feed_of(make_service("old", last_modified=MODIFIED), make_service("new", last_modified=later))
    shown = feed("/services?search=old").json()["contents"][0]["last_modified"]
    assert names(feed, f"/services?modified_after={shown}") == ["new", "old"]
    assert names(feed, "/services?modified_after=2026-10-01T12:00:00.200Z") == ["new"]
    assert names(feed, "/services?modified_after=2026-10-02T01:00:00+01:00") == ["new"]
    assert names(feed, "/services?modified_after=2026-10-02T01:00:01") == []


def test_an_organisation_has_its_services(feed_of: Any) -> None:
    one, two = make_service("one"), make_service("two")
    feed = feed_of(one, two)
    assert names(feed, f"/services?organization_id={one.organization.id}") == ["one"]


def test_parameters_add_up(feed_of: Any) -> None:
    one = make_service("one", schedules=[make_schedule("Mo 09:00-17:00")])
    two = make_service("two", schedules=[make_schedule("Mo 09:00-17:00")])
    feed = feed_of(one, two)
    assert names(feed, f"/services?day=MO&search=larder%20two&organization_id={two.organization.id}") == []
    assert names(feed, f"/services?day=MO&search=two&organization_id={two.organization.id}") == ["two"]


def test_proximity_is_metres_and_the_nearest_comes_first(start: Start) -> None:
    rows = [
        make_row(id=name, name=name, lat=north(km))
        for name, km in (("far", 3.0), ("near", 0.4), ("mid", 1.5))
    ]
    client = start(rows)
    # The postcode's own point is where the table says; all rows lie north of the factory's point.
    path = f"{BASE}/service_at_locations?postcode=LS9 6AB&proximity="
    found = [item["service"]["name"] for item in client.get(path + "100000").json()["contents"]]
    assert sorted(found) == ["far", "mid", "near"]
    points = client.get(path + "100000").json()["contents"]
    here = client.get("/api/services/search?postcode=LS9 6AB").json()["services"]
    measured = {card["name"]: card["distance_km"] * 1000 for card in here}
    assert [item["service"]["name"] for item in points] == sorted(measured, key=lambda name: measured[name])
    for name, metres in measured.items():
        within = client.get(f"{path}{metres + 60}").json()["contents"]
        assert name in [item["service"]["name"] for item in within]
        without = client.get(f"{path}{max(0, metres - 60)}").json()["contents"]
        assert name not in [item["service"]["name"] for item in without]


def test_a_postcode_alone_asks_who_serves_it(feed_of: Any) -> None:
    def serves(name: str, *areas: str, **changes: Any) -> Any:
        made = [ServiceArea(id=uuid4(), name=area, extent_type="outcode") for area in areas]
        return make_service(name, areas=made, locations=[make_link()], **changes)

    feed = feed_of(
        serves("LS9", "LS9"),
        serves("LS12", "LS12"),
        serves("ward", "E05011394"),
        serves("anybody"),
        serves("Leeds", coverage="citywide"),
        make_service("no address"),
    )
    inside = names(feed, "/service_at_locations?postcode=LS9 6AB")
    assert {"LS9", "anybody", "Leeds"} <= set(inside)
    assert "LS12" not in inside
    assert "no address" not in inside
    assert names(feed, "/service_at_locations?postcode=S1 2HE") == ["anybody"]
    answer = feed("/service_at_locations?postcode=S1 2HE&proximity=500")
    assert answer.json()["errors"][0]["field"] == "postcode"


def test_terms_have_parents(feed: Any) -> None:
    food = str(term_id(NEEDS, "food"))
    below = feed(f"/taxonomy_terms?parent_id={food}").json()["contents"]
    assert {term["code"] for term in below} == {"food.parcel", "food.pantry", "food.meal", "food.children"}
    assert {term["taxonomy"] for term in below} == {"Signpost Leeds needs"}
    needs = feed("/taxonomies?search=signpost needs").json()["contents"]
    assert [row["name"] for row in needs] == ["Signpost Leeds needs"]
    top = feed(f"/taxonomy_terms?top_only=true&taxonomy_id={needs[0]['id']}").json()["contents"]
    assert food in [term["id"] for term in top]
    assert not [term for term in top if "parent_id" in term]
    whole = feed(f"/taxonomies/{needs[0]['id']}").json()["taxonomy_terms"]
    assert len(whole) == feed(f"/taxonomy_terms?taxonomy_id={needs[0]['id']}").json()["total_items"]
