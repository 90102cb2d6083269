"""Backup and restore as docs/operating.md says for containers, with PostgreSQL's own programs and no container."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from referral_directory.database import using_database
from scripts.backup import list_rows
from tests.directory.conftest import _administrator
from tests.directory.filling import fill_empty_tables

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")

# Stands in for docker: what would run in the containers of PostgreSQL and of the directory runs here.
STAND_IN = """#!/bin/sh
set -eu
# Made-up rows have no seals to verify.
case "$*" in *verify-records) exit 0 ;; esac
for word in compose exec run --rm --no-deps -T; do [ "$1" != "$word" ] || shift; done
case $1 in
  postgresql) shift; exec "$@" ;;
  directory) shift; [ "$1" != deploy/start ] || shift; cd "$ROOT"; exec $(echo "$@" | sed "s|/state/|$STATE/|") ;;
esac
"""


@pytest.fixture
def city_url(postgresql):
    """The URL of a database `directory` that belongs to `signpost`, as in docker-compose.yml."""
    with _administrator(postgresql) as connection:
        connection.execute(text("CREATE ROLE signpost LOGIN SUPERUSER"))
        connection.execute(text("CREATE DATABASE directory OWNER signpost TEMPLATE signpost_template"))
    yield str(postgresql.get_uri(database="directory"))
    with _administrator(postgresql) as connection:
        connection.execute(text("DROP DATABASE directory WITH (FORCE)"))
        connection.execute(text("DROP ROLE signpost"))


@pytest.fixture
def follow(city_url, postgresql, tmp_path):
    """follow(heading) -> what the commands for containers under this heading say."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text(STAND_IN)
    (tmp_path / "bin" / "docker").chmod(0o755)
    (tmp_path / "state").mkdir()
    (tmp_path / "here").mkdir()
    with using_database(city_url) as database, database.engine.connect() as connection:
        server = connection.connection.driver_connection.info
        place = {"PGHOST": server.host, "PGPORT": str(server.port)}
    environment = place | {
        "PATH": f"{tmp_path / 'bin'}:{postgresql.bin_path}:{os.environ['PATH']}",
        "DATABASE_URL": city_url,
        "ROOT": str(ROOT),
        "STATE": str(tmp_path / "state"),
        "SIGNPOST_STATE_DIR": str(tmp_path / "state"),
    }

    def run(heading):
        (section,) = re.findall(rf"^## {heading}\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
        (commands,) = re.findall(r"^```console\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        answer = subprocess.run(
            ["sh", "-euc", f"umask 022\n{commands}"],
            cwd=tmp_path / "here",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return run


def test_a_row_of_every_table_comes_back_and_the_files_are_for_their_owner_only(city_url, follow, tmp_path):
    with using_database(city_url) as database, database.engine.begin() as connection:
        fill_empty_tables(connection)
        kept = list(list_rows(connection))
    follow("Back up")
    files = [tmp_path / "here" / name for name in ("directory.dump", "backup.gz")]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    # What happens after the backup is gone with it: the page says so.
    with using_database(city_url) as database, database.engine.begin() as connection:
        connection.execute(text("DELETE FROM demand_count"))
        connection.execute(text("CREATE TABLE left_over (id integer)"))
    assert "Every row is the same." in follow("Restore")
    with using_database(city_url) as database, database.engine.begin() as connection:
        assert list(list_rows(connection)) == kept


def test_a_restore_that_lost_a_row_is_noticed(city_url, follow, tmp_path):
    with using_database(city_url) as database, database.engine.begin() as connection:
        fill_empty_tables(connection)
    follow("Back up")
    with using_database(city_url) as database, database.engine.begin() as connection:
        connection.execute(text("DELETE FROM demand_count"))
    subprocess.run(["mv", tmp_path / "here" / "backup.gz", tmp_path / "backup.gz"], check=True)
    follow("Back up")
    subprocess.run(["mv", tmp_path / "backup.gz", tmp_path / "here" / "backup.gz"], check=True)
    with pytest.raises(AssertionError, match="1 rows are in the database or in the backup"):
        follow("Restore")
