"""Mail: in the transaction of what it tells, at least once, over TLS, and never lost in silence."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from referral_directory.application.application import purge
from referral_directory.application.referrals import make_sender
from referral_directory.database import transaction
from referral_directory.errors import NotDelivered
from referral_directory.referrals.delivery import MOST_TRIES, delay_after
from referral_directory.referrals.models import ReferralMail
from referral_directory.referrals.outbox import deliver_due
from referral_directory.web.figures import read_status
from tests.directory.factories import opened
from tests.directory.referrals.following import (
    PERSONAL,
    act,
    agree,
    choose,
    fill_in,
    make_referral,
    start_draft,
)
from tests.directory.staff.visiting import send
from tests.mail_server import make_certificate, serve_mail

NOT_OUT = "A mail to the service did not go out: try it again, or ring"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(certificate):
    with serve_mail(certificate) as running:
        yield running


def mailing(settings, server, certificate, password="right"):
    controller, _ = server
    return make_sender(
        settings.model_copy(
            update={
                "mail_host": "127.0.0.1",
                "mail_port": controller.port,
                "mail_username": "signpost",
                "mail_password": password,
                "mail_from": "referrals@example.org",
                "mail_ca_file": certificate,
            }
        )
    )


def send_one(staff) -> str:
    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    assert fill_in(staff, page).status_code == 303
    return page


def run(post, send):
    with opened(post.settings) as database:
        return deliver_due(database, post.keys, send, post.clock)


def test_mail_goes_to_a_real_server_over_tls_and_names_nobody(staff, post, settings, server, certificate):
    send_one(staff)
    assert run(post, mailing(settings, server, certificate[0])) == (1, 0)
    assert run(post, mailing(settings, server, certificate[0])) == (0, 0)
    [(recipients, content, encrypted)] = server[1].messages
    assert recipients == ["larder@example.org"]
    assert encrypted
    assert "/provider/" in content
    assert [word for word in PERSONAL if word in content] == []


def test_a_server_that_is_not_trusted_or_refuses_gets_nothing_and_it_shows(
    staff, post, settings, server, certificate
):
    page = send_one(staff)
    assert run(post, mailing(settings, server, None)) == (0, 1)
    assert "SSLCertVerificationError" in staff.get(page).text
    post.clock.move(minutes=1)
    assert run(post, mailing(settings, server, certificate[0], password="wrong")) == (0, 1)
    assert "SMTPAuthenticationError" in staff.get(page).text
    assert server[1].messages == []


def test_a_server_that_is_down_for_an_hour_loses_nothing(staff, post, settings, server, certificate):
    send_one(staff)

    def down(letter):
        raise NotDelivered("away")

    failures = 0
    for _ in range(12):
        failures += run(post, down)[1]
        post.clock.move(minutes=5)
    assert 4 <= failures <= 8
    post.clock.move(hours=1)
    assert run(post, mailing(settings, server, certificate[0])) == (1, 0)
    assert len(server[1].messages) == 1


def test_delays_grow_to_an_hour():
    delays = [delay_after(tries) for tries in range(1, MOST_TRIES + 1)]
    assert delays[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=1)


def test_mail_that_is_given_up_is_shown_and_can_be_tried_again(staff, post):
    page = send_one(staff)

    def down(letter):
        raise NotDelivered("away")

    for _ in range(30):
        run(post, down)
        post.clock.move(minutes=20)
        shown = staff.get(page).text  # which keeps the session alive
    assert f"Given up after {MOST_TRIES} tries" in shown
    assert "Ring the service" in shown
    assert NOT_OUT in shown
    waiting = staff.get("/staff/referrals").text.split("All others")[0]
    assert NOT_OUT in waiting
    assert page in waiting
    assert post.deliver() == (0, 0)
    act(staff, page, "mail_again")
    assert post.deliver() == (1, 0)
    assert NOT_OUT not in staff.get("/staff/referrals").text
    assert NOT_OUT not in staff.get(page).text


@pytest.mark.parametrize("end", ["delivered", "given up"])
def test_mail_about_a_page_goes_a_day_after_its_end_and_mail_about_a_referral_stays(
    staff, post, new_browser, end
):
    def down(letter):
        raise NotDelivered("away")

    def kept() -> tuple[list[str], int]:
        """The kinds of mail that are kept after the hourly purge, and how many the status says were given up."""
        purge(directory)
        with directory.database.read() as session:
            kinds = session.scalars(select(ReferralMail.kind).order_by(ReferralMail.kind)).all()
            return list(kinds), read_status(session, post.clock()).mail_given_up

    directory = staff.app.state.directory
    send_one(staff)
    send(new_browser(), "/providers", email="larder@example.org")
    assert kept() == (["new", "page"], 0)
    while end == "given up" and kept()[1] < 2:
        run(post, down)
        post.clock.move(minutes=5)
    post.deliver()
    post.clock.move(hours=23)
    assert kept() == (["new", "page"], 2 if end == "given up" else 0)
    post.clock.move(hours=1)
    assert kept() == (["new"], 1 if end == "given up" else 0)


def test_a_mail_whose_secret_does_not_open_keeps_no_other_waiting(staff, post):
    from sqlalchemy import text

    page = send_one(staff)
    with opened(post.settings) as database, transaction(database) as session:
        session.execute(text("UPDATE referral_mail SET secret = :other"), {"other": b"\x01" + b"0" * 60})
    post.clock.move(minutes=1)
    send_one(staff)
    assert post.deliver() == (1, 1)
    assert "was sealed with a key that we do not hold" in staff.get(page).text
    post.clock.move(minutes=1)
    assert post.deliver() == (0, 1)  # tried again, in case the key comes back


def test_a_worker_that_dies_after_sending_sends_the_same_mail_again(staff, post):
    send_one(staff)
    identities = []

    def die(letter):
        identities.append(letter.id)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(post, die)
    assert post.deliver() == (0, 0)  # claimed: another worker leaves it alone for two minutes
    post.clock.move(minutes=2)
    assert post.deliver() == (1, 0)
    assert [path.stem for path in (post.settings.state_dir / "mail").glob("*.eml")] == [str(identities[0])]


def test_mail_and_referral_are_written_together_or_not_at_all(staff, post):
    from sqlalchemy import text

    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    with opened(post.settings) as database, transaction(database) as session:
        # The audit is the last thing written: without it nothing may remain.
        session.execute(text("ALTER TABLE referral_audit RENAME TO gone"))
    assert fill_in(staff, page).status_code == 500
    with opened(post.settings) as database, transaction(database) as session:
        session.execute(text("ALTER TABLE gone RENAME TO referral_audit"))
        assert session.execute(text("SELECT count(*) FROM referral_mail")).scalar() == 0
    assert fill_in(staff, page).status_code == 303


def test_mail_that_has_not_gone_out_is_taken_back_with_the_referral(staff, post):
    page = send_one(staff)
    act(staff, page, "withdraw")
    assert post.deliver() == (0, 0)


def test_mail_files_are_for_their_owner_only(staff, post):
    make_referral(staff, post)
    folder = post.settings.state_dir / "mail"
    assert folder.stat().st_mode & 0o077 == 0
    assert [path for path in folder.iterdir() if path.stat().st_mode & 0o077] == []


def test_mail_kept_as_files_is_shown_to_administrators_only(staff, stranger, post):
    made = make_referral(staff, post)
    assert made.link in staff.get("/staff/mail").text
    assert stranger.get("/staff/mail").status_code == 403


def test_nobody_is_told_that_a_mail_arrived_that_was_only_kept_as_a_file(staff, post):
    page = staff.get(make_referral(staff, post).page).text
    assert "Kept on this machine, not sent: pass it on by hand" in page
    assert '<a href="/staff/mail">' in page
    assert "Delivered" not in page


def test_what_a_mail_server_took_is_delivered(staff, post):
    page = send_one(staff)
    staff.app.state.directory = replace(staff.app.state.directory, mail_folder=None)
    post.deliver()
    assert "larder@example.org: Delivered" in staff.get(page).text
