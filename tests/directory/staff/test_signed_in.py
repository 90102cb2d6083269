"""The seam that every staff page stands on: who is signed in, and forms that only our own pages can send."""

from sqlalchemy import text

from referral_directory.application import commands
from tests.directory.factories import opened
from tests.directory.staff.visiting import csrf_of, make_link_path


def test_a_visitor_is_sent_to_sign_in_and_comes_back(visitor):
    answer = visitor.get("/staff?page=2", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/sign-in?next=/staff%3Fpage%3D2")


def test_the_link_of_this_machine_signs_in_once(visitor, settings, clock):
    path = make_link_path(settings, clock)
    page = visitor.get(path)
    assert visitor.get(path).status_code == 200  # looking does not use it up
    answer = visitor.post(path, data={"csrf_token": csrf_of(page)}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
    assert "Administrator of this machine" in visitor.get("/staff").text
    assert visitor.get(path).status_code == 404


def test_the_link_of_this_machine_ends_after_an_hour(visitor, settings, clock):
    path = make_link_path(settings, clock)
    clock.move(hours=1)
    assert visitor.get(path).status_code == 404


def test_a_newer_link_ends_the_one_before(visitor, settings, clock):
    older, newer = make_link_path(settings, clock), make_link_path(settings, clock)
    assert visitor.get(older).status_code == 404
    assert visitor.get(newer).status_code == 200


def test_the_link_is_not_stored(settings, clock):
    path = make_link_path(settings, clock)
    with opened(settings) as database, database.read() as session:
        rows = session.execute(text("SELECT * FROM staff_link")).all()
    assert len(rows) == 1
    assert path.rsplit("/", 1)[-1] not in str(rows)


def test_the_command_makes_a_link_at_the_public_address(settings):
    with opened(settings) as database:
        assert commands.make_staff_link(settings, database).startswith("http://127.0.0.1:8080/staff/link/")


def test_a_session_opens_the_staff_pages(administrator):
    page = administrator.get("/staff")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in page.headers
