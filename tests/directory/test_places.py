"""Where somebody is: postcodes in any spelling, areas as people call them, and what is not in Leeds."""

import csv
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_directory.place_tables import Tables, load_tables
from referral_directory.places import describe_place, find_place, find_point
from referral_directory.postcodes import find_postcodes, read_postcode
from tests.directory.factories import DATA, TestClient

PLACES = DATA / "places"
WARD_OF_HAREHILLS = "E05011394"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(PLACES)


@pytest.fixture(scope="module")
def live_postcodes() -> list[dict[str, str]]:
    with gzip.open(PLACES / "postcodes.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ask(client: TestClient, text: str) -> dict:
    answer = client.get("/api/places", params={"q": text})
    assert answer.status_code == 200
    return answer.json()


def test_an_area_is_found_with_its_ward_and_committee(client: TestClient) -> None:
    place = ask(client, "Harehills")["place"]
    assert (place["ward_code"], place["ward"]) == (WARD_OF_HAREHILLS, "Gipton & Harehills")
    assert (place["committee"], place["kind"]) == ("Inner East", "area")


def test_a_full_postcode_is_answered_without_being_repeated(client: TestClient) -> None:
    for spelling in ("LS9 6AB", "ls96ab", " ls9  6ab ", "LS9-6AB", "l s 9 6 a b"):
        answer = client.get("/api/places", params={"q": spelling})
        body = answer.json()
        assert (body["status"], body["place"]["kind"], body["query"]) == ("found", "postcode", "LS9 6")
        assert "6ab" not in answer.text.lower().replace(" ", "")
        assert body["place"]["lat"] == round(body["place"]["lat"], 2)
        assert body["place"]["lon"] == round(body["place"]["lon"], 2)


@pytest.mark.parametrize("spelling", ["LS1O 1JG", "lsl0 1jg", "LSIO IJG", "LS10 IJG", "1s10 1jg"])
def test_letters_and_digits_that_look_alike_are_read_where_they_belong(tables: Tables, spelling: str) -> None:
    assert find_place(tables, spelling).query == "LS10 1"


def test_every_live_postcode_is_found_in_its_ward(
    tables: Tables, live_postcodes: list[dict[str, str]]
) -> None:
    for row in live_postcodes[::25]:
        answer = find_place(tables, row["postcode"].replace(" ", "").lower())
        assert answer.status == "found"
        assert answer.place is not None
        assert answer.place.ward.code == row["ward_code"]


@given(st.data())
def test_any_spelling_of_a_live_postcode_means_the_same(
    tables: Tables, live_postcodes: list[dict[str, str]], data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(live_postcodes))
    outward, inward = row["postcode"].split()
    swaps = {"0": "0Oo", "1": "1Il", "O": "O0", "I": "I1"}
    spelt = "".join(
        data.draw(st.sampled_from(swaps.get(character, character + character.lower())))
        for character in outward + inward
    )
    gap = data.draw(st.sampled_from(["", " ", "  ", "-", "."]))
    messy = spelt[: len(outward)] + gap + spelt[len(outward) :]
    answer = find_place(tables, messy)
    assert answer.place is not None, messy
    assert answer.place.ward.code == row["ward_code"]


@given(st.text(max_size=60))
def test_no_text_breaks_the_search_for_a_place(tables: Tables, text: str) -> None:
    answer = find_place(tables, text)
    assert answer.status in {"found", "outside_leeds", "not_found", "ambiguous"}
    for place in (answer.place, *answer.options):
        assert place is None or describe_place(place)["ward_code"]
    for postcode in find_postcodes(text):
        assert str(postcode) not in answer.query


@given(st.from_regex(r"[A-Za-z]{1,2}[0-9]{1,2} ?[0-9][A-Za-z]{2}", fullmatch=True))
def test_an_answer_never_holds_a_full_postcode(tables: Tables, text: str) -> None:
    answer = find_place(tables, text)
    assert not find_postcodes(answer.query)
    if answer.place is not None:
        assert not find_postcodes(answer.place.name)


@pytest.mark.parametrize("text", ["LS9 6ZZ", "ls96zz"])
def test_a_postcode_no_longer_in_use_falls_back_to_its_sector(tables: Tables, text: str) -> None:
    answer = find_place(tables, text)
    assert answer.place is not None
    assert (answer.place.kind, answer.place.name) == ("sector", "LS9 6")


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("LS9 6", "sector", "LS9 6"),
        ("ls96", "sector", "LS9 6"),
        ("LS9", "outcode", "LS9"),
        ("ls 11", "outcode", "LS11"),
    ],
)
def test_part_of_a_postcode_is_enough(tables: Tables, text: str, kind: str, name: str) -> None:
    answer = find_place(tables, text)
    assert answer.place is not None
    assert (answer.place.kind, answer.place.name) == (kind, name)


