from actions.needs import NEEDS, TOPICS, URGENT, in_order_of_urgency, needs_of_topic
from tests.actions.factories import DOMAIN


def test_urgent_needs_come_first_in_their_order_and_others_as_they_were_said():
    said = ["money.debt", "essentials.baby", "food.parcel", "digital.data", "housing.homeless"]
    assert in_order_of_urgency(said) == [
        "housing.homeless",
        "food.parcel",
        "essentials.baby",
        "money.debt",
        "digital.data",
    ]


def test_a_need_said_twice_counts_once_and_unknown_codes_not_at_all():
    assert in_order_of_urgency(["money.debt", "money.lottery", "money.debt", ""]) == ["money.debt"]


def test_each_need_belongs_to_one_topic():
    assert [code for topic in TOPICS for code in needs_of_topic(topic)] == list(NEEDS)
    assert needs_of_topic("weather") == []


def test_the_codes_are_the_intents_of_the_domain():
    assert [intent for intent in DOMAIN["intents"] if "." in intent] == list(NEEDS)
    assert set(URGENT) <= set(NEEDS)
