"""A generated city of services, for measuring search: as many as asked for, as dense as Leeds, in our own tables.

Sentences, needs, ways in and opening times are drawn from the starter data, mixed with invented words whose frequencies
fall as those of a language do (Zipf), so that the vocabulary grows with the city. The same seed gives the same city.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Table, insert

from referral_directory.catalogue.models import (
    Accessibility,
    Address,
    Attribute,
    CatalogueRevision,
    CostOption,
    Language,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceAtLocation,
)
from referral_directory.catalogue.records import term_id
from referral_directory.catalogue.starter import Starter, StarterRow, read_starter
from referral_directory.database import Base
from referral_directory.needs import load_needs
from referral_directory.place_tables import Tables, load_tables

DATA = Path(__file__).parents[1] / "referral_directory" / "data"
INVENTED = 30_000
CHUNK = 5_000
NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
Lines = dict[type[Base], list[dict[str, Any]]]


class City:
    """What generated services are drawn from."""

    def __init__(self, seed: int = 20261122) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a city, not a secret
        self.tables: Tables = load_tables(DATA / "places")
        self.needs = load_needs(DATA / "need_codes.csv")
        starter: Starter = read_starter(DATA / "starter" / "services.csv", self.needs)
        self.models: list[StarterRow] = [row for row in starter.rows if row.needs]
        self.areas = sorted({place.name for places in self.tables.names.values() for place in places})
        self.postcodes = sorted(self.tables.postcodes)
        syllables = [
            first + then for first in "bcdfghjklmnprstvw" for then in ("a", "e", "i", "o", "u", "ar", "en")
        ]
        self.invented = ["".join(self.random.choices(syllables, k=3)) for _ in range(INVENTED)]
        self.weights = list(accumulate(1 / (rank + 20) for rank in range(INVENTED)))

    def sentence(self, model: StarterRow) -> str:
        """A text about as long as the starter's, with invented words among its own."""
        others = [self.random.choice(self.models).what for _ in range(self.random.randint(0, 1))]
        words = self.random.choices(self.invented, cum_weights=self.weights, k=self.random.randint(6, 18))
        return " ".join([model.what, *others, " ".join(words).capitalize() + "."])

    def hours(self) -> str:
        """One of about 700 weeks."""
        opens, closes = (
            self.random.choice((8, 9, 10, 11, 12)),
            self.random.choice((13, 14, 15, 16, 17, 18, 20)),
        )
        days = self.random.choice(
            ("Mo-Fr", "Mo-Sa", "Mo,We,Fr", "Tu,Th", "Mo-Su", "Sa", "Su", "We", "Th-Su", "Mo")
        )
        minute = self.random.choice(("00", "30"))
        return f"{days} {opens:02}:{minute}-{closes:02}:00"


def fill(connection: Connection, city: City, services: int) -> None:
    """Write `services` services into migrated tables that hold the terms already."""
    organizations = [UUID(int=city.random.getrandbits(128)) for _ in range(max(services // 4, 1))]
    _write(
        connection,
        Organization,
        [
            {"id": one, "name": f"{_name(city)} {number}", "description": "", "website": "", "email": ""}
            for number, one in enumerate(organizations)
        ],
    )
    for start in range(0, services, CHUNK):
        lines: Lines = {}
        for number in range(start, min(start + CHUNK, services)):
            for table, line in _service(city, number, city.random.choice(organizations)):
                lines.setdefault(table, []).append(line)
        for table in (Service, Location):
            _write(connection, table, lines.pop(table, []))
        for table, of_table in lines.items():
            _write(connection, table, of_table)
    _write(connection, CatalogueRevision, [{"id": 1, "number": 1, "starter_digest": ""}])


def _write(connection: Connection, table: type[Base], lines: list[dict[str, Any]]) -> None:
    target = cast(Table, table.__table__)
    for start in range(0, len(lines), CHUNK):
        connection.execute(insert(target), lines[start : start + CHUNK])


def _name(city: City) -> str:
    parts = (
        city.random.choice(city.areas),
        city.random.choices(city.invented, cum_weights=city.weights)[0].capitalize(),
    )
    return f"{parts[0]} {parts[1]} {city.random.choice(('Centre', 'Trust', 'Project', 'Group', 'Hub', 'Church'))}"


def _service(city: City, number: int, organization: UUID) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    model = city.random.choice(city.models)
    identity = UUID(int=city.random.getrandbits(128))
    owner = {"service_id": identity}

    def key() -> UUID:
        return UUID(int=city.random.getrandbits(128))

    yield Service, _main_line(city, model, identity, number) | {"organization_id": organization}
    yield (
        Phone,
        owner | {"id": key(), "number": f"0113 496 {number % 10_000:04}", "type": "voice", "description": ""},
    )
    sure = city.random.choice(("confirmed", "confirmed", "indicative", "none"))
    hours = "" if sure == "none" else city.hours()
    yield Schedule, owner | {"id": key(), "opening_hours": hours, "certainty": sure, "description": ""}
    yield CostOption, owner | {"id": key(), "option": model.cost}
    if city.random.random() < 0.15:
        spoken = city.random.choice(("Polish", "Urdu", "Arabic", "Romanian"))
        yield Language, owner | {"id": key(), "name": spoken, "position": 0}
    if city.random.random() < 0.3:
        yield Accessibility, owner | {"id": key(), "description": "Step-free entrance"}
    ways = ("phone", "walk_in") if model.coverage == "local" else ("phone",)
    for taxonomy, codes in (("need", model.needs), ("access", ways)):
        for position, code in enumerate(codes):
            term = {"taxonomy_term_id": term_id(taxonomy, code), "position": position}
            yield Attribute, owner | {"id": key()} | term
    for _ in range(city.random.choices((0, 1, 2), (10, 85, 5))[0]):
        yield from _site(city, identity)


def _main_line(city: City, model: StarterRow, identity: UUID, number: int) -> dict[str, Any]:
    return {
        "id": identity,
        "external_id": f"generated-{number}",
        "name": f"{model.name.partition('(')[0].strip()} {_name(city)}",
        "description": city.sentence(model),
        "status": "active",
        "eligibility_description": model.who_for,
        "application_process": model.how_to_get_help,
        "url": "",
        "email": "",
        "coverage": "local" if city.random.random() < 0.93 else model.coverage,
        "referral_possible": False,
        "source_name": "Generated",
        "source_url": "",
        "source_note": "",
        "source_date": "2026-11-01",
        "assured_date": NOW.date(),
        "confidence": "high",
        "published": True,
        "curator_note": "",
        "last_modified": NOW,
        "starter_digest": "",
    }


def _site(city: City, service: UUID) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    postcode = city.random.choice(city.postcodes)
    ward, lat, lon = city.tables.postcodes[postcode]
    keys = [UUID(int=city.random.getrandbits(128)) for _ in range(3)]
    yield (
        Location,
        {
            "id": keys[0],
            "name": "",
            "location_type": "physical",
            "latitude": lat + city.random.gauss(0, 0.0005),
            "longitude": lon + city.random.gauss(0, 0.0008),
            "ward_code": ward,
        },
    )
    street = f"{city.random.randint(1, 200)} {city.random.choice(city.invented).capitalize()} Road"
    yield (
        Address,
        {
            "id": keys[1],
            "location_id": keys[0],
            "address_1": street,
            "city": "Leeds",
            "state_province": "West Yorkshire",
            "postal_code": postcode,
            "country": "GB",
            "address_type": "physical",
            "confidential": False,
        },
    )
    yield ServiceAtLocation, {"id": keys[2], "service_id": service, "location_id": keys[0]}
