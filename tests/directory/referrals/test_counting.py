"""Referrals and their ends are counted where they happen: a word and a number, and nothing of whose they were."""

import pytest
from sqlalchemy import select

from referral_directory.demand.models import DemandCount
from tests.directory.factories import opened
from tests.directory.referrals.following import act, answer, look_up, make_referral, visit


def counted(settings) -> dict[str, int]:
    """The counters by outcome."""
    with opened(settings) as database, database.read() as session:
        return {row.outcome: row.count for row in session.scalars(select(DemandCount))}


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"action": "decline", "reason": "full"}, "end_full"),
        ({"action": "decline", "reason": "outside_area"}, "end_too_far"),
        ({"action": "decline", "reason": "duplicate"}, "end_duplicate"),
        ({"action": "complete", "outcome": "partly"}, "end_partly"),
        ({"action": "complete", "outcome": "not_reached"}, "end_not_reached"),
    ],
)
def test_what_a_provider_answers_is_counted_once(staff, post, new_browser, settings, said, word) -> None:
    made, provider = make_referral(staff, post), new_browser()
    assert counted(settings) == {"sent": 1}
    visit(provider, post, made.link)
    if said["action"] == "complete":
        answer(provider, made.link, "accept")
        answer(provider, made.link, "begin")
    typed = {name: value for name, value in said.items() if name != "action"}
    assert answer(provider, made.link, said["action"], **typed).status_code == 303
    assert counted(settings) == {"sent": 1, word: 1}


def test_a_withdrawn_referral_is_counted_as_withdrawn(staff, post, settings) -> None:
    made = make_referral(staff, post)
    act(staff, made.page, "withdraw")
    assert counted(settings) == {"sent": 1, "end_withdrawn": 1}


@pytest.mark.parametrize("by", ["resident", "staff"])
@pytest.mark.parametrize(
    ("end", "word"),
    [
        ({"action": "complete", "outcome": "helped"}, "end_helped"),
        ({"action": "decline", "reason": "full"}, "end_full"),
    ],
)
def test_an_end_that_was_counted_is_not_counted_again_when_consent_is_withdrawn(
    staff, post, new_browser, settings, by, end, word
) -> None:
    made = make_referral(staff, post)
    act(staff, made.page, **end)
    if by == "staff":
        assert act(staff, made.page, "withdraw").status_code == 303
    else:
        assert "is withdrawn" in look_up(new_browser(), made, action="withdraw").text
    assert counted(settings) == {"sent": 1, word: 1}
