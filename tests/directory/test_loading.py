"""Loading the starter file: again and again, without losing an edit and without letting a bad row in."""

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from referral_directory.application.settings import Settings
from referral_directory.catalogue.models import Address, CatalogueRevision, Location, Phone, Service
from referral_directory.database import Base, transaction
from tests.directory.factories import (
    COLUMNS,
    Start,
    make_client,
    make_line,
    make_row,
    opened,
    seed,
    write_starter,
)


def snapshot(settings: Settings) -> dict[str, list[tuple]]:
    """Every row of every table."""
    with opened(settings) as database, database.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def edit(settings: Settings, external_id: str, **changes: object) -> None:
    """Change a record as a curator would, by any road that is not the starter file."""
    with opened(settings) as database, transaction(database) as session:
        service = session.scalars(select(Service).where(Service.external_id == external_id)).one()
        for name, value in changes.items():
            setattr(service, name, value)
        session.scalars(select(CatalogueRevision)).one().number += 1


def what_is_said(settings: Settings, external_id: str) -> str:
    with opened(settings) as database, database.read() as session:
        return session.scalars(select(Service.description).where(Service.external_id == external_id)).one()


def test_loading_twice_changes_nothing(settings: Settings) -> None:
    write_starter(settings.data_dir, [make_row(languages="English|Polish", areas="LS9|LS8"), make_line()])
    report, _ = seed(settings)
    assert sorted(report.added) == ["city-line", "harehills-larder"]
    before = snapshot(settings)
    again, _ = seed(settings)
    assert (again.changed, again.unchanged) == (False, 2)
    assert snapshot(settings) == before


def test_a_newer_row_replaces_what_nobody_edited(settings: Settings) -> None:
    write_starter(settings.data_dir, [make_row()])
    seed(settings)
    changed = make_row(
        what="Food and a chat.", needs="food.meal|food.parcel", phone="", address="2 New Street"
    )
    write_starter(settings.data_dir, [changed])
    report, _ = seed(settings)
    assert report.updated == ["harehills-larder"]
    assert what_is_said(settings, "harehills-larder") == "Food and a chat."
    tables = snapshot(settings)
    assert len(tables[Phone.__tablename__]) == 0
    assert len(tables[Address.__tablename__]) == len(tables[Location.__tablename__]) == 1


def test_an_edit_by_a_curator_is_kept_and_reported(settings: Settings) -> None:
    write_starter(settings.data_dir, [make_row()])
    seed(settings)
    edit(settings, "harehills-larder", description="Closed for repairs.", assured_date=date(2026, 10, 1))
    same, _ = seed(settings)
    assert (same.kept, same.changed) == (["harehills-larder"], False)
    write_starter(settings.data_dir, [make_row(what="Something newer.")])
    report, _ = seed(settings)
    assert report.kept == ["harehills-larder"]
    assert what_is_said(settings, "harehills-larder") == "Closed for repairs."


def test_a_row_taken_out_of_the_file_is_withdrawn_and_can_come_back(settings: Settings) -> None:
    write_starter(settings.data_dir, [make_row(), make_line()])
    seed(settings)
    write_starter(settings.data_dir, [make_line()])
    assert seed(settings)[0].withdrawn == ["harehills-larder"]
    with make_client(settings) as client:
        assert client.get("/api/services/search").json()["total"] == 1
    assert not seed(settings)[0].changed
    write_starter(settings.data_dir, [make_row(), make_line()])
    assert seed(settings)[0].updated == ["harehills-larder"]
    with make_client(settings) as client:
        assert client.get("/api/services/search").json()["total"] == 2


def test_a_bad_row_is_reported_with_its_line_and_the_good_ones_load(settings: Settings) -> None:
    bad = {
        "needs": "food.nothing",
        "lat": "north",
        "published": "maybe",
        "opening_hours": "whenever",
        "website": "javascript:alert(1)",
        "checked_on": "2026-13-01",
        "coverage": "everywhere",
        "areas": "Harehills",
        "phone": "ring us",
        "name": "",
    }
    rows = [make_row(id=f"bad-{column.replace('_', '-')}", **{column: text}) for column, text in bad.items()]
    rows += [make_row(id="low", confidence="low"), make_row(), make_row()]
    write_starter(settings.data_dir, rows)
    report, faults = seed(settings)
    assert report.added == ["harehills-larder"]
    assert [fault.line for fault in faults] == [*range(2, len(bad) + 3), len(rows) + 1]
    for column, fault in zip(bad, faults, strict=False):
        assert column in str(fault) or column in {"lat", "checked_on", "opening_hours"}


