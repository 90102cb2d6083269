import json
import os
import shutil
import subprocess

import pytest

from scripts.audit import LOCKS, Advisory, explained_advisories, read_answer, report
from tests.house.repository import ROOT, repository_files

CLEAN = {"the services": [], "the development tools": []}


def answer(*dependencies: dict) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def advisory(package: str, *numbers: str) -> Advisory:
    return Advisory(package, frozenset(numbers))


def test_advisories_are_read_with_their_packages_and_every_number():
    faults = [{"id": "GHSA-1", "aliases": ["CVE-1"]}, {"id": "CVE-2"}]
    told = answer({"name": "rasa", "version": "3.6.21", "vulns": faults})
    assert read_answer(told) == [advisory("rasa", "GHSA-1", "CVE-1"), advisory("rasa", "CVE-2")]
    assert read_answer(answer({"name": "jinja2", "version": "3.1.6", "vulns": []})) == []


@pytest.mark.parametrize("told", ["", "{}", answer(), answer({"name": "rasa", "skip_reason": "not found"})])
def test_an_answer_that_looked_nothing_up_is_no_answer(told):
    assert read_answer(told) is None


def test_what_is_explained_passes_and_anything_else_fails(capsys):
    known, unknown = advisory("rasa", "GHSA-1", "CVE-1"), advisory("jinja2", "CVE-2")
    explained = {"rasa": frozenset({"CVE-1"})}
    assert report(CLEAN | {"Rasa": [known]}, explained) == 0
    assert report(CLEAN | {"Rasa": [known, unknown]}, explained) == 1
    # The page explains advisories of Rasa's environment alone.
    assert report(CLEAN | {"the services": [known], "Rasa": [known]}, explained) == 1
    assert "Rasa: rasa CVE-1, GHSA-1 (docs/audit.md)" in capsys.readouterr().out


def test_a_new_advisory_of_a_package_that_is_on_the_page_fails():
    explained = {"rasa": frozenset({"CVE-1"}), "keras": frozenset({"CVE-3"})}
    assert report(CLEAN | {"Rasa": [advisory("rasa", "CVE-2")]}, explained) == 1
    assert report(CLEAN | {"Rasa": [advisory("rasa", "CVE-3")]}, explained) == 1


def test_advisories_that_could_not_be_looked_up_are_no_clean_sheet(capsys):
    assert report(CLEAN | {"Rasa": None}, {"rasa": frozenset({"CVE-1"})}) == 2
    assert "no network?" in capsys.readouterr().err


def test_an_index_without_the_advisories_that_we_know_of_has_none_at_all(capsys):
    assert report(CLEAN | {"Rasa": []}, explained_advisories()) == 2
    assert "holds no advisories" in capsys.readouterr().err
    assert report(CLEAN | {"Rasa": []}, {}) == 0


def test_the_page_explains_packages_of_rasas_lock_by_number():
    lock = (ROOT / LOCKS["Rasa"]).read_text(encoding="utf-8")
    explained = explained_advisories()
    assert explained["rasa"] == {"CVE-2024-49375"}
    assert [package for package in explained if f"\n{package}==" not in lock] == []


def test_every_lock_file_of_python_packages_is_looked_up():
    locks = {path.relative_to(ROOT).as_posix() for path in repository_files() if path.suffix == ".lock"}
    # The programs that install: uv itself, and Node for the browser's checks.
    assert locks - set(LOCKS.values()) == {"scripts/uv.lock", "scripts/node.lock"}


@pytest.mark.parametrize(("audit_ends", "run_ends", "says"), [(0, 0, False), (1, 1, False), (2, 0, True)])
def test_a_server_says_loudly_that_nothing_was_looked_up(tmp_path, audit_ends, run_ends, says):
    for name, code in (("make", 0), (".venv/bin/python", audit_ends)):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
        program.chmod(0o755)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [tmp_path / ".ci/run"], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == run_ends
    assert ("NOT LOOKED UP" in done.stderr) is says
