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

from scripts.children import Children
from scripts.city import City, city_environment
from scripts.servers import NoServer, adapt_caddyfile
from scripts.stack import StackError
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


BEHIND = {"PORT": "1", "TELEGRAM_PORT": "2", "DIRECTORY_PORT": "3", "PROXY_METRICS_PORT": "4"}


def test_the_proxy_of_one_machine_reads_the_file_of_the_containers_with_addresses_of_its_own():
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    own = adapt_caddyfile(text, "8443", BEHIND | {"HOST": "192.0.2.7"})
    assert "default_bind 127.0.0.1" in own
    for address in ("192.0.2.7:1 {", "192.0.2.7:2 {", "127.0.0.1:3 {", "http://127.0.0.1:4 {"):
        assert own.count(address) == 1
    changed = {line.strip() for line in own.splitlines()} ^ {line.strip() for line in text.splitlines()}
    assert len(changed) == 5 + 2 * len(BEHIND)


@pytest.mark.parametrize("gone", ["admin off", "bot:8000", "http://:9180"])
def test_a_file_of_the_proxy_that_is_not_what_we_know_is_refused(gone):
    text = (ROOT / "deploy/Caddyfile").read_text("utf-8")
    with pytest.raises(NoServer, match=f"{gone}.* 0 times"):
        adapt_caddyfile(text.replace(gone, "x"), "8443", BEHIND)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"PROXY_PORT": "abc"}, "PROXY_PORT must be a port between 1 and 65535"),
        ({"PORT": "8001"}, "PORT and TELEGRAM_PORT are both 8001"),
        ({"RASA_PORTS": "5005,8443"}, "PROXY_PORT and RASA_PORTS are both 8443"),
    ],
)
def test_a_city_with_a_port_that_cannot_be_is_refused_in_a_sentence(wrong, said):
    with pytest.raises(StackError, match=said):
        city_environment(wrong)


def test_only_telegrams_room_has_telegrams_secrets(tmp_path):
    secrets = {"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_WEBHOOK_SECRET": "y"}
    city = City(Children(ROOT, tmp_path), city_environment(secrets | {"SIGNPOST_STATE_DIR": str(tmp_path)}))
    has_them = {name for name in city.commands if secrets.keys() & city.environment_of(name).keys()}
    assert has_them == {"telegram"}
