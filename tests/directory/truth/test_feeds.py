"""What importing a feed promises when nothing is wrong, and when it is stopped midway."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import func, select

from referral_directory.application.settings import Settings
from referral_directory.catalogue.loading import list_services
from referral_directory.catalogue.models import Address, Service
from referral_directory.catalogue.records import read_record
from referral_directory.database import transaction
from referral_directory.truth.curating import (
    confirm_record,
    edit_record,
    find_offer,
    publish_record,
    settle_offer,
)
from referral_directory.truth.history import CURATOR, Change, latest_number, list_versions
from referral_directory.truth.models import ImportRecord
from tests.directory.factories import DATA, MONDAY_MORNING, make_client, opened
from tests.directory.truth.feeds import FakeFeed, make_item, serving
from tests.directory.truth.importing import import_from
from tests.house.repository import ROOT

BY = Change(CURATOR, "edit", MONDAY_MORNING, actor_name="Cara")


def names(settings: Settings) -> dict[str, str]:
    """Descriptions of records by name."""
    with opened(settings) as database, database.read() as session:
        return {one.name: one.description for one in list_services(session)}


def change(settings: Settings, name: str, do) -> None:
    """Do something to the record of this name."""
    with opened(settings) as database, transaction(database) as session:
        do(session, session.scalars(select(Service).where(Service.name == name)).one())


def test_a_service_of_a_feed_comes_with_its_parts_and_waits_for_a_curator(settings):
    with serving(FakeFeed([make_item(1)])) as feed:
        import_from(settings, feed)
        with opened(settings) as database, database.read() as session:
            row = read_record(list_services(session)[0])
        assert (row.name, row.organisation, row.phone) == (
            "Advice desk 1",
            "Advice Together 1",
            "0113 496 0001",
        )
        assert row.opening_hours == "Mo,Tu 09:00-12:30"
        assert row.opening_status == "indicative"
        assert (row.postcode, row.ward_code, row.coverage) == ("LS9 6AB", row.ward_code, "local")
        assert row.checked_on.isoformat() == "2026-08-01"
        assert row.source_url == f"{feed.address}/services/{make_item(1)['id']}"
        assert (row.published, row.needs) == (False, ())


def test_the_same_feed_again_changes_nothing_and_is_asked_with_its_etags(settings):
    with serving(FakeFeed([make_item(number) for number in range(25)], 10)) as feed:
        assert len(import_from(settings, feed).added) == 25
        answers = []
        feed.meddle = lambda path, page, answer: answers.append(answer[0]) or answer  # noqa: ARG005
        again = import_from(settings, feed)
        assert (again.unchanged, again.added, again.changed) == (25, [], {})
        assert answers == [304, 304, 304]
        feed.etags = False
        assert import_from(settings, feed).unchanged == 25
    with opened(settings) as database, database.read() as session:
        assert list_versions(session, list_services(session)[0].id) == []


def test_only_what_changed_is_written_and_what_is_ours_stays(settings):
    with serving(FakeFeed([make_item(number) for number in range(12)], 5)) as feed:
        import_from(settings, feed)

        def publish(session, service):
            edit_record(
                session, service, {"needs": "money.debt"}, _needs(), latest_number(session, service.id), BY
            )
            publish_record(session, service, True, BY)

        with pytest.raises(AssertionError):
            assert not names(settings)
        change(settings, "Advice desk 3", publish)
        feed.items[3] = make_item(3, description="Now with tea.")
        report = import_from(settings, feed)
        assert [len(report.changed), report.unchanged, report.kept] == [1, 11, {}]
        with opened(settings) as database, database.read() as session:
            row = next(row for row in map(read_record, list_services(session)) if row.name == "Advice desk 3")
            versions = list_versions(
                session,
                next(iter(session.scalars(select(Service.id).where(Service.name == "Advice desk 3")))),
            )
        assert (row.what, row.published, row.needs) == ("Now with tea.", True, ("money.debt",))
        assert [version.action for version in versions] == ["import", "publish", "edit", "load"]


def test_what_somebody_edited_here_is_not_overwritten_and_a_curator_decides(settings):
    with serving(FakeFeed([make_item(1), make_item(2)])) as feed:
        import_from(settings, feed)

        def edit(session, service):
            edit_record(session, service, {"what": "Ours."}, _needs(), 0, BY)

        change(settings, "Advice desk 1", edit)
        change(settings, "Advice desk 2", edit)
        feed.items = [make_item(1, description="Theirs."), make_item(2, description="Theirs.")]
        report = import_from(settings, feed)
        assert [one["label"] for one in next(iter(report.kept.values()))] == ["What it does"]
        assert set(names(settings).values()) == {"Ours."}
        change(settings, "Advice desk 1", lambda session, one: settle_offer(session, one, True, BY))
        change(settings, "Advice desk 2", lambda session, one: settle_offer(session, one, False, BY))
        assert names(settings) == {"Advice desk 1": "Theirs.", "Advice desk 2": "Ours."}
        feed.etags = False
        assert import_from(settings, feed).kept == {}
        change(settings, "Advice desk 2", lambda session, one: _none(find_offer(session, one)))


def test_a_dry_run_says_what_would_change_and_changes_nothing(settings):
    with serving(FakeFeed([make_item(number) for number in range(7)], 3)) as feed:
        assert len(import_from(settings, feed, dry_run=True).added) == 7
        assert names(settings) == {}
        import_from(settings, feed)
        feed.items[2] = make_item(2, name="Other desk")
        report = import_from(settings, feed, dry_run=True)
        assert next(iter(report.changed.values())) == [
            {"field": "name", "label": "Name", "old": "Advice desk 2", "new": "Other desk"}
        ]
        assert "Other desk" not in names(settings)
        assert len(import_from(settings, feed).changed) == 1


def test_what_the_feed_no_longer_has_is_withdrawn_unless_nearly_all_is_gone(settings):
    with serving(FakeFeed([make_item(number) for number in range(12)], 5)) as feed:
        import_from(settings, feed)
        change(
            settings,
            "Advice desk 11",
            lambda session, one: [
                edit_record(session, one, {"needs": "money.debt"}, _needs(), 0, BY),
                publish_record(session, one, True, BY),
            ],
        )
        del feed.items[11]
        assert len(import_from(settings, feed).withdrawn) == 1
        feed.items = feed.items[:2]
        report = import_from(settings, feed)
        assert report.withdrawn == []
        assert "gone at once" in " ".join(report.notes)
    assert len(names(settings)) == 12


def test_a_confirmed_record_is_still_the_feeds_to_change(settings):
    with serving(FakeFeed([make_item(1)])) as feed:
        import_from(settings, feed)
        change(settings, "Advice desk 1", lambda session, one: confirm_record(session, one, BY))
        feed.items = [make_item(1, description="New.")]
        assert len(import_from(settings, feed).changed) == 1


def test_a_feed_with_short_lists_is_asked_for_each_record_once(settings):
    feed = FakeFeed([make_item(number) for number in range(6)], 4)
    feed.whole_lists, feed.etags = False, False
    with serving(feed):
        assert len(import_from(settings, feed).added) == 6
        assert sum("full" not in target for target in feed.asked) == 6
        feed.asked.clear()
        feed.items[1] = make_item(1, description="New.", last_modified="2026-09-01T00:00:00Z")
        report = import_from(settings, feed)
        assert (len(report.changed), report.unchanged) == (1, 5)
        assert sum("full" not in target for target in feed.asked) == 1


def test_a_run_that_stopped_goes_on_with_the_page_that_was_missing(settings):
    with serving(FakeFeed([make_item(number) for number in range(30)], 10)) as feed:
        feed.meddle = lambda path, page, answer: (503, {}, b"") if page == 2 else answer  # noqa: ARG005
        assert "503" in import_from(settings, feed).stopped
        feed.meddle = lambda path, page, answer: answer  # noqa: ARG005
        feed.asked.clear()
        assert len(import_from(settings, feed).added) == 20
        assert [target.split("page=")[1].split("&")[0] for target in feed.asked] == ["2", "3"]
    assert len(names(settings)) == 30


def test_our_own_feed_comes_back_with_its_needs(settings, start, tmp_path):
    """One directory reads another's feed: what left through the standard is understood on the other side."""
    from tests.directory.factories import make_row

    client = start([make_row(languages="Polish", documents="A letter")])
    page = client.get("/openreferral/v3/services", params={"full": "true"}).content
    feed = FakeFeed([])
    feed.page = lambda number: page  # noqa: ARG005
    with serving(feed):
        import_from(settings, feed)
    with opened(settings) as database, database.read() as session:
        row = next(row for row in map(read_record, list_services(session)) if row.id.startswith("feed-"))
    assert (row.name, row.needs, row.access) == ("Harehills Larder", ("food.parcel",), ("walk_in", "phone"))
    assert (row.postcode, row.languages, row.documents) == ("LS9 6AB", ("Polish",), "A letter")
    assert row.opening_hours.startswith("Mo,Tu,We,Th,Fr 09:00-17:00")


