"""docs/operating.md can be followed to the letter: its commands are run, and what needs containers is looked up."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
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
# Pages with commands that need neither a network nor a running system, beside this one.
OFFLINE_PAGES = ("directory", "statistics")
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
    marked = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [block for mark, block in marked if mark == kind]


def run_commands(commands, folder, environment):
    """What commands of a page say, run as somebody would who follows it: the first that fails ends them."""
    answer = subprocess.run(
        ["bash", "-c", f"set -eux\n{commands}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return answer


@pytest.fixture
def follow(tmp_path):
    """follow(commands) -> what they say, in a folder of the programs with nothing else in it, as on a new machine."""
    folder = tmp_path / "signpost"
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name not in ("var", ".git"):
            (folder / path.name).symlink_to(path)
    environment = isolated_environment(tmp_path / "elsewhere", {})
    del environment["SIGNPOST_STATE_DIR"]

    def run(commands):
        return run_commands(commands, folder, environment)

    return run


@pytest.mark.timeout(900)
def test_every_command_of_the_page_works_in_order_with_nothing_set_beforehand(follow, tmp_path):
    follow("\n".join(blocks("sh")) + '\ntest "${DATABASE_URL:-unset}" = unset\n')
    assert not (tmp_path / "elsewhere").exists()
    # A restored copy is in the place of the old database, and what came after it went there.
    state = tmp_path / "signpost" / "var"
    assert (state / "before-restore" / "directory.db").exists()
    assert not (state / "restored.db").exists()
    with closing(sqlite3.connect(state / "directory.db")) as database:
        assert database.execute("SELECT count(*) FROM service").fetchone()[0] > 100


@pytest.mark.timeout(900)
def test_the_commands_of_the_other_pages_work_in_order(follow):
    pages = [(ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in OFFLINE_PAGES]
    commands = [block for page in pages for block in blocks("sh", page)]
    assert len(commands) >= len(OFFLINE_PAGES)
    follow(".venv/bin/python -m referral_directory prepare\n" + "\n".join(commands))


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.stem)
def test_every_block_of_commands_is_marked_as_run_or_not(path):
    # sh: run by a test. console: needs containers, a network or a running system. Others are drawings and data.
    unmarked = blocks("", path.read_text(encoding="utf-8"))
    assert not [
        block for block in unmarked if re.search(r"^(python|curl|docker|make|\.venv/\S+) ", block, re.M)
    ]
    run = path.stem in ("operating", *OFFLINE_PAGES)
    assert run or not blocks("sh", path.read_text(encoding="utf-8")), "marked sh, and run by no test"


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
        run_commands(script, tmp_path, environment)

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
    programs = {"deploy/start", "pg_dump", "pg_restore", "dropdb", "createdb", "cat"}
    assert {program for _, program in used} == programs
    for path in re.findall(r"^(deploy/\S+)", "\n".join(blocks("console")), re.MULTILINE):
        assert os.access(ROOT / path, os.X_OK)


def test_what_containers_need_to_be_told_outlives_the_shell(tmp_path):
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{([A-Z_]+)", text)) | {"COMPOSE_PROFILES"}
    commands = "\n".join(blocks("console"))
    said = re.findall(r"^(?:export )?([A-Z_]+)=|export .*?([A-Z_]+)=|--(profile)", commands, re.MULTILINE)
    assert not {name for match in said for name in match} & (read | {"profile"})
    # The commands that write .env are followed here, in order, up to the last one.
    writing = [line for line in commands.splitlines() if line.endswith(".env")]
    subprocess.run(["sh", "-euc", "\n".join(writing)], cwd=tmp_path, check=True)
    written = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text("utf-8").splitlines())
    assert set(re.findall(r"\$\{([A-Z_]+):\?", text)) <= written.keys() <= read
    assert subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=ROOT, check=False).returncode == 0


def test_every_alarm_has_its_row_and_every_row_its_alarm():
    alarms = {rule["alert"] for group in ALARMS["groups"] for rule in group["rules"]}
    rows = set(re.findall(r"^\| ([A-Z]\w+) \|", PAGE, re.MULTILINE))
    assert rows == alarms


def test_every_alarm_says_one_sentence():
    # A comma in a sentence without quotation marks would be a second annotation, and Prometheus would not start.
    for group in ALARMS["groups"]:
        for rule in group["rules"]:
            assert list(rule["annotations"]) == ["summary"], rule["alert"]
            assert rule["annotations"]["summary"].endswith("."), rule["alert"]


def exported_names() -> set[str]:
    """Every name under which a process gives figures to Prometheus."""
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
    registries = (Metrics().registry, make_metrics().registry)
    families = [family for registry in registries for family in registry.collect()]
    return {family.name + ending for family in families for ending in endings[family.type]}


def asked_expressions() -> list[str]:
    """Everything that the alarms and the dashboards ask Prometheus for."""
    boards = list((ROOT / "deploy/grafana/dashboards").glob("*.json"))
    panels = [panel for board in boards for panel in json.loads(board.read_text("utf-8"))["panels"]]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    return asked + [rule["expr"] for group in ALARMS["groups"] for rule in group["rules"]]


def test_alarms_and_dashboards_ask_for_figures_that_are_exported():
    asked = asked_expressions()
    names = {name for text in asked for name in re.findall(r"\b(?:bot|signpost_directory|actions)_\w+", text)}
    assert len(names) > 15
    # What the actions give is text of their own (tests/actions/test_action_server.py).
    assert names - exported_names() == {"actions_enquiries_waiting"}


def test_a_figure_with_a_label_that_is_asked_for_is_there_before_anything_has_failed():
    # To Prometheus a figure that begins at 1 has never risen: the first failure would be silent.
    samples = [
        sample
        for registry in (Metrics().registry, make_metrics().registry)
        for family in registry.collect()
        for sample in family.samples
    ]
    chosen = [
        (name, label, sign, value)
        for text in asked_expressions()
        for name, labels in re.findall(r"\b((?:bot|signpost_directory)_\w+)\{([^}]*)\}", text)
        for label, sign, value in re.findall(r'(\w+)(=~?)"([^"]*)"', labels)
    ]
    assert {label for _, label, _, _ in chosen} >= {"outcome", "kind", "step"}
    for name, label, sign, value in chosen:
        for one in value.split("|") if sign == "=~" else [value]:
            assert any(sample.name == name and sample.labels.get(label) == one for sample in samples), one


def test_every_program_with_figures_is_asked_for_them():
    settings = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    asked = {job["job_name"] for job in settings["scrape_configs"]}
    assert asked == {"proxy", "bot", "telegram", "actions", "directory"}
    assert asked <= COMPOSE["services"].keys()