@pytest.mark.parametrize(
    "text",
    [
        "BD1 1AA",
        "SW1A 1AA",
        "M1 1AE",
        "HG1 1AA",
        "WF2",
        "LS29 9AA",
        "LS24 8ZZ",
        "Bradford",
        "wakefield",
        "Manchester",
        "York",
        "Huddersfield",
        "Harrogate",
        "bradfrod",
        "im in halifax",
        "Park Lane, Bradford",
        "London",
    ],
)
def test_places_elsewhere_are_said_to_be_outside_leeds(tables: Tables, text: str) -> None:
    answer = find_place(tables, text)
    assert (answer.status, answer.place) == ("outside_leeds", None)


@pytest.mark.parametrize("text", ["BD3", "LS29", "WF10"])
def test_an_outcode_that_is_only_partly_in_leeds_is_asked_about(tables: Tables, text: str) -> None:
    answer = find_place(tables, text)
    assert answer.status == "ambiguous"
    assert answer.options


@pytest.mark.parametrize(
    ("text", "ward"),
    [
        ("town", "Little London & Woodhouse"),
        ("city centre", "Little London & Woodhouse"),
        ("hyde prak", "Headingley & Hyde Park"),
        ("harehils", "Gipton & Harehills"),
        ("Headingly", "Headingley & Hyde Park"),
        ("seecroft", "Killingbeck & Seacroft"),
        ("chapletown", "Chapel Allerton"),
        ("gipon", "Gipton & Harehills"),
        ("midleton", "Middleton Park"),
        ("im in seacroft love", "Killingbeck & Seacroft"),
        ("jimmy's", "Gipton & Harehills"),
        ("GIPTON AND HAREHILLS", "Gipton & Harehills"),
        ("Armley, Leeds", "Armley"),
        ("ottley", "Otley & Yeadon"),
        ("pudsy", "Pudsey"),
        ("York Road", "Burmantofts & Richmond Hill"),
        ("E05011394", "Gipton & Harehills"),
    ],
)
def test_areas_are_found_as_people_write_them(tables: Tables, text: str, ward: str) -> None:
    answer = find_place(tables, text)
    assert answer.place is not None, answer
    assert answer.place.ward.name == ward


@pytest.mark.parametrize(
    "text",
    [
        "near the Merrion Centre",
        "asked",
        "my house",
        "the kids",
        "benefits",
        "hungry",
        "nowhere",
        "help me please",
        "food bank",
        "universal credit",
        "morning",
        "electric",
        "💥",
        "???",
        "12345",
        "/restart",
    ],
)
def test_slips_are_forgiven_but_other_words_are_not_taken_for_places(tables: Tables, text: str) -> None:
    assert find_place(tables, text).status == "not_found"


def test_a_name_that_two_places_share_gives_the_choice(client: TestClient) -> None:
    answer = ask(client, "Morley")
    assert answer["status"] == "ambiguous"
    assert {option["ward"] for option in answer["options"]} == {"Morley North", "Morley South"}
    assert len({option["name"] for option in answer["options"]}) == len(answer["options"])


def test_the_whole_city_is_no_place(tables: Tables) -> None:
    assert find_place(tables, "I live in Leeds").status == "ambiguous"


def test_a_rounded_point_finds_its_ward(tables: Tables) -> None:
    place = find_point(tables, 53.81, -1.50)
    assert place is not None
    assert place.ward.code == WARD_OF_HAREHILLS
    assert find_point(tables, 51.5, -0.1) is None


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "   "}, {"q": "x" * 201}])
def test_an_empty_or_endless_question_is_refused_by_name(client: TestClient, params: dict[str, str]) -> None:
    answer = client.get("/api/places", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "q"


@given(st.text(alphabet="LSOIlo0123456789 AB", max_size=9))
def test_every_reading_of_a_postcode_is_well_formed(text: str) -> None:
    for reading in read_postcode(text):
        assert reading.outward[0].isalpha()
        assert len(reading.inward) in {0, 1, 3}
        assert not reading.inward or reading.inward[0].isdigit()
