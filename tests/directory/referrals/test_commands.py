"""The commands, as processes of their own."""

import os
import subprocess
import sys

import pytest

from referral_directory.field_encryption import make_key
from tests.directory.referrals.following import agree, choose, fill_in, start_draft
from tests.directory.referrals.stored import DROP, tamper
from tests.house.repository import ROOT


def run(settings, clock, *command):
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "SIGNPOST_STATE_DIR": str(settings.state_dir),
        "SIGNPOST_CLOCK": clock().isoformat(),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-m", "referral_directory", *command],
        cwd=settings.state_dir,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def sent(staff):
    page = start_draft(staff)
    choose(staff, page)
    agree(staff, page)
    fill_in(staff, page)


def test_mail_is_delivered_once_by_the_command(sent, settings, clock):
    for _ in range(2):
        answer = run(settings, clock, "deliver-mail", "--once")
        assert answer.returncode == 0, answer.stderr
    assert len(list((settings.state_dir / "mail").glob("*.eml"))) == 1


@pytest.mark.parametrize("command", ["work", "deliver-mail"])
def test_a_worker_with_other_keys_sends_and_writes_nothing(sent, settings, clock, command):
    right = (settings.state_dir / "field-keys").read_text()
    (settings.state_dir / "field-keys").write_text(make_key())
    clock.move(days=7)
    answer = run(settings, clock, command, "--once")
    assert answer.returncode == 1
    assert "Put back the file" in answer.stderr
    assert not (settings.state_dir / "mail").exists()
    (settings.state_dir / "field-keys").write_text(right)
    assert run(settings, clock, "verify-records").returncode == 0


def test_records_verify_until_somebody_tampers(sent, settings, clock, engine_name):
    good = run(settings, clock, "verify-records")
    assert (good.returncode, good.stdout) == (0, "Every record is as it was written.\n")
    tamper(settings, *DROP[engine_name], "UPDATE referral_audit SET action = 'seen' WHERE number = 2")
    bad = run(settings, clock, "verify-records")
    assert bad.returncode == 1
    assert bad.stdout == "audit entry 2 was changed, or what came before it\n"


def test_rotation_says_how_many_referrals_it_sealed(sent, settings, clock):
    answer = run(settings, clock, "rotate-field-keys")
    assert answer.returncode == 0, answer.stderr
    assert '"rows": 1' in answer.stdout
    assert run(settings, clock, "verify-records").returncode == 0
