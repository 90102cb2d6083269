"""A service at several places keeps all of them: through feeds, edits, undoing, merging and files."""

import pytest
from sqlalchemy import select

from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.models import Address, Location, Service, make_id
from referral_directory.catalogue.records import read_record
from referral_directory.catalogue.starter import StarterRow
from referral_directory.database import transaction
from referral_directory.truth.curating import edit_record, merge_records, publish_record
from referral_directory.truth.history import CURATOR, Change, undo_to
from tests.directory.factories import MONDAY_MORNING, make_client, make_row, opened, seed, write_starter
from tests.directory.staff.visiting import send
from tests.directory.truth.feeds import FakeFeed, make_item, serving
from tests.directory.truth.importing import import_from
from tests.directory.truth.test_curating import edit, form_of
from tests.directory.truth.test_feeds import BY, _needs, change
from tests.directory.truth.test_files import export, load
from tests.directory.truth.visiting import RECORD

BRANCH = "9 Branch Road; LS12 3AA; 53.7951; -1.5879; E05011398"
HALL = "Old Hall, Leeds; LS6 2UE"
REFUGE = "77 Hidden Court; LS8 1AA; ; ; ; confidential"


def place(street: str, postcode: str = "", **point: float) -> dict:
    """A service at a location, as feeds have it."""
    address = {"address_1": street, "city": "Leeds", "postal_code": postcode}
    return {"location": {"name": street, "addresses": [address], **point}}


FIRST = place("1 Example Street", "LS9 6AB")
SECOND = place("9 Branch Road", "LS12 3AA")
THIRD = place("Old Hall; upstairs | left", latitude=53.82, longitude=-1.58)


def row_of(settings, name: str = "Advice desk 1") -> StarterRow:
    """What the record of this name says."""
    with opened(settings) as database, database.read() as session:
        return next(row for row in map(read_record, list_services(session)) if row.name == name)


def test_every_place_of_a_feed_is_kept_and_goes_when_it_is_gone_there(settings):
    with serving(FakeFeed([make_item(1, service_at_locations=[FIRST, SECOND, THIRD, SECOND, {}])])) as feed:
        assert import_from(settings, feed).notes == []
        row = row_of(settings)
        assert (row.address, row.postcode) == ("1 Example Street, Leeds", "LS9 6AB")
        branch, hall = row.more_places
        assert branch.startswith("9 Branch Road, Leeds; LS12 3AA; 53.")
        assert "; E05" in branch
        assert hall == "Old Hall, upstairs left, Leeds; ; 53.82; -1.58"
        feed.etags = False
        assert import_from(settings, feed).unchanged == 1
        feed.items = [make_item(1, service_at_locations=[FIRST, SECOND])]
        report = import_from(settings, feed)
        [differences] = report.changed.values()
        assert [one["label"] for one in differences] == ["Further places"]
        assert row_of(settings).more_places == (branch,)
        assert row_of(settings).source_url.startswith(feed.address)
    with opened(settings) as database, database.read() as session:
        # Nothing is left behind of the place that is gone.
        assert (
            len(session.scalars(select(Location)).all()) == len(session.scalars(select(Address)).all()) == 2
        )


def test_edits_and_going_back_leave_further_places_alone_and_a_curator_decides(settings):
    with serving(FakeFeed([make_item(1, service_at_locations=[FIRST, SECOND])])) as feed:
        import_from(settings, feed)
        before = row_of(settings)

        def edit_first(session, service):
            edit_record(
                session, service, {"address": "2 Other Street", "needs": "money.debt"}, _needs(), 0, BY
            )
            publish_record(session, service, True, BY)

        change(settings, "Advice desk 1", edit_first)
        after = row_of(settings)
        assert (after.address, after.more_places) == ("2 Other Street", before.more_places)
        feed.items = [make_item(1, service_at_locations=[FIRST, THIRD])]
        kept = import_from(settings, feed).kept
        assert {one["field"] for one in next(iter(kept.values()))} == {"address", "more_places"}
        assert row_of(settings) == after
        with make_client(settings) as client:
            found = client.get("/api/services/search", params={"need": "money.debt"}).json()["services"]
            page = client.get(f"/services/{found[0]['id']}").text
        assert "9 Branch Road, Leeds, LS12 3AA" in page
        change(settings, "Advice desk 1", lambda session, one: undo_to(session, one, 0, BY))
        assert row_of(settings) == before


def test_a_list_that_was_read_when_only_one_place_was_kept_is_read_again_once(settings):
    from referral_directory.truth.models import ImportPage

    with serving(FakeFeed([make_item(1, service_at_locations=[FIRST, SECOND])])) as feed:
        import_from(settings, feed)
        answers = []
        feed.meddle = lambda path, page, answer: answers.append(answer[0]) or answer  # noqa: ARG005
        with opened(settings) as database, transaction(database) as session:
            page = session.scalars(select(ImportPage)).one()
            page.etag = page.etag.removeprefix("all places ")
        import_from(settings, feed)
        import_from(settings, feed)
        assert answers == [200, 304]


