"""Clients of feeds that hold records of our own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from referral_directory.application.settings import Settings
from referral_directory.catalogue.models import Service
from tests.directory.factories import DATA, Start, TestClient, make_client, make_row, make_settings, seed
from tests.directory.openreferral.records import BASE, edit

Feed = Callable[[str], Any]


@pytest.fixture
def feed(client: TestClient) -> Feed:
    """feed("/services") -> the answer of a feed with one service."""
    return lambda path, **more: client.get(BASE + path, **more)


@pytest.fixture
def feed_of(start: Start, settings: Settings) -> Callable[..., Feed]:
    """feed_of(service, ...) -> a feed of exactly these services, over the vocabulary that is loaded."""

    def begin(*services: Service) -> Feed:
        client = start([make_row(published="no")])

        def write(session: Any) -> None:
            # The test goes on reading what it made.
            session.expire_on_commit = False
            session.add_all(services)

        edit(settings, write)
        return lambda path, **more: client.get(BASE + path, **more)

    return begin


@pytest.fixture(scope="module")
def starter_settings(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a directory that holds the whole starter file, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("starter")
    shutil.copy(sqlite_template, folder / "directory.db")
    settings = make_settings(f"sqlite:///{folder / 'directory.db'}", DATA, folder)
    seed(settings)
    return settings


@pytest.fixture(scope="module")
def starter_client(starter_settings: Settings) -> Iterator[TestClient]:
    """A client of that directory."""
    with make_client(starter_settings) as client:
        yield client
