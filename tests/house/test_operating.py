"""docs/operating.md can be followed to the letter: its commands are run, and what needs containers is looked up."""

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pyotp
import pytest
import yaml

from bot.metrics import Metrics
from referral_directory.database import transaction, using_database
from referral_directory.staff.accounts import enrol, find_by_email, invite, use_code
from referral_directory.staff.keys import make_keys
from referral_directory.staff.totp import make_secret
from referral_directory.web.observing import make_metrics
from tests.house.repository import ROOT
from tests.stack import isolated_environment

PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
ALARMS = yaml.safe_load((ROOT / "deploy/prometheus/alarms.yml").read_text(encoding="utf-8"))
# Where there is no container engine: runs the command of `run` and `exec` here, with the secrets it would get.
CONTAINER_ENGINE = """#!/bin/sh
while [ $# -gt 0 ] && [ "$1" != .venv/bin/python ]; do shift; done
[ $# -gt 0 ] || exit 0
export SIGNPOST_FIELD_KEYS="$(cat "$HERE/secrets/field-keys")" SIGNPOST_STAFF_KEY="$(cat "$HERE/secrets/staff-key")"
cd {root} && exec "$@"
"""
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def blocks(kind: str, page: str = PAGE) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


# Twenty programs one after the other: a busy machine has taken six minutes and a half.
@pytest.mark.timeout(900)
def test_every_command_of_the_page_works_in_order(tmp_path):
    environment = isolated_environment(tmp_path, {})
    # As on a new machine: a database and keys of its own are made by the first command.
    script = "set -eux\n" + "\n".join(blocks("sh"))
    answer = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]


@pytest.mark.timeout(300)
def test_keys_are_replaced_in_containers_as_the_page_says_and_nobody_is_locked_out(tmp_path):
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/make-secrets", tmp_path / "deploy")
    engine = tmp_path / "docker"
    engine.write_text(CONTAINER_ENGINE.format(root=ROOT), encoding="utf-8")
    engine.chmod(0o755)
    environment = isolated_environment(tmp_path / "state", {"HERE": str(tmp_path)})
    environment |= {"PATH": f"{tmp_path}:{environment['PATH']}"}

    def run(script: str) -> None:
        answer = subprocess.run(
            ["bash", "-c", f"set -eux\n{script}"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr[-2000:]

    run("deploy/make-secrets\ndocker compose run prepare .venv/bin/python -m referral_directory prepare")
    secrets = tmp_path / "secrets"
    before = {path.name: path.read_text("utf-8") for path in secrets.iterdir()}
    now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    app, url = make_secret(), f"sqlite:///{tmp_path}/state/directory.db"
    with using_database(url) as database, transaction(database) as session:
        member, _ = invite(session, "amina@example.org", "Amina", ["administrator"], "", now)
        enrol(session, member, make_keys(before["staff-key"]), app, 0)
    run("\n".join(blocks("console", re.search(r"^## Rotate keys$(.*?)^## ", PAGE, re.M | re.S)[1])))
    after = {path.name: path.read_text("utf-8") for path in secrets.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {
        "field-keys",
        "service-token",
        "staff-key",
    }
    assert after.keys() == before.keys()
    assert before["staff-key"] not in after["staff-key"]
    assert after["field-keys"].endswith(f",{before['field-keys']}")
    with using_database(url) as database, transaction(database) as session:
        member = find_by_email(session, "amina@example.org")
        assert use_code(session, member, make_keys(after["staff-key"]), pyotp.TOTP(app).at(now), now)


def test_commands_in_containers_name_what_there_is():
    used = re.findall(r"docker compose exec (?:-T )?([a-z-]+) (\S+)", PAGE)
    assert used
    assert {service for service, _ in used} <= COMPOSE["services"].keys()
    # A command in a running container does not pass through the entry point, which is what reads secrets.
    programs = {"deploy/start", "pg_dump", "pg_restore"}
    assert {program for _, program in used} == programs
    for path in re.findall(r"^(deploy/\S+)", "\n".join(blocks("console")), re.MULTILINE):
        assert os.access(ROOT / path, os.X_OK)


def test_every_alarm_has_its_row_and_every_row_its_alarm():
    alarms = {rule["alert"] for group in ALARMS["groups"] for rule in group["rules"]}
    rows = set(re.findall(r"^\| ([A-Z]\w+) \|", PAGE, re.MULTILINE))
    assert rows == alarms


def exported_names() -> set[str]:
    """Every name under which a process gives figures to Prometheus."""
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
    registries = (Metrics().registry, make_metrics().registry)
    families = [family for registry in registries for family in registry.collect()]
    return {family.name + ending for family in families for ending in endings[family.type]}


def test_alarms_and_dashboards_ask_for_figures_that_are_exported():
    boards = list((ROOT / "deploy/grafana/dashboards").glob("*.json"))
    panels = [panel for board in boards for panel in json.loads(board.read_text("utf-8"))["panels"]]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    asked += [rule["expr"] for group in ALARMS["groups"] for rule in group["rules"]]
    names = {name for text in asked for name in re.findall(r"\b(?:bot|signpost_directory|actions)_\w+", text)}
    assert len(names) > 15
    # What the actions give is text of their own (tests/actions/test_action_server.py).
    assert names - exported_names() == {"actions_enquiries_waiting"}


def test_every_program_with_figures_is_asked_for_them():
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    asked = {job["job_name"] for job in settings["scrape_configs"]}
    assert asked == {"bot", "telegram", "actions", "directory"}
    assert asked <= COMPOSE["services"].keys()
