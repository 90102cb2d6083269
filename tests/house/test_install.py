"""The installer, in a folder of its own with a stand-in for uv that writes down what it is asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT

WORKING_UV = f"""#!/bin/sh
echo "$@" >> calls
[ "$1" != venv ] || for folder; do :; done
[ "$1" != venv ] || {{ mkdir -p "$folder/bin" && ln -sf {sys.executable} "$folder/bin/python"; }}
"""
UV_WITHOUT_PYTHON = '#!/bin/sh\n[ "$1" != venv ]\n'
FULL_DISK = "#!/bin/sh\necho header\necho '/dev/x 9 9 2100 99% /'\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "engine").mkdir()
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "scripts/install", tmp_path / "scripts")
    for lock in ("services.lock", "services-dev.lock", "engine/requirements.lock"):
        (tmp_path / lock).write_text(lock)
    return tmp_path


def provide(checkout: Path, tool: str, program: str) -> None:
    (checkout / "tools" / tool).write_text(program)
    (checkout / "tools" / tool).chmod(0o755)


def install(checkout: Path, level: str = "services") -> subprocess.CompletedProcess[str]:
    path = f"{checkout / 'tools'}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(checkout)}
    command = ["scripts/install", level]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def calls(checkout: Path) -> list[str]:
    return (checkout / "calls").read_text().splitlines()


def test_what_is_installed_is_left_alone(checkout):
    provide(checkout, "uv", WORKING_UV)
    assert install(checkout).returncode == 0
    made = calls(checkout)
    again = install(checkout)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert calls(checkout) == made


def test_a_changed_lock_is_installed_again_and_only_that(checkout):
    provide(checkout, "uv", WORKING_UV)
    install(checkout)
    made = calls(checkout)
    (checkout / "services.lock").write_text("newer")
    assert install(checkout).returncode == 0
    synced = [call for call in calls(checkout)[len(made) :] if call.startswith("pip sync")]
    assert [call.split()[-1] for call in synced] == ["services.lock"]
    assert "--require-hashes" in synced[0]


def test_the_environment_of_the_tests_serves_to_run(checkout):
    provide(checkout, "uv", WORKING_UV)
    install(checkout, "development")
    made = calls(checkout)
    assert install(checkout, "services").returncode == 0
    assert calls(checkout) == made


def test_a_full_disk_is_said_in_one_line(checkout):
    provide(checkout, "df", FULL_DISK)
    answer = install(checkout)
    assert answer.returncode == 1
    assert answer.stderr == (
        "Not enough disk space: the installation needs 4000 MB here and 2100 MB are free.\n"
    )


def test_a_missing_python_is_said_in_one_line(checkout):
    provide(checkout, "uv", UV_WITHOUT_PYTHON)
    answer = install(checkout)
    assert answer.returncode == 1
    assert answer.stderr.startswith("Python 3.12 is needed for the services: install it ")
    assert len(answer.stderr.splitlines()) == 1
