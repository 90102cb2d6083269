"""Single records of the feed, what never leaves, and how answers are cached."""

from typing import Any
from uuid import uuid4

import pytest

from referral_directory.catalogue.models import Accessibility, Contact, Language, Phone
from tests.directory.factories import TestClient
from tests.directory.openreferral.conformance import LISTS
from tests.directory.openreferral.records import (
    BASE,
    make_address,
    make_link,
    make_schedule,
    make_service,
)

SECRET = "Rose Cottage"


def test_the_feed_says_what_it_is(feed: Any) -> None:
    about = feed("").json()
    assert about["version"] == "HSDS-UK-3.0"
    assert about["openapi_url"].endswith("/openreferral/v3/openapi.json")
    assert feed("/").json() == about
    document = feed("/openapi.json").json()
    assert set(document["paths"]) == {"/"} | {f"/{name}" for name in LISTS} | {
        f"/{name}/{{id}}" for name in LISTS
    }


def test_a_record_carries_everything_that_hangs_off_it(feed_of: Any) -> None:
    service = make_service(
        locations=[make_link(make_address())],
        phones=[Phone(id=uuid4(), number="0113 496 0000", description="Office"), Phone(id=uuid4())],
        contacts=[Contact(id=uuid4(), name="Front desk", email="desk@example.org")],
        schedules=[
            make_schedule("Mo-Fr 09:00-17:00; PH off", "indicative", description="From a list of 2023.")
        ],
        languages=[
            Language(id=uuid4(), name="Polish", position=0),
            Language(id=uuid4(), name="BSL", position=1),
        ],
        accessibility=[Accessibility(id=uuid4(), description="Step-free")],
        coverage="citywide",
    )
    record = feed_of(service)(f"/services/{service.id}").json()
    assert [phone["number"] for phone in record["phones"]] == ["0113 496 0000"]
    assert record["contacts"][0]["email"] == "desk@example.org"
    schedule = record["schedules"][0]
    assert (schedule["freq"], schedule["byday"]) == ("WEEKLY", "MO,TU,WE,TH,FR")
    assert (schedule["opens_at"], schedule["closes_at"]) == ("09:00", "17:00")
    assert schedule["description"] == "From a list of 2023."
    assert "not confirmed" in schedule["notes"]
    assert "bank holidays" in schedule["notes"]
    assert [(language["name"], language.get("code")) for language in record["languages"]] == [
        ("Polish", "pl"),
        ("BSL", None),
    ]
    assert record["service_areas"][0]["name"] == "Leeds"
    location = record["service_at_locations"][0]["location"]
    assert location["addresses"][0]["postal_code"] == "LS9 6AB"
    assert location["accessibility"][0]["description"] == "Step-free"


def test_part_of_an_address_is_said_in_words(feed_of: Any) -> None:
    service = make_service(locations=[make_link(make_address(postal_code=""))])
    record = feed_of(service)(f"/services/{service.id}").json()
    location = record["service_at_locations"][0]["location"]
    assert "addresses" not in location
    assert location["description"] == "1 Example Street"


@pytest.mark.parametrize(
    "changes",
    [
        {"published": False},
        {"published": False, "confidence": "low"},
        {"status": "inactive"},
        {"status": "defunct"},
        {"status": "temporarily closed"},
    ],
)
def test_what_is_not_public_is_nowhere(feed_of: Any, changes: dict[str, Any]) -> None:
    service = make_service(SECRET, locations=[make_link()], **changes)
    link, organization = service.locations[0].id, service.organization.id
    feed = feed_of(service)
    assert feed(f"/services/{service.id}").status_code == 404
    assert feed(f"/service_at_locations/{link}").status_code == 404
    for name in ("services", "service_at_locations"):
        for more in ("", "?full=true", "?minimal=true", f"?organization_id={organization}", "?search=Rose"):
            assert feed(f"/{name}{more}").json()["total_items"] == 0
        assert feed(f"/{name}?format=ndjson").text == ""


