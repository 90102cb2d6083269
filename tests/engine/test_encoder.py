"""The fine-tuned encoder that ships in encoder/, as the pipeline uses it."""

import numpy as np
import pytest

from engine.encoder import ANY_NEED, ENGLISH, TextEncoder, reads


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder()


def heard(encoder, text):
    return dict(zip(encoder.labels, encoder.log_odds(text), strict=True))


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("we have got nothing in the house to eat", "food.parcel"),
        ("the electric meter has run out and I cannot top it up", "fuel.meter"),
        ("I see nobody from one week to the next", "wellbeing.loneliness"),
    ],
)
def test_the_need_in_plain_words_scores_highest(encoder, text, need):
    scores = heard(encoder, text)
    needs = {label: score for label, score in scores.items() if "." in label}
    assert max(needs, key=needs.get) == need
    assert scores[ANY_NEED] > 0


def test_english_is_told_from_polish(encoder):
    assert heard(encoder, "I need help with my rent please")[ENGLISH] > 0
    assert heard(encoder, "potrzebuję pomocy z czynszem, proszę")[ENGLISH] < 0


def test_scripts_that_it_does_not_know_are_left_to_the_other_reader():
    assert reads("no food in")
    assert not reads("لا يوجد طعام")
    assert not reads("!!! 123")


def test_a_text_of_any_length_gives_numbers(encoder):
    for text in ("", "x", "help " * 3000):
        assert np.isfinite(encoder.log_odds(text)).all()
