"""What somebody writes after sending reaches who has to read it: "do not ring that number any more"."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from referral_directory.database import transaction
from referral_directory.referrals.models import Referral
from tests.directory.factories import opened
from tests.directory.referrals.following import (
    NAME,
    PHONE,
    act,
    answer,
    look_up,
    make_referral,
    start_draft,
    visit,
)
from tests.directory.staff.visiting import send

NOTE = "Do not ring that number any more"
WROTE = "The person wrote something"
NEWS = "something new about referral"


def write(resident, made, text: str = NOTE):
    return look_up(resident, made, action="note", note=text)


def share(staff, page, text: str = NOTE):
    return send(staff, page, to=f"{page}/note", note=text, shared="yes")


def change(staff, page, **fields: str):
    return send(staff, f"{page}/contact", **({"phone": PHONE, "safe_contact": "Texts only"} | fields))


def news(post) -> list[str]:
    post.deliver()
    return [message.as_string() for message in post.messages() if NEWS in message["Subject"]]


def test_what_the_resident_writes_waits_for_staff_until_they_open_it(staff, post, new_browser):
    made = make_referral(staff, post)
    assert WROTE not in staff.get("/staff/referrals").text
    write(new_browser(), made)
    assert WROTE in staff.get("/staff/referrals").text
    assert NOTE in staff.get(made.page).text
    assert WROTE not in staff.get("/staff/referrals").text


def test_what_the_resident_writes_is_mailed_to_the_service_without_a_word_of_it(staff, post, new_browser):
    made = make_referral(staff, post)
    write(new_browser(), made)
    [mail] = news(post)
    assert "larder@example.org" in mail
    assert [word for word in (NOTE, NAME, PHONE) if word in mail] == []
    assert NOTE in visit(new_browser(), post, post.links()[-1]).text


def test_a_note_that_staff_share_is_mailed_too_and_one_of_their_own_is_not(staff, post):
    made = make_referral(staff, post)
    send(staff, made.page, to=f"{made.page}/note", note="For our eyes only")
    assert news(post) == []
    share(staff, made.page)
    assert len(news(post)) == 1
    assert (
        "That there is something new to larder@example.org: Kept on this machine" in staff.get(made.page).text
    )


def test_many_notes_are_one_mail_while_it_waits(staff, post, new_browser):
    made = make_referral(staff, post)
    for _ in range(3):
        write(new_browser(), made)
    assert len(news(post)) == 1
    write(new_browser(), made)
    assert len(news(post)) == 2


def test_without_a_service_only_staff_read_it_and_the_page_says_so(staff, post, new_browser):
    made, resident = make_referral(staff, post), new_browser()
    act(staff, made.page, "withdraw")
    page = write(resident, made, "Thank you all the same").text
    assert "Your note is kept. Only your community space can read it" in page
    assert "Thank you all the same" in page
    assert WROTE in staff.get("/staff/referrals").text
    assert news(post) == []
    assert "for your space only" in staff.get(made.page).text


def test_staff_change_the_number_and_the_service_sees_it_at_once(staff, post, new_browser, clock):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    assert change(staff, made.page, phone="0113 496 0777").status_code == 303
    page = provider.get(made.link).text
    assert "0113 496 0777" in page
    assert "Texts only" in page
    assert PHONE not in page
    assert "How to get in touch has changed" in page
    [mail] = news(post)
    assert "0113 496 0777" not in mail


def test_changing_nothing_tells_nobody(staff, post):
    made = make_referral(staff, post)
    change(staff, made.page)
    assert len(news(post)) == 1
    change(staff, made.page)
    assert len(news(post)) == 1


def test_a_way_to_reach_the_person_is_left(staff, post):
    made = make_referral(staff, post)
    refused = change(staff, made.page, phone=" ")
    assert refused.status_code == 422
    assert "Type a telephone number" in refused.text
    assert PHONE in staff.get(made.page).text


def test_contact_is_changed_only_while_a_service_has_the_referral(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "decline", reason="full")
    assert staff.get(f"{made.page}/contact").status_code == 409
    assert "Change how to get in touch" not in staff.get(made.page).text


def test_an_answer_to_a_question_is_told_as_one(staff, post, new_browser):
    made, provider = make_referral(staff, post), new_browser()
    visit(provider, post, made.link)
    answer(provider, made.link, "ask", question="Is gluten a problem?")
    share(staff, made.page, "No")
    assert news(post) == []
    assert "answered" in post.messages()[-1]["Subject"]


def test_what_waits_is_shown_however_many_newer_ones_there_are(staff, post, settings):
    made = make_referral(staff, post)
    draft = start_draft(staff)
    with opened(settings) as database, transaction(database) as session:
        for reference in ("waits", *(f"new-{number}" for number in range(201))):
            old = session.scalar(select(Referral).where(Referral.reference == made.reference))
            copied = {name: getattr(old, name) for name in ("community_space_id", "started_by", "news_at")}
            days = -1 if reference == "waits" else 1
            session.add(
                Referral(
                    **copied,
                    id=uuid4(),
                    reference=reference,
                    created_at=old.created_at + timedelta(days=days),
                    status="declined" if reference == "waits" else "withdrawn",
                    reason="full",
                )
            )
    waiting = staff.get("/staff/referrals").text.split("All others")[0]
    assert ">waits</a>" in waiting
    assert draft.rsplit("/", 1)[-1] in waiting
    assert "new-1" not in waiting