@pytest.mark.parametrize("page", [1, 3, 5])
def test_an_import_that_is_killed_loses_nothing_and_doubles_nothing(settings, tmp_path, page):
    """A real process, killed by the system when it asks for a page: what is in then is whole, and the next run
    brings the rest.
    """
    environment = os.environ | {
        "SIGNPOST_STATE_DIR": str(tmp_path),
        "DATABASE_URL": settings.database_url,
        "DIRECTORY_DATA_DIR": str(DATA),
        "LOG_LEVEL": "WARNING",
    }
    with serving(FakeFeed([make_item(number) for number in range(100)], 20)) as feed:
        command = [sys.executable, "-m", "referral_directory", "import-feed", feed.address]
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def kill(path, number, answer):
            if number == page:
                process.send_signal(signal.SIGKILL)
            return answer

        feed.meddle = kill
        assert process.wait(100) == -signal.SIGKILL
        with opened(settings) as database, database.read() as session:
            assert session.scalar(select(func.count()).select_from(Service)) == 20 * (page - 1)
        feed.meddle = lambda path, number, answer: answer  # noqa: ARG005
        feed.asked.clear()
        import_from(settings, feed)
        assert f"page={page}&" in feed.asked[0]
    with opened(settings) as database, database.read() as session:
        for table in (Service, Address, ImportRecord):
            assert session.scalar(select(func.count()).select_from(table)) == 100


def test_an_imported_service_is_found_once_it_is_published(settings):
    with serving(FakeFeed([make_item(1)])) as feed:
        import_from(settings, feed)
    change(
        settings,
        "Advice desk 1",
        lambda session, one: [
            edit_record(session, one, {"needs": "money.debt"}, _needs(), 0, BY),
            publish_record(session, one, True, BY),
        ],
    )
    with make_client(settings) as client:
        found = client.get("/api/services/search", params={"need": "money.debt"}).json()["services"]
    assert [one["name"] for one in found] == ["Advice desk 1"]
    assert found[0]["checked"]["source"] == "Open Referral feed of 127.0.0.1"


def _needs():
    from referral_directory.needs import load_needs

    return load_needs(DATA / "need_codes.csv")


def _none(offer) -> None:
    assert offer is None