def test_a_faulty_row_withdraws_nothing(settings: Settings) -> None:
    write_starter(settings.data_dir, [make_row(), make_line()])
    seed(settings)
    write_starter(settings.data_dir, [make_row(lat="north"), make_line()])
    report, faults = seed(settings)
    assert (report.withdrawn, len(faults)) == ([], 1)


def test_ids_are_the_same_in_every_installation(start: Start) -> None:
    client = start([make_row()])
    card = client.get("/api/services/search").json()["services"][0]
    assert card["id"] == "387c6eba-d2e0-57ae-8ea0-ee6b3805e55c"


def test_a_running_directory_notices_a_change(start: Start, settings: Settings) -> None:
    client = start([make_row()])
    assert client.get("/api/services/search").json()["services"][0]["what"] == "Food to take home."
    edit(settings, "harehills-larder", description="Only on Fridays.")
    assert client.get("/api/services/search").json()["services"][0]["what"] == "Only on Fridays."
    edit(settings, "harehills-larder", published=False)
    assert client.get("/api/services/search").json()["total"] == 0


def test_what_is_not_public_leaves_by_no_route(start: Start, settings: Settings) -> None:
    hidden = {
        "low": make_row(id="low", name="Hidden low", confidence="low", published="no"),
        "unpublished": make_row(id="unpublished", name="Hidden unpublished", published="no"),
        "ended": make_row(id="ended", name="Hidden ended"),
    }
    start([make_row(), *hidden.values()])
    edit(settings, "ended", status="defunct")
    with opened(settings) as database, database.read() as session:
        ids = [
            str(found) for found in session.scalars(select(Service.id).where(Service.name.like("Hidden%")))
        ]
        assert session.scalar(select(func.count()).select_from(Service)) == 4
    with make_client(settings) as client:
        for address in (
            "/",
            "/services",
            "/api/services/search?limit=50",
            "/services?q=hidden",
            "/openapi.json",
        ):
            assert "Hidden" not in client.get(address).text
        assert client.get("/api/services/search", params={"q": "hidden"}).json()["total"] == 0
        for identity in ids:
            assert client.get(f"/api/services/{identity}").status_code == 404
            assert client.get(f"/services/{identity}").status_code == 404
        assert "services 1.0" in client.get("/metrics").text


def test_a_confidential_address_leaves_by_no_route(start: Start, settings: Settings) -> None:
    start([make_row(address="7 Secret Street, Leeds", postcode="LS9 7AA")])
    with opened(settings) as database, transaction(database) as session:
        session.scalars(select(Address)).one().confidential = True
        session.scalars(select(CatalogueRevision)).one().number += 1
    with make_client(settings) as client:
        found = client.get("/api/services/search", params={"ward": "E05011394", "q": "secret"})
        assert found.json()["total"] == 0
        card = client.get("/api/services/search", params={"ward": "E05011394"}).json()["services"][0]
        assert [card[name] for name in ("address", "postcode", "ward", "lat", "lon", "distance_km")] == [
            None
        ] * 6
        for address in (f"/services/{card['id']}", "/services", f"/api/services/{card['id']}"):
            text = client.get(address).text
            assert "Secret" not in text
            assert "7AA" not in text


def test_a_doubtful_record_cannot_be_published_even_in_the_database(settings: Settings) -> None:
    write_starter(settings.data_dir, [make_row(confidence="low", published="no")])
    seed(settings)
    with pytest.raises(IntegrityError, match="doubtful_is_unpublished"):
        edit(settings, "harehills-larder", published=True)


def test_every_column_of_the_starter_file_survives_the_database(settings: Settings) -> None:
    full = make_row(
        **{
            column: f"Text of {column}"
            for column in ("phone_note", "opening_note", "accessibility", "documents")
        },
        languages="English|Urdu",
        areas="LS9|E05011394",
        risks="medical",
        email="a@example.org",
        website="https://example.org/x",
        source_note="Seen.",
        curator_note="Check.",
        confidential="yes",
        more_places="9 Branch Road; LS12 3AA; 53.7951; -1.5879; E05011398|Old Hall",
    )
    assert [column for column in COLUMNS if not full[column]] == []
    write_starter(settings.data_dir, [full])
    seed(settings)
    # The record, turned back into a row, is compared with the file: equal means that nothing was lost.
    assert seed(settings)[0].unchanged == 1
