"""Residents and services say what is wrong or different: no account, no name."""

from sqlalchemy import select

from referral_directory.database import transaction
from referral_directory.field_encryption import read_field_keys
from referral_directory.truth.keeping import ask_due
from referral_directory.truth.models import RecordReport, ServiceLink
from tests.directory.factories import MONDAY_MORNING, opened
from tests.directory.staff.visiting import send
from tests.directory.truth.visiting import LARDER, OLD_LARDER, RECORD, deliver, link_in

REPORT = f"/services/{LARDER}/report"


def follow_link(curator, visitor, settings, clock) -> str:
    """Have a curator ask the service, and open the mail: the path of its link."""
    assert send(curator, RECORD, f"{RECORD}/ask").status_code == 303
    path = link_in(deliver(settings, clock)[-1])
    assert visitor.get(path).status_code == 200
    return path


def test_every_card_says_where_to_report_it(card, visitor):
    assert card()["report_url"].endswith(REPORT)
    assert f'href="{REPORT}"' in visitor.get(f"/services/{LARDER}").text


def test_a_resident_says_what_is_wrong_and_the_curator_sees_it(visitor, curator):
    answer = send(visitor, REPORT, field="phone", words="The number is 0113 496 0009 now")
    assert answer.status_code == 303
    assert "Thank you" in visitor.get(answer.headers["location"]).text
    assert "1 report to look at" in curator.get("/staff/records?kind=reported").text
    assert "The phone number: The number is 0113 496 0009 now" in curator.get(RECORD).text
    send(curator, RECORD, f"{RECORD}/reports")
    assert "1 report" not in curator.get("/staff/records").text


def test_nothing_of_who_reports_is_kept(visitor, settings):
    send(visitor, REPORT, field="gone", words="")
    with opened(settings) as database, database.read() as session:
        report = session.scalars(select(RecordReport)).one()
    assert {column.name for column in RecordReport.__table__.columns} == {
        "id", "service_id", "field", "words", "said_by", "made_at", "settled_at", "settled_by",
    }  # fmt: skip
    assert (report.said_by, report.words, report.settled_by) == ("resident", "", "")


def test_the_words_of_a_report_go_when_it_is_settled(visitor, curator, settings):
    send(visitor, REPORT, field="other", words="I am Anna and it is closed")
    send(curator, RECORD, f"{RECORD}/reports")
    with opened(settings) as database, database.read() as session:
        assert session.scalars(select(RecordReport)).one().words == ""


def test_a_report_says_which_field_and_not_too_much(visitor):
    for typed, field in (
        ({"field": ""}, "field"),
        ({"field": "x"}, "field"),
        ({"field": "other", "words": " "}, "words"),
        ({"field": "phone", "words": "w" * 601}, "words"),
    ):
        page = send(visitor, REPORT, **typed)
        assert page.status_code == 422, typed
        assert f'id="{field}-wrong"' in page.text, typed


def test_html_in_a_report_is_text_on_the_curators_page(visitor, curator):
    send(visitor, REPORT, field="other", words="<script>alert(1)</script>")
    page = curator.get(RECORD).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_a_robot_is_slowed_down_and_other_people_are_not(new_browser):
    robot = new_browser("198.51.100.9")
    answers = [send(robot, REPORT, field="phone").status_code for _ in range(7)]
    assert answers == [303] * 5 + [429] * 2
    assert send(new_browser("203.0.113.5"), REPORT, field="phone").status_code == 303


def test_a_report_needs_our_own_form_and_a_public_service(visitor):
    assert visitor.post(REPORT, data={"field": "phone"}).status_code == 403
    assert visitor.get(f"/services/{OLD_LARDER}/report").status_code == 404


def test_a_service_says_with_one_click_that_all_is_right(curator, visitor, settings, clock, card):
    path = follow_link(curator, visitor, settings, clock)
    assert send(visitor, path, say="right").status_code == 303
    assert card()["checked"]["by"] == "the service itself"
    assert card()["checked"]["date"] == "2026-11-02"
    assert "the service itself" in curator.get(f"{RECORD}/history").text


