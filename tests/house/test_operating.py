"""docs/operating.md can be followed to the letter: its commands are run, and what needs containers is looked up."""

import os
import re
import subprocess

import pytest
import yaml

from tests.house.repository import ROOT
from tests.stack import isolated_environment

PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
ALARMS = yaml.safe_load((ROOT / "deploy/prometheus/alarms.yml").read_text(encoding="utf-8"))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(300)
def test_every_command_of_the_page_works_in_order(tmp_path):
    environment = isolated_environment(tmp_path, {})
    # As on a new machine: a database and keys of its own are made by the first command.
    script = "set -eux\n" + "\n".join(blocks("sh"))
    answer = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]


def test_commands_in_containers_name_what_there_is():
    used = re.findall(r"docker compose exec ([a-z-]+) (\S+)", PAGE)
    assert used
    assert {service for service, _ in used} <= COMPOSE["services"].keys()
    for path in re.findall(r"^(deploy/\S+)", "\n".join(blocks("console")), re.MULTILINE):
        assert os.access(ROOT / path, os.X_OK)


def test_every_alarm_has_its_row_and_every_row_its_alarm():
    alarms = {rule["alert"] for group in ALARMS["groups"] for rule in group["rules"]}
    rows = set(re.findall(r"^\| ([A-Z]\w+) \|", PAGE, re.MULTILINE))
    assert rows == alarms


def test_alarms_and_dashboards_ask_for_figures_that_exist():
    web = ROOT / "referral_directory" / "web"
    sources = [ROOT / "bot/metrics.py", web / "observing.py", web / "figures.py"]
    described = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    asked = (ROOT / "deploy/prometheus/alarms.yml").read_text(encoding="utf-8")
    asked += (ROOT / "deploy/grafana/dashboards/signpost.json").read_text(encoding="utf-8")
    for name in set(re.findall(r"\b((?:bot|signpost_directory)_[a-z_]+)\b", asked)):
        stem = re.sub(r"_(total|bucket|sum|count)$", "", name)
        assert stem in described or stem.removeprefix("signpost_directory_") in described, name
