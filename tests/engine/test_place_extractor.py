"""Which places the assistant hears in a message."""

from pathlib import Path

import pytest

from engine.place_extractor import PlaceExtractor, _normal


def lookup_names():
    lines = Path("data/places/nlu.yml").read_text(encoding="utf-8").splitlines()
    return [line[6:] for line in lines if line.startswith("    - ")]


@pytest.fixture(scope="module")
def extractor():
    return PlaceExtractor(None, None, {_normal(name): name for name in lookup_names()})


def heard(extractor, text):
    return [entity["value"] for entity in extractor.places(text)]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("no food, im in Harehills with two kids", ["Harehills"]),
        ("IM IN HAREHILLS", ["Harehills"]),
        ("in hairhills", ["Harehills"]),
        ("seacroft", ["Seacroft"]),
        ("just off hyde park corner", ["Hyde Park Corner"]),
        ("my mum lives in chapel allerton and shes cold", ["Chapel Allerton"]),
        ("ls9", ["LS9"]),
        ("i live in LS9 6", ["LS9 6"]),
        ("somewhere in leeds 9", ["LS9"]),
        ("ls96 or so", ["LS96"]),
        ("its [place:E05011394:53.81:-1.50] love", ["[place:E05011394:53.81:-1.50]"]),
        ("moved from bradford to armley", ["Bradford", "Armley"]),
        ("near town", ["town"]),
    ],
)
def test_a_place_is_heard_as_people_say_it(extractor, text, places):
    assert heard(extractor, text) == places


@pytest.mark.parametrize(
    "text",
    [
        "i have nothing in the cupboard and need some food for the weekend please",
        "my phone is broken and i need to ring the council about my rent",
        "lost 20 quid on the bus on the way back to my mates",
        "paid 9 pounds for one bag of shopping at the shop round the corner",
        "",
    ],
)
def test_a_message_without_a_place_has_none(extractor, text):
    assert heard(extractor, text) == []


def test_an_entity_says_where_in_the_message_it_stands(extractor):
    text = "cold flat in Gipton, no heating"
    (entity,) = extractor.places(text)
    assert text[entity["start"] : entity["end"]] == "Gipton"