def test_a_confidential_address_never_leaves(feed_of: Any) -> None:
    hidden = make_link(
        make_address(address_1=SECRET, postal_code="LS9 6AB", confidential=True), make_address(), name=SECRET
    )
    shown = make_link(make_address(address_1="2 Open Street", postal_code="LS9 7ZZ"))
    service = make_service("Refuge", locations=[hidden, shown], curator_note=SECRET)
    feed = feed_of(service)
    paths = [f"/services/{service.id}", f"/service_at_locations/{shown.id}"] + [
        f"/{name}{more}"
        for name in ("services", "service_at_locations")
        for more in ("", "?full=true", "?minimal=true", "?format=ndjson&full=true")
    ]
    bodies = [feed(path).text for path in paths]
    assert "2 Open Street" in bodies[0]
    for private in (SECRET, "LS9 6AB", str(hidden.id), str(hidden.location.id)):
        assert not [body for body in bodies if private in body]
    assert feed(f"/service_at_locations/{hidden.id}").status_code == 404


def test_a_confidential_place_cannot_be_found_by_asking_round_it(feed_of: Any) -> None:
    hidden = make_link(make_address(address_1=SECRET, confidential=True))
    feed = feed_of(make_service("Refuge", locations=[hidden]))
    for query in ("postcode=LS9 6AB", "postcode=LS9 6AB&proximity=100000", "search=Rose", "search=LS9"):
        assert feed(f"/service_at_locations?{query}").json()["total_items"] == 0
    assert feed("/services?search=Rose").json()["total_items"] == 0
    assert feed("/services").json()["total_items"] == 1


@pytest.mark.parametrize("name", LISTS)
def test_an_unknown_id_is_not_found_and_a_bad_one_is_named(feed: Any, name: str) -> None:
    unknown, bad = feed(f"/{name}/{uuid4()}"), feed(f"/{name}/x")
    assert (unknown.status_code, bad.status_code) == (404, 422)
    assert bad.json()["errors"][0]["field"] == "id"
    assert {answer.headers["access-control-allow-origin"] for answer in (unknown, bad)} == {"*"}


def test_refusals_are_problem_bodies_in_a_browser_too(feed: Any) -> None:
    answer = feed("/services?page=0", headers={"accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["", "/services", "/services?full=true", "/taxonomies", "/taxonomy_terms"])
def test_an_unchanged_answer_is_not_sent_again(feed: Any, path: str) -> None:
    first = feed(path)
    tag = first.headers["etag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = feed(path, headers={"if-none-match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["access-control-allow-origin"] == "*"
        assert again.headers["cache-control"] == "public, max-age=60"
    assert feed(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_change_changes_the_tag_and_the_date(feed_of: Any) -> None:
    service = make_service()
    feed = feed_of(service)
    first = feed("/services")
    assert first.headers["last-modified"] == "Thu, 01 Oct 2026 12:00:00 GMT"
    other = feed("/services?search=nothing")
    assert other.headers["etag"] != first.headers["etag"]
    assert "last-modified" not in other.headers


def test_a_withdrawn_service_is_not_hidden_by_a_date(feed: Any) -> None:
    # The newest date of a list cannot tell that a record is gone, so dates never make a 304.
    date = feed("/services").headers["last-modified"]
    assert feed("/services", headers={"if-modified-since": date}).status_code == 200


@pytest.mark.parametrize("path", ["", "/services", "/services/x", "/taxonomies", "/service_at_locations"])
def test_any_site_may_ask(client: TestClient, path: str) -> None:
    asked = {"origin": "https://example.org", "access-control-request-method": "GET"}
    answer = client.options(BASE + path, headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]


def test_head_is_get_without_the_body(client: TestClient) -> None:
    answer = client.head(BASE + "/services")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == client.get(BASE + "/services").headers["etag"]


def test_only_reading_is_possible_and_unknown_addresses_are_unknown(client: TestClient) -> None:
    assert client.post(BASE + "/services", json={}).status_code == 405
    assert client.get(BASE + "/nothing").status_code == 404
