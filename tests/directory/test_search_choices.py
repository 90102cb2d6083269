"""What people can choose in a search, whom services are for, and what is said of places."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from referral_directory.catalogue.fitting import read_ages, read_group
from referral_directory.catalogue.loading import get_revision, list_services
from referral_directory.catalogue.models import Address, Location, Service, ServiceAtLocation, make_id
from referral_directory.catalogue.reading import read_public
from referral_directory.catalogue.records import read_record
from referral_directory.catalogue.starter import read_starter
from referral_directory.database import transaction
from referral_directory.needs import load_needs
from tests.directory.factories import (
    DATA,
    HAREHILLS,
    Settings,
    Start,
    TestClient,
    make_line,
    make_row,
    make_settings,
    north,
    opened,
    seed,
)

POINT = {key: HAREHILLS[key] for key in ("lat", "lon")}


def search(client: TestClient, **params: object) -> list[dict]:
    answer = client.get("/api/services/search", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["services"]


def names(client: TestClient, **params: object) -> list[str]:
    return [card["name"] for card in search(client, **params)]


def two(start: Start, **changes: str) -> TestClient:
    """A directory with a service that has these changes, and an otherwise equal one, nearer, without them."""
    return start(
        [make_row(id="plain", name="Plain"), make_row(id="has", name="Has", lat=north(1), **changes)]
    )


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({"accessibility": "Step-free entrance"}, {"step_free": "true"}),
        ({"languages": "English|Polish"}, {"speaks": "pl"}),
        ({"access": "online|walk_in"}, {"way": "online"}),
        ({"needs": "money.debt"}, {"need": "money.debt"}),
    ],
)
def test_a_choice_leaves_only_what_is_known_to_meet_it(start: Start, changes: dict, chosen: dict) -> None:
    assert names(two(start, **changes), **POINT, **chosen) == ["Has"]


def test_free_only_leaves_out_what_costs_and_what_is_not_known(start: Start) -> None:
    rows = [
        make_row(id=name.lower(), name=name, cost=cost)
        for name, cost in (("A", "£2"), ("B", ""), ("C", "Free"))
    ]
    assert names(start(rows), free="true") == ["C"]


def test_no_steps_is_not_read_out_of_a_warning_about_steps(start: Start) -> None:
    client = two(start, accessibility="Steps at the door, no wheelchair access")
    assert names(client, step_free="true") == []


def test_open_only_leaves_out_what_is_closed_and_what_is_unknown(start: Start) -> None:
    shut = {"opening_hours": "Su 09:00-09:30", "opening_status": "confirmed"}
    unknown = {"opening_hours": "", "opening_status": "none"}
    rows = [make_row(id="a", name="Open"), make_row(id="b", name="Shut", **shut)]
    client = start([*rows, make_row(id="c", name="Unknown", **unknown)])
    assert names(client, open_only="true") == ["Open"]
    assert names(client, open_only="true", open_at="2026-11-08T09:10") == ["Shut"]


def test_a_distance_leaves_out_addresses_further_away_and_keeps_what_needs_none(start: Start) -> None:
    rows = [make_row(id=f"at-{n}", name=f"At {n} km", lat=north(n)) for n in (1, 3)]
    assert names(start([*rows, make_line()]), within_km="2", **POINT) == ["At 1 km", "City Line"]


def test_what_is_for_other_people_comes_last_and_says_why(start: Start) -> None:
    rows = [make_row(id="old", name="Old", who_for="People aged 60 or over in Leeds"), make_row(lat=north(5))]
    cards = search(start(rows), age="34", **POINT)
    assert [card["name"] for card in cards] == ["Harehills Larder", "Old"]
    assert cards[0]["fit"] == {"state": "fits", "text": "No age or group is named."}
    assert cards[1]["fit"]["state"] == "excluded"
    assert "people aged 60 or over" in cards[1]["fit"]["text"]


def test_what_is_for_a_person_says_so_and_what_is_not_known_is_asked(start: Start) -> None:
    rows = [make_row(id="old", name="Old", who_for="People aged 60 or over in Leeds")]
    client = start(rows)
    assert search(client, age="71")[0]["fit"]["state"] == "fits"
    assert search(client, about="carer")[0]["fit"]["state"] == "ask"
    assert search(client)[0]["fit"] is None


@pytest.mark.parametrize(
    ("who_for", "ages"),
    [
        ("People aged 60 or over in Leeds", (60, None)),
        ("Anyone under 19", (None, 19)),
        ("Aged 11 to 18 and living in Leeds", (11, 19)),
        ("People over State Pension age on a low income", (66, None)),
        ("Adults in Leeds", (18, None)),
        ("People under 35, and anyone worried about a young person", (None, None)),
        ("Children, young people, parents and carers", (None, None)),
        ("Anyone", (None, None)),
    ],
)
def test_ages_are_read_from_sentences(who_for: str, ages: tuple) -> None:
    assert read_ages(who_for) == ages


@pytest.mark.parametrize(
    ("who_for", "group"),
    [
        ("Men living with domestic abuse", "man"),
        ("Women being abused. Other callers are told who can help them", ""),
        ("People seeking asylum who have no money", "refugee"),
        ("Leeds Federated tenants only", "social_tenant"),
        ("Anyone worried about a child", ""),
    ],
)
def test_a_group_is_read_only_where_a_service_is_for_it_alone(who_for: str, group: str) -> None:
    assert read_group(who_for) == group


def test_a_place_named_in_the_words_is_where_to_look_from(start: Start) -> None:
    rows = [make_row(id="near", name="Larder One"), make_row(id="far", name="Larder Two", lat=north(6))]
    answer = start(rows).get("/api/services/search", params={"q": "larder in harehils"}).json()
    assert answer["place"]["name"] == "Harehills"
    assert [card["name"] for card in answer["services"]] == ["Larder One", "Larder Two"]
    assert answer["services"][0]["distance_km"] is not None


def test_a_search_for_a_place_alone_lists_what_is_near_it(start: Start) -> None:
    rows = [make_row(id="far", name="Far", lat=north(6)), make_row(id="near", name="Near")]
    assert names(start(rows), q="Harehills") == ["Near", "Far"]


def test_everyday_words_find_what_no_record_says_in_those_words(start: Start) -> None:
    client = start(
        [
            make_row(id="a", name="A", needs="money.debt", what="Advice about money you owe."),
            make_row(
                id="b", name="B", needs="housing.eviction", what="Advice about notices from a landlord."
            ),
            make_row(id="c", name="C", needs="wellbeing.loneliness", what="A club with tea and games."),
        ]
    )
    assert names(client, q="ive got nobody to see all week")[0] == "C"
    assert names(client, q="kicked out of my flat")[0] == "B"
    assert names(client, q="maxed out on credit cards")[0] == "A"


def test_a_service_with_several_addresses_is_one_entry_with_the_nearest(
    start: Start, settings: Settings
) -> None:
    client = start([make_row(), make_row(id="other", name="Other", lat=north(2))])
    with opened(settings) as database, transaction(database) as session:
        service = session.scalars(select(Service).where(Service.external_id == "harehills-larder")).one()
        branch = Location(id=make_id("branch"), latitude=float(north(4)), longitude=-1.5)
        branch.addresses = [Address(id=make_id("branch", "address"), address_1="9 Branch Road")]
        service.locations.append(ServiceAtLocation(id=make_id("branch", "link"), location=branch))
        get_revision(session).number += 1
    cards = search(client, lat=north(4.2), lon="-1.50", ward="E05011394")
    assert [card["name"] for card in cards] == ["Harehills Larder", "Other"]
    assert (cards[0]["address"], cards[0]["distance_km"]) == ("9 Branch Road", 0.2)
    assert cards[0]["placed"] == "At 2 places; the nearest is shown"
    page = client.get(f"/services/{cards[0]['id']}").text
    assert "<dd>1 Example Street, Leeds, LS9 6AB</dd><dd>9 Branch Road</dd>" in page


def test_a_hidden_place_beside_a_public_one_is_not_even_counted(start: Start, settings: Settings) -> None:
    client = start([make_row()])
    with opened(settings) as database, transaction(database) as session:
        service = session.scalars(select(Service)).one()
        refuge = Location(id=make_id("refuge"), latitude=float(north(4)), longitude=-1.5)
        hidden = Address(id=make_id("refuge", "address"), address_1="77 Hidden Court", confidential=True)
        refuge.addresses = [hidden]
        service.locations.append(ServiceAtLocation(id=make_id("refuge", "link"), location=refuge))
        get_revision(session).number += 1
    [card] = search(client, lat=north(4), lon="-1.50", ward="E05011394")
    assert (card["address"], card["placed"]) == ("1 Example Street, Leeds", "")
    assert "Hidden" not in client.get(f"/services/{card['id']}").text


def test_a_service_without_an_address_says_how_it_is_placed(start: Start) -> None:
    client = start(
        [make_line(), make_row(id="net", name="Net", coverage="online", lat="", lon="", access="online")]
    )
    assert {card["name"]: card["placed"] for card in search(client)} == {
        "City Line": "For all of Leeds, by phone",
        "Net": "Online, from anywhere",
    }


def test_a_change_by_another_process_is_found_by_the_next_search(start: Start, settings: Settings) -> None:
    client = start([make_row()])
    assert names(client, q="spanner") == []
    with opened(settings) as database, transaction(database) as session:
        session.scalars(select(Service)).one().name = "Spanner Club"
        get_revision(session).number += 1
    assert names(client, q="spanner") == ["Spanner Club"]


def test_reading_all_records_quickly_says_the_same_as_reading_each(database_url: str, tmp_path: Path) -> None:
    settings = make_settings(database_url, DATA, tmp_path)
    seed(settings)
    with opened(settings) as database, database.read() as session:
        quick = {record.row.id: record.row for record in read_public(session)}
        slow = [read_record(service) for service in list_services(session, only_public=True)]
    needs = load_needs(DATA / "need_codes.csv")
    public = [row for row in read_starter(DATA / "starter" / "services.csv", needs).rows if row.published]
    assert len(quick) == len(slow) == len(public)
    # A curator's note is for curators: the index never holds it.
    assert all(quick[row.id] == replace(row, curator_note="") for row in slow)


def test_the_page_keeps_the_choices_and_gives_a_link_without_the_whole_postcode(client: TestClient) -> None:
    params = {"q": "food", "place": "LS9 6AB", "free": "true", "age": "", "open_at": "", "within_km": "4"}
    text = client.get("/services", params=params).text
    assert "6AB" not in text
    link = html.unescape(re.search(r'<a href="(/services\?[^"]+)">Link to this search', text)[1])
    assert link == "/services?q=food&free=true&within_km=4.0&place=LS9+6"
    again = client.get(link).text
    assert 'name="free" type="checkbox" value="true" checked' in again
    assert '<option value="4" selected>' in again


def test_the_page_lists_results_before_it_draws_them_and_says_what_it_draws(client: TestClient) -> None:
    text = client.get("/services", params={"place": "Harehills"}).text
    assert text.index("Harehills Larder</a>") < text.index("<svg")
    assert re.search(
        r'<svg[^>]* role="img" aria-label="Where the first results lie: 1, [\d.]+ km [a-z-]+\."', text
    )
    assert "style=" not in text
    assert "<svg" not in client.get("/services").text


def test_every_field_of_the_search_form_has_a_label(client: TestClient) -> None:
    text = client.get("/services").text
    fields = set(re.findall(r'<(?:input|select) id="([^"]+)"', text))
    assert len(fields) > 15
    assert fields <= set(re.findall(r'<label for="([^"]+)"', text))