@pytest.mark.parametrize("kind", ["csv", "ods", "json"])
def test_files_take_further_places_out_and_back_but_never_a_confidential_one(settings, tmp_path, kind):
    more = f"{HALL}|{BRANCH}|{REFUGE}"
    write_starter(
        settings.data_dir, [make_row(id="a", name="A", more_places=more), make_row(id="b", name="B")]
    )
    seed(settings)
    held = row_of(settings, "A").more_places
    assert held == tuple(sorted([BRANCH, HALL, REFUGE]))
    path = export(settings, tmp_path / f"out.{kind}")
    if kind != "ods":
        assert "Hidden Court" not in path.read_text("utf-8")
        assert "9 Branch Road; LS12 3AA; 53.7951" in path.read_text("utf-8")
    assert load(settings, path).unchanged == 2
    # Without the hall: it goes, and what the file does not show stays.
    with opened(settings) as database, transaction(database) as session:
        service = session.scalars(select(Service).where(Service.external_id == "a")).one()
        typed = {"more_places": BRANCH}
        edit_record(session, service, typed, _needs(), 0, Change(CURATOR, "edit", MONDAY_MORNING))
    assert row_of(settings, "A").more_places == (REFUGE, BRANCH)
    again = load(settings, path)
    assert (list(again.kept), again.changed) == (["a"], {})


def test_a_file_from_before_there_were_further_places_keeps_them(settings, tmp_path):
    import csv
    import io

    write_starter(settings.data_dir, [make_row(id="a", name="A", more_places=BRANCH)])
    seed(settings)
    rows = list(csv.DictReader(io.StringIO(export(settings, tmp_path / "out.csv").read_text("utf-8"))))
    rows[0].pop("more_places")
    rows[0]["cost"] = "£1"
    with (tmp_path / "old.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert [one["field"] for one in load(settings, tmp_path / "old.csv").changed["a"]] == ["cost"]
    assert row_of(settings, "A").more_places == (BRANCH,)


def test_merging_keeps_the_places_of_both(settings):
    rows = [make_row(id="a", name="A"), make_row(id="b", name="B", more_places=f"{BRANCH}|{REFUGE}")]
    write_starter(settings.data_dir, rows)
    seed(settings)
    with opened(settings) as database, transaction(database) as session:
        kept, other = (session.get_one(Service, make_id(name)) for name in "ab")
        merge_records(session, kept, other, BY)
    # One address is in both, and a confidential one is carried nowhere.
    assert row_of(settings, "A").more_places == (BRANCH,)


@pytest.mark.parametrize("wrong", ["x; y; z", "; ; 99; 1", "a; b; 1; ", "a; LS9; ; ; ; secret", " ; "])
def test_a_further_place_that_cannot_be_is_named(settings, tmp_path, wrong):
    write_starter(settings.data_dir, [make_row(id="a", more_places=wrong), make_row(id="b")])
    report, faults = seed(settings)
    assert (report.added, len(faults)) == (["b"], 1)


def test_curators_pages_show_further_places_and_never_a_confidential_one(curator, visitor, settings):
    write_starter(settings.data_dir, [make_row(more_places=f"{BRANCH}|{REFUGE}")])
    seed(settings)
    edit(curator, cost="£1")
    for path in (RECORD, f"{RECORD}/history", f"{RECORD}/edit"):
        text = curator.get(path).text
        assert "Hidden Court" not in text, path
        assert "LS8 1AA" not in text, path
    assert "9 Branch Road" in curator.get(RECORD).text
    held = (BRANCH, REFUGE) if BRANCH < REFUGE else (REFUGE, BRANCH)
    assert row_of(settings, "Harehills Larder").more_places == held
    send(curator, f"{RECORD}/history", f"{RECORD}/undo", number="0")
    assert row_of(settings, "Harehills Larder").more_places == held


def test_the_form_adds_and_removes_further_places_and_new_ones_get_their_point(curator, settings):
    more = f"{BRANCH}|{REFUGE}|; ; 53.82; -1.58"
    write_starter(settings.data_dir, [make_row(more_places=more)])
    seed(settings)
    shown = form_of(curator.get(f"{RECORD}/edit"))["more_places"]
    assert shown == ["9 Branch Road | LS12 3AA\nPoint 53.82, -1.58"]
    # Saved as it is, nothing changes.
    edit(curator)
    assert set(row_of(settings, "Harehills Larder").more_places) == set(more.split("|"))
    edit(curator, more_places="9 Branch Road | LS12 3AA\r\n1 New; Street | ls9 6ab\r\n\r\nSt Mary's Hall")
    found = set(row_of(settings, "Harehills Larder").more_places)
    assert {BRANCH, REFUGE, "St Mary's Hall"} < found
    [new] = found - {BRANCH, REFUGE, "St Mary's Hall"}
    assert new.startswith("1 New, Street; LS9 6AB; 53.8")
    assert "; E05" in new
    edit(curator, more_places="")
    assert row_of(settings, "Harehills Larder").more_places == (REFUGE,)
    assert "1 New, Street" in curator.get(f"{RECORD}/history").text


def test_a_further_place_that_cannot_be_kept_is_said_at_its_field(curator, settings):
    page = edit(curator, more_places="9 Branch Road | LS12 3AA and more words")
    assert page.status_code == 422
    assert 'id="more_places-wrong"' in page.text
    assert "LS12 3AA and more words" in page.text
    assert row_of(settings, "Harehills Larder").more_places == ()
