"""Enquiries that wait for the directory outlive the process that took them."""

import json
import os
import resource
import subprocess
import sys

import pytest

from actions import kept_enquiries
from tests.actions.factories import ARMLEY
from tests.stack import ROOT, free_ports

COUNT = """
import os
from actions.counting import count, enquiry
count(enquiry("web-1", "food.parcel", None, "en", "matched"))
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("SIGNPOST_STATE_DIR", str(tmp_path))
    return tmp_path


def test_a_process_killed_while_the_directory_is_away_leaves_the_enquiry_to_the_next_one(state):
    environment = os.environ | {"DIRECTORY_URL": f"http://127.0.0.1:{free_ports(1)[0]}"}
    killed = subprocess.run([sys.executable, "-c", COUNT], cwd=ROOT, env=environment, check=False)
    assert killed.returncode == -9
    (kept,) = kept_enquiries.list_kept()
    assert kept["need"] == "food.parcel"
    assert "web-1" not in json.dumps(kept)


def test_what_is_delivered_is_kept_no_longer(state):
    counted = {"need": "food.parcel", "ward_code": ARMLEY["ward_code"], "key": "one"}
    kept_enquiries.keep(counted)
    kept_enquiries.keep(counted)
    assert kept_enquiries.list_kept() == [counted]
    kept_enquiries.drop(counted)
    assert kept_enquiries.list_kept() == []


def test_half_a_file_is_no_enquiry_and_stops_nothing(state):
    kept_enquiries.keep({"need": "food.parcel", "key": "whole"})
    (state / "enquiries" / "half.json").write_text('{"need": "foo')
    assert [each["key"] for each in kept_enquiries.list_kept()] == ["whole"]


def test_a_full_disk_leaves_no_rests_and_neither_does_a_process_that_died_writing(state, caplog):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        kept_enquiries.keep({"need": "food.parcel", "key": "one"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "kept in memory only" in caplog.text
    assert list((state / "enquiries").iterdir()) == []
    (state / "enquiries" / "half.new").write_text('{"need"')
    assert kept_enquiries.list_kept() == []
    assert list((state / "enquiries").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_answer(state, caplog):
    (state / "enquiries").write_text("not a folder")
    kept_enquiries.keep({"need": "food.parcel", "key": "one"})
    assert "kept in memory only" in caplog.text
