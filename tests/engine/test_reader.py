"""How messages are cut and read, on a handful of examples."""

import pytest

from engine.clauses import clauses
from engine.reader import Example, Reader, Settings, train

EXAMPLES = [
    Example(text, [label])
    for label, texts in {
        "food.parcel": [
            "no food in the house",
            "we have nothing to eat",
            "need a food parcel",
            "cupboards are empty",
        ],
        "fuel.meter": [
            "the meter ran out",
            "electric meter is empty",
            "no money on the gas meter",
            "leccy has gone off",
        ],
        "thanks": ["thank you", "ta love", "cheers for that", "thanks a lot"],
    }.items()
    for text in texts
]


@pytest.fixture(scope="module")
def reader():
    return train(EXAMPLES, Settings())


def best(reader, text):
    scores = reader.log_odds(text)
    return reader.labels[int(scores.argmax())]


def test_a_story_is_cut_where_people_string_their_troubles_together():
    story = "ive got nothing in for tea and the leccy is about to run out, im in Harehills"
    assert clauses(story) == [
        "ive got nothing in for tea",
        "the leccy is about to run out",
        "im in Harehills",
    ]


def test_a_single_clause_is_not_cut():
    assert clauses("need food") == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("nothing to eat in the house", "food.parcel"),
        ("the electric meter ran out", "fuel.meter"),
        ("thank you", "thanks"),
    ],
)
def test_a_message_like_the_examples_is_read_like_them(reader, text, label):
    assert best(reader, text) == label


def test_a_reader_that_was_saved_reads_the_same(reader, tmp_path):
    reader.save(tmp_path)
    loaded = Reader.load(tmp_path)
    for text in ("no food and the meter is empty", "thanks", "Ω emoji 🍞", ""):
        assert loaded.log_odds(text) == pytest.approx(reader.log_odds(text), abs=1e-4)
