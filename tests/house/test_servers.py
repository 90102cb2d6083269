"""The PostgreSQL of `make stack`, as it runs."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.house.repository import ROOT
from tests.stack import free_ports


@contextmanager
def running_postgresql(log: Path) -> Iterator[str]:
    # Not pytest's folder: the user that PostgreSQL runs as must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="signpost-servers-"))
    folder.chmod(0o755)
    [port] = free_ports(1)
    command = [sys.executable, "-m", "scripts.servers", "postgresql", str(folder / "pg"), str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)
    try:
        yield f"postgresql://signpost@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def connect(address: str) -> psycopg.Connection:
    give_up = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(address, autocommit=True, connect_timeout=2)
        except psycopg.OperationalError:
            assert time.monotonic() < give_up, "PostgreSQL did not start"
            time.sleep(0.1)


def test_an_error_of_the_database_is_logged_without_what_somebody_wrote(tmp_path):
    log = tmp_path / "postgresql.log"
    with running_postgresql(log) as address, connect(address) as connection:
        connection.execute("CREATE TABLE person (email text PRIMARY KEY, age integer CHECK (age > 0))")
        add = "INSERT INTO person VALUES (%s, %s)"
        connection.execute(add, ("eve@example.org", 40))
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(add, ("eve@example.org", 41))
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(add, ("adam@example.org", -1))
    said = log.read_text("utf-8")
    assert "duplicate key value violates unique constraint" in said
    assert "violates check constraint" in said
    assert "example.org" not in said
