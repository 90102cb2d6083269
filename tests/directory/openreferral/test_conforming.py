"""The feed against Open Referral UK 3.0, page by page, on the starter directory and on any other."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from sqlalchemy import delete, select

from referral_directory.application.settings import Settings
from referral_directory.catalogue.models import (
    Accessibility,
    Attribute,
    Contact,
    CostOption,
    Eligibility,
    Language,
    Location,
    Organization,
    Phone,
    RequiredDocument,
    Schedule,
    Service,
    ServiceArea,
    TaxonomyTerm,
)
from tests.directory.factories import DATA, TestClient, make_client, make_settings, seed
from tests.directory.openreferral.conformance import find_faults
from tests.directory.openreferral.records import BASE, edit, make_address, make_link, make_service

SECRET = "KEEPTHISHERE"
RECORDS = ("services", "service_at_locations")


def test_the_starter_directory_conforms(starter_client: TestClient) -> None:
    assert find_faults(lambda path: starter_client.get(BASE + path), sizes=(50,)) == []


def test_the_starter_directory_is_all_there(starter_client: TestClient, starter_settings: Settings) -> None:
    public = edit(
        starter_settings,
        lambda session: {
            str(row) for row in session.scalars(select(Service.id).where(Service.published.is_(True)))
        },
    )
    listed = starter_client.get(BASE + "/services?per_page=500").json()["contents"]
    assert {item["id"] for item in listed} == public


def test_an_empty_directory_conforms(feed_of: Any) -> None:
    assert find_faults(feed_of(), lists=RECORDS) == []


BREAKAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a total in quotes": lambda page: page.update(total_items=str(page["total_items"])),
    "a last page that is none": lambda page: page.update(last_page=not page["last_page"]),
    "a size that was asked for": lambda page: page.update(size=page["size"] + 1),
    "an envelope of version 1": lambda page: page.update(totalElements=page["total_items"]),
    "no organisation": lambda page: page["contents"][0].pop("organization"),
    "a status of our own": lambda page: page["contents"][0].update(status="open"),
    "a null": lambda page: page["contents"][0].update(alert=None),
    "an empty list": lambda page: page["contents"][0].update(phones=[]),
    "another name than in the record": lambda page: page["contents"][0].update(name="Other"),
    "a date without its milliseconds": lambda page: page["contents"][0].update(
        last_modified="2026-10-01T12:00:00Z"
    ),
    "an id in capitals": lambda page: page["contents"][0].update(organization_id=str(uuid4()).upper()),
    "a repeated id": lambda page: page["contents"].append(page["contents"][0]),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_the_checker_sees_what_is_wrong(
    any_directory: tuple[Settings, TestClient, list[UUID]], breakage: str
) -> None:
    settings, client, _ = any_directory
    fill(settings, [make_service()])

    class Answer:
        """A list of services with something broken."""

        def __init__(self, real: Any) -> None:
            self.status_code, self.headers, self.body = real.status_code, real.headers, real.json()
            if self.body["contents"]:
                BREAKAGES[breakage](self.body)

        def json(self) -> Any:
            return self.body

    def get(path: str) -> Any:
        real = client.get(BASE + path)
        return Answer(real) if path.startswith("/services?") else real

    assert find_faults(get, sizes=(1,), lists=("services",))


@pytest.fixture(scope="module")
def any_directory(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, TestClient, list[UUID]]]:
    """A running directory to be filled again and again, and the terms of its vocabulary."""
    folder = tmp_path_factory.mktemp("any")
    shutil.copy(sqlite_template, folder / "directory.db")
    settings = make_settings(f"sqlite:///{folder / 'directory.db'}", DATA, folder)
    seed(settings)
    terms = edit(settings, lambda session: list(session.scalars(select(TaxonomyTerm.id))))
    with make_client(settings) as client:
        yield settings, client, terms


# What curators, files and foreign feeds may leave in a field.
texts = st.sampled_from(
    ["", " ", "Bread", "Ünïcode 食べ物", "<b>bold</b>", 'a "quote"\nand a line', "\u202e"]
)
links = st.sampled_from(
    ["", "https://example.org/a?b=c", "https://exämple.org", "https://a b", "ftp://x.org", "x"]
)
emails = st.sampled_from(["", "help@example.org", "not an address", "a@b", "é@example.org"])
hours = st.sampled_from(
    [
        "",
        "24/7",
        "Mo-Fr 09:00-17:00; PH off",
        "Mo[1] 10:00-12:00",
        "Sa 18:00-02:00",
        "Apr-Oct: Mo 10:00-12:00",
    ]
)
ages = st.one_of(st.none(), st.sampled_from([0.0, 16.0, 17.5, 60.0]))
dates = st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2026, 12, 31)))
moments = st.integers(0, 10**15).map(lambda ms: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=ms))


def fill(settings: Settings, made: list[Service]) -> None:
    """Make a directory hold these services and no others."""

    def write(session: Any) -> None:
        session.expire_on_commit = False
        for table in (Service, Location, Organization):
            session.execute(delete(table))
        session.add_all(made)

    edit(settings, write)


@st.composite
def services(draw: Any) -> tuple[Service, bool]:
    """A service with any parts, and whether it may leave; what must not leave holds the word SECRET."""
    confidence = draw(st.sampled_from(["high", "medium", "low"]))
    published = confidence != "low" and draw(st.booleans())
    status = draw(st.sampled_from(["active", "active", "inactive", "defunct", "temporarily closed"]))
    may_leave = published and status == "active"
    service = make_service(
        name="Larder" if may_leave else SECRET,
        description=draw(texts) if may_leave else SECRET,
        status=status,
        confidence=confidence,
        published=published,
        url=draw(links),
        email=draw(emails),
        eligibility_description=draw(st.sampled_from(["", "Anyone", "anyone in leeds", "Carers"])),
        application_process=draw(texts),
        coverage=draw(st.sampled_from(["local", "citywide", "national", "online"])),
        curator_note=SECRET,
        source_note=SECRET,
        source_name=SECRET,
        assured_date=draw(dates),
        last_modified=draw(moments),
    )
    service.organization = Organization(
        id=uuid4(),
        name=f"Org {uuid4()}" if may_leave else f"{SECRET} {uuid4()}",
        description=draw(texts),
        website=draw(links),
        email=draw(emails),
    )
    add_parts(draw, service)
    return service, may_leave


def add_parts(draw: Any, service: Service) -> None:
    """Any number of any parts."""
    few = st.integers(0, 2)
    for _ in range(draw(few)):
        hidden = draw(st.booleans())
        address = make_address(
            address_1=SECRET if hidden else draw(texts),
            postal_code=draw(st.sampled_from(["", "LS9 6AB"])),
            confidential=hidden,
        )
        point = draw(st.sampled_from([(53.8, -1.5), (None, None)]))
        name = SECRET if hidden else draw(texts)
        service.locations.append(make_link(address, name=name, latitude=point[0], longitude=point[1]))
    makers = [
        (service.phones, lambda: Phone(id=uuid4(), number=draw(texts), description=draw(texts))),
        (
            service.contacts,
            lambda: Contact(id=uuid4(), name=draw(texts), title=draw(texts), email=draw(emails)),
        ),
        (
            service.schedules,
            lambda: Schedule(
                id=uuid4(),
                opening_hours=draw(hours),
                certainty=draw(st.sampled_from(["confirmed", "indicative", "none"])),
                description=draw(texts),
                valid_from=draw(dates),
            ),
        ),
        (
            service.languages,
            lambda: Language(id=uuid4(), name=draw(st.sampled_from(["Polish", "Klingonese"]))),
        ),
        (service.cost_options, lambda: CostOption(id=uuid4(), option=draw(texts))),
        (service.areas, lambda: ServiceArea(id=uuid4(), name="LS9", extent_type="outcode")),
        (service.documents, lambda: RequiredDocument(id=uuid4(), document=draw(texts))),
        (service.accessibility, lambda: Accessibility(id=uuid4(), description=draw(texts))),
        (
            service.eligibility,
            lambda: Eligibility(id=uuid4(), minimum_age=draw(ages), maximum_age=draw(ages)),
        ),
    ]
    for parts, make in makers:
        parts.extend(make() for _ in range(draw(few)))


# Shrinking a directory takes minutes, and the fault names the record anyway.
@bounded(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(made=st.lists(services(), max_size=4), data=st.data())
def test_any_directory_conforms_and_keeps_its_secrets(
    any_directory: tuple[Settings, TestClient, list[UUID]],
    made: list[tuple[Service, bool]],
    data: st.DataObject,
) -> None:
    settings, client, terms = any_directory

    for service, _ in made:
        chosen = data.draw(st.lists(st.sampled_from(terms), max_size=3, unique=True))
        service.attributes = [
            Attribute(id=uuid4(), taxonomy_term_id=term, position=n) for n, term in enumerate(chosen)
        ]
    fill(settings, [service for service, _ in made])
    bodies: list[str] = []

    def get(path: str) -> Any:
        answer = client.get(BASE + path)
        bodies.append(answer.text)
        return answer

    assert find_faults(get, sizes=(1, 2), lists=RECORDS) == []
    assert not [body for body in bodies if SECRET in body]
    public = {str(service.id) for service, may_leave in made if may_leave}
    assert {item["id"] for item in get("/services?per_page=500").json()["contents"]} == public
    for name in RECORDS:
        lines = client.get(f"{BASE}/{name}?format=ndjson").text.splitlines()
        assert [json.loads(line) for line in lines] == get(f"/{name}?per_page=500").json()["contents"]
