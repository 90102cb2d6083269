"""A confidential address is stored, and leaves through no output at all."""

import zipfile

import pytest
from fastapi.routing import iter_route_contexts

from referral_directory.catalogue.loading import list_services
from referral_directory.truth.files import write_file
from tests.directory.factories import make_row, opened, seed, write_starter
from tests.directory.staff.visiting import send
from tests.directory.truth.feeds import FakeFeed, serving
from tests.directory.truth.test_curating import edit, form_of
from tests.directory.truth.visiting import LARDER, RECORD, SERVICE_MAIL, deliver, link_in

STREET, POSTCODE = "77 Hidden Court", "LS12 3AA"
SECRETS = (STREET, POSTCODE, "LS123AA", "53.7951", "-1.5879")
HIDDEN = {
    "address": STREET,
    "postcode": POSTCODE,
    "lat": "53.7951",
    "lon": "-1.5879",
    "ward_code": "E05011398",
}


@pytest.fixture
def records(settings) -> None:
    """A refuge whose address nobody may know."""
    write_starter(settings.data_dir, [make_row(email=SERVICE_MAIL, confidential="yes", **HIDDEN)])
    seed(settings)


def assert_silent(text: str, where: object) -> None:
    """None of it is in a text."""
    assert [secret for secret in SECRETS if secret.casefold() in text.casefold()] == [], where


def test_no_address_of_the_directory_tells_it_to_anybody(app, visitor, curator):
    """Every GET route there is, to residents, programs and curators alike, with its own id filled in."""
    edit(curator, cost="£1")  # so that there is a history
    asked = 0
    for context in iter_route_contexts(app.routes):
        if "GET" not in (context.methods or ()):
            continue
        path = context.path
        for name in ("identity", "service", "service_id", "id"):
            path = path.replace("{" + name + "}", str(LARDER))
        for query in (
            "",
            "?q=hidden+court",
            "?q=larder&full=true",
            "?words=larder",
            "?postcode=LS12+3AA&proximity=2000",
            "?need=food.parcel&lat=53.79&lon=-1.58",
        ):
            for browser in (visitor, curator):
                answer = browser.get(path + query)
                if "LS12" not in query or answer.headers.get("content-type", "").startswith(
                    "application/json"
                ):
                    assert_silent(
                        answer.text.replace("LS12 3AA", "") if "LS12" in query else answer.text, path + query
                    )
                asked += 1
    assert asked > 300


def test_the_check_would_find_it(visitor, settings):
    write_starter(settings.data_dir, [make_row(confidential="no", **HIDDEN)])
    seed(settings)
    with pytest.raises(AssertionError):
        assert_silent(visitor.get(f"/services/{LARDER}").text, "page")
    with pytest.raises(AssertionError):
        assert_silent(visitor.get(f"/openreferral/v3/services/{LARDER}").text, "feed")


def test_searching_for_the_hidden_place_finds_no_distance(visitor):
    found = visitor.get("/api/services/search", params={"q": "larder", "postcode": POSTCODE}).json()[
        "services"
    ]
    assert [one["distance_km"] for one in found] == [None]
    assert [(one["lat"], one["lon"], one["ward"], one["postcode"]) for one in found] == [
        (None, None, None, None)
    ]


def test_its_own_page_mail_and_history_do_not_tell_it(curator, visitor, settings, clock):
    send(curator, RECORD, f"{RECORD}/ask")
    mail = deliver(settings, clock)[-1]
    assert_silent(mail, "mail")
    assert_silent(visitor.get(link_in(mail)).text, "own page")
    edit(curator, address="78 Hidden Court", postcode=POSTCODE)
    history = curator.get(f"{RECORD}/history").text
    assert "confidential, not shown" in history
    assert "Hidden Court" not in history


@pytest.mark.parametrize("kind", ["csv", "ods", "json"])
def test_exports_leave_it_out_and_an_import_of_them_keeps_it(settings, tmp_path, kind, visitor):
    from tests.directory.truth.test_files import export, load

    path = export(settings, tmp_path / f"out.{kind}")
    raw = path.read_bytes()
    if kind == "ods":
        with zipfile.ZipFile(path) as package:
            raw = package.read("content.xml")
    assert_silent(raw.decode(), kind)
    assert load(settings, path).unchanged == 1
    with opened(settings) as database, database.read() as session:
        assert list_services(session)[0].locations[0].location.addresses[0].address_1 == STREET
        assert write_file(tmp_path / "again.csv", list_services(session)) == 1


def test_an_edit_keeps_it_without_showing_it_and_a_tick_alone_does_not_reveal_it(curator, settings, card):
    assert form_of(curator.get(f"{RECORD}/edit"))["address"] == [""]
    edit(curator, cost="£1")
    with opened(settings) as database, database.read() as session:
        assert list_services(session)[0].locations[0].location.addresses[0].address_1 == STREET
    edit(curator, confidential="no")
    assert card()["address"] is None
    edit(curator, confidential="no", address="1 Open Street", postcode="LS9 6AB")
    assert card()["address"] == "1 Open Street"
    assert_silent(curator.get(f"{RECORD}/history").text, "history")


def test_merging_does_not_carry_it_into_another_record(curator, visitor, settings, card):
    write_starter(
        settings.data_dir,
        [
            make_row(confidential="yes", **HIDDEN),
            make_row(id="b", name="B", address="", postcode="", lat="", lon="", ward_code=""),
        ],
    )
    seed(settings)
    from referral_directory.catalogue.models import make_id

    other = make_id("b")
    send(
        curator,
        f"/staff/records/{other}/merge?other={LARDER}",
        f"/staff/records/{other}/merge",
        other=str(LARDER),
    )
    assert_silent(visitor.get(f"/services/{other}").text, "merged")
    assert visitor.get(f"/api/services/{other}").json()["lat"] is None


def test_the_feed_read_by_somebody_else_has_no_place(visitor, settings):
    body = visitor.get("/openreferral/v3/services", params={"full": "true"}).text
    assert_silent(body, "feed")
    with serving(FakeFeed([])):
        assert "Harehills Larder" in body