def test_opening_a_link_changes_nothing(curator, visitor, settings, clock, card):
    before = card()
    path = follow_link(curator, visitor, settings, clock)
    visitor.get(path)
    assert card() == before


def test_full_today_and_until_friday_show_at_once_and_end_by_themselves(
    curator, visitor, settings, clock, card
):
    path = follow_link(curator, visitor, settings, clock)
    send(visitor, path, say="full", until="today")
    assert (
        card()["notice"]["text"]
        == "Full today: it cannot take anybody new. Said by the service itself on Monday 2 November."
    )
    send(visitor, path, say="full", until="friday")
    assert card()["notice"]["until"] == "2026-11-06"
    clock.move(days=5)
    assert card()["notice"] is None


def test_a_service_that_is_full_comes_after_those_that_are_not(curator, visitor, settings, clock):
    from tests.directory.factories import make_row, north, seed, write_starter

    write_starter(
        settings.data_dir,
        [make_row(email="larder@example.org"), make_row(id="far", name="Far Larder", lat=north(1))],
    )
    seed(settings)
    where = {"need": "food.parcel", "lat": "53.81", "lon": "-1.50"}

    def order():
        return [one["name"] for one in visitor.get("/api/services/search", params=where).json()["services"]]

    assert order() == ["Harehills Larder", "Far Larder"]
    send(visitor, follow_link(curator, visitor, settings, clock), say="full", until="today")
    assert order() == ["Far Larder", "Harehills Larder"]


def test_closed_this_week_closes_it_up_to_sunday_and_can_be_taken_back(
    curator, visitor, settings, clock, card
):
    path = follow_link(curator, visitor, settings, clock)
    send(visitor, path, say="closed", until="week")
    assert card()["open"] == {"state": "closed", "text": "Closed up to and including Sunday 8 November"}
    send(visitor, path, say="room")
    assert card()["open"]["state"] == "open"


def test_what_a_service_says_is_wrong_goes_to_the_curators(curator, visitor, settings, clock):
    path = follow_link(curator, visitor, settings, clock)
    send(visitor, path, say="wrong", field="cost", words="It costs £1 now")
    assert "What it costs: It costs £1 now (a service" in curator.get(RECORD).text


def test_days_that_cannot_be_are_refused(curator, visitor, settings, clock, card):
    path = follow_link(curator, visitor, settings, clock)
    for typed in ({"say": "full", "until": "2026-10-01"}, {"say": "full", "until": "never"}, {"say": "elsewhere"},
                  {"say": "closed", "first_day": "x", "until": "today"}):  # fmt: skip
        assert send(visitor, path, **typed).status_code == 422, typed
    assert card()["notice"] is None


def test_a_link_ends_after_ninety_days_and_is_kept_only_as_a_digest(curator, visitor, settings, clock):
    path = follow_link(curator, visitor, settings, clock)
    assert visitor.get("/keep/guessed").status_code == 404
    with opened(settings) as database, database.read() as session:
        assert path.encode() not in session.scalars(select(ServiceLink.digest)).one()
    clock.move(days=91)
    assert visitor.get(path).status_code == 404


def test_services_whose_record_is_due_are_asked_once_a_month(settings, clock, app):
    keys = read_field_keys(settings.get_field_keys())
    asked = []
    for days in (0, 60, 1, 31):
        clock.move(days=days)
        with opened(settings) as database, transaction(database) as session:
            asked.append(ask_due(session, keys, clock()))
    assert asked == [0, 1, 0, 1]
    mails = deliver(settings, clock)
    assert len(mails) == 2
    assert "Is this still right" in mails[0]
    assert clock() > MONDAY_MORNING


def test_a_record_without_an_address_for_mail_says_to_ring(curator, visitor):
    doubtful = f"/staff/records/{OLD_LARDER}"
    assert "no e-mail address: ring" in curator.get(doubtful).text
    assert send(curator, doubtful, f"{doubtful}/ask").status_code == 422
