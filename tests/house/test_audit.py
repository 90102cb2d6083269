import json

import pytest

from scripts.audit import explained_packages, read_answer, report


def answer(*dependencies: dict) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_advisories_are_read_with_their_packages():
    told = answer({"name": "rasa", "version": "3.6.21", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]})
    assert read_answer(told) == [("rasa", "CVE-1"), ("rasa", "CVE-2")]
    assert read_answer(answer({"name": "jinja2", "version": "3.1.6", "vulns": []})) == []


@pytest.mark.parametrize("told", ["", "{}", answer(), answer({"name": "rasa", "skip_reason": "not found"})])
def test_an_answer_that_looked_nothing_up_is_no_answer(told):
    assert read_answer(told) is None


def test_what_is_explained_passes_and_anything_else_fails(capsys):
    known, unknown = ("rasa", "CVE-1"), ("jinja2", "CVE-2")
    assert report({"the services": [], "Rasa": [known]}, {"rasa"}) == 0
    assert report({"the services": [], "Rasa": [known, unknown]}, {"rasa"}) == 1
    # The page explains advisories of Rasa's environment alone.
    assert report({"the services": [known], "Rasa": [known]}, {"rasa"}) == 1
    assert "Rasa: rasa CVE-1 (docs/audit.md)" in capsys.readouterr().out


def test_advisories_that_could_not_be_looked_up_are_no_clean_sheet(capsys):
    assert report({"the services": [], "Rasa": None}, {"rasa"}) == 2
    assert "no network?" in capsys.readouterr().err


def test_an_index_without_the_advisories_that_we_know_of_has_none_at_all(capsys):
    assert "rasa" in explained_packages()
    assert report({"the services": [], "Rasa": []}, explained_packages()) == 2
    assert "holds no advisories" in capsys.readouterr().err
    assert report({"the services": [], "Rasa": []}, set()) == 0
