"""What is counted from chat and referrals: every end has a word, and a search says the reason that holds for all."""

import pytest
from sqlalchemy import select

from referral_directory.demand.models import DemandCount
from referral_directory.demand.outcomes import ENQUIRY_OUTCOMES, LABELS, OUTCOMES, REFERRAL_ENDS, SAID
from referral_directory.life_cycle import Outcome, Reason
from referral_directory.web.enquiries import EnquiryShape
from referral_directory.web.referrals_counting import ENDS, NO_ANSWER, WITHDRAWN
from referral_directory.web.shapes import SearchFound
from tests.directory.factories import TOKEN, make_line, make_row
from tests.directory.statistics.test_feedback import counted, service_page  # noqa: F401 - a fixture


def allowed(shape, field) -> set[str]:
    return set(shape.model_json_schema()["properties"][field]["enum"])


def test_every_way_a_referral_can_end_is_counted_under_a_word_of_its_own() -> None:
    assert set(ENDS) == {*Outcome, *Reason}
    assert {*ENDS.values(), NO_ANSWER, WITHDRAWN} <= set(REFERRAL_ENDS)
    assert set(REFERRAL_ENDS) - {*ENDS.values(), NO_ANSWER} <= {"end_closed"}


def test_what_a_search_comes_to_can_be_counted_and_every_word_has_a_label() -> None:
    assert allowed(SearchFound, "outcome") <= allowed(EnquiryShape, "outcome") == ENQUIRY_OUTCOMES
    assert {*REFERRAL_ENDS, *SAID} <= LABELS.keys()
    assert all(len(outcome) <= DemandCount.outcome.type.length for outcome in OUTCOMES)


@pytest.mark.parametrize(
    ("row", "asked", "outcome"),
    [
        (make_row(), {}, "matched"),
        (make_row(areas="LS12"), {"postcode": "LS9 6AB"}, "too_far"),
        (make_row(), {"postcode": "BD1 1AA"}, "too_far"),
        (make_line(needs="money.debt"), {}, "none_matched"),
        (make_row(opening_hours="PH off"), {}, "closed_now"),
        (make_row(who_for="Women aged 18 and over"), {"about": "man"}, "not_eligible"),
    ],
)
def test_a_search_says_why_there_is_no_help_when_that_holds_for_all(start, row, asked, outcome) -> None:
    client = start([row])
    found = client.get("/api/services/search", params={"need": "food.parcel"} | asked)
    assert found.status_code == 200, found.text
    assert found.json()["outcome"] == outcome


def test_a_report_of_wrong_details_is_counted_without_its_words(start, counted) -> None:  # noqa: F811
    client = start([make_row()])
    path = service_page(client).replace("/did-this-help/", "/services/") + "/report"
    token = client.get(path).text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "field": "phone", "words": "Nobody has this number."}
    assert client.post(path, data=form, follow_redirects=False).status_code == 303
    assert counted() == [("food.parcel", "unknown", "said_wrong_details", 1)]


def test_an_enquiry_with_each_reason_of_a_search_is_taken(start, writing) -> None:
    client = start([make_row()])
    for outcome in sorted(allowed(SearchFound, "outcome")):
        body = {"need": "food.parcel", "channel": "web", "language": "en", "outcome": outcome}
        sent = client.post(
            "/api/enquiries",
            json=body | {"key": f"conversation {outcome}"},
            headers={"authorization": f"Bearer {TOKEN}"},
        )
        assert sent.status_code == 204
    with writing() as session:
        assert set(session.scalars(select(DemandCount.outcome))) == allowed(SearchFound, "outcome")
