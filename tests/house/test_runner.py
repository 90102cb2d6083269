"""The runner, on small stand-in processes: real ones, with a Procfile of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.children import Children
from tests.house.repository import ROOT
from tests.stack import isolated_environment


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return isolated_environment(tmp_path / "var", {})


@contextmanager
def running(procfile: str, folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run `make run`'s program on this Procfile; its output is a pipe of lines."""
    (folder / "Procfile").write_text(procfile)
    command = [sys.executable, "-m", "scripts.run", "--start-only", str(folder / "Procfile")]
    runner = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with runner:
        try:
            yield runner
        finally:
            runner.terminate()


def read_until(runner: subprocess.Popen[str], found: Callable[[str], bool]) -> list[str]:
    """Read lines of the runner until one is found; fail with what it said if it ends before."""
    lines: list[str] = []
    assert runner.stdout is not None
    for line in runner.stdout:
        lines.append(line.rstrip("\n"))
        if found(lines[-1]):
            return lines
    pytest.fail(f"the runner ended after {lines}: {runner.stderr.read() if runner.stderr else ''}")


def is_ready(line: str) -> bool:
    return line == "Ready"


def group_is_gone(pid_file: Path) -> bool:
    """Tell whether all of a process group has ended, looking for up to five seconds.

    A killed grandchild is reaped by the machine's first process, in its own time, and until then is a zombie.
    """
    group = pid_file.read_text().strip()
    give_up = time.monotonic() + 5
    while group in living_groups():
        if time.monotonic() > give_up:
            return False
    return True


def living_groups() -> set[str]:
    listing = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return {group for group, state in rows if not state.startswith("Z")}


def sleeper(name: str, folder: Path) -> str:
    """Return a Procfile line whose process writes its id, and has a child of its own, and stays."""
    return f"{name}: sleep 1000 & echo $$ > {folder}/{name}.pid; wait\n"


def web_server(name: str, port: str, folder: Path, after: str = ":") -> str:
    """Return a Procfile line of a server that answers 200 for the files in `folder`, once `after` is done."""
    serve = f'exec "{sys.executable}" -m http.server "${port}" --bind 127.0.0.1 --directory {folder}'
    return f"{name}: {after}; {serve}\n"


def until_written(*files: Path) -> str:
    """Return a shell command that waits until these files have content."""
    written = " && ".join(f"[ -s {file} ]" for file in files)
    return f"until {written}; do sleep 0.05; done"


def test_a_port_in_use_is_said_in_one_line_with_the_variable_that_moves_it(tmp_path, environment):
    port = environment["RASA_PORT"]
    with (
        socket.create_server(("127.0.0.1", int(port))),
        running(sleeper("one", tmp_path), tmp_path, environment) as runner,
    ):
        _, said = runner.communicate()
    assert runner.returncode == 1
    advice = "stop what uses it, or choose another with RASA_PORT=<port> make run."
    assert said.splitlines() == [f"Port {port} on 127.0.0.1 is in use: {advice}"]
    assert not (tmp_path / "one.pid").exists()


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_said_in_one_line(tmp_path, environment, value):
    with running(sleeper("one", tmp_path), tmp_path, environment | {"PORT": value}) as runner:
        _, said = runner.communicate()
    assert runner.returncode == 1
    assert said.splitlines() == [f"PORT must be a port between 1 and 65535, not {value!r}."]


def test_ready_is_said_once_everything_answers_and_not_before(tmp_path, environment):
    (tmp_path / "health").write_text("yes")
    procfile = web_server("actions", "ACTIONS_PORT", tmp_path) + web_server("bot", "PORT", tmp_path)
    with running(procfile, tmp_path, environment) as runner:
        before = read_until(runner, lambda line: line.startswith("  actions is ready"))
        (tmp_path / "readyz").write_text("yes")
        after = read_until(runner, is_ready)
    assert "Ready" not in before
    assert [line.split(" (")[0] for line in after] == ["  bot is ready", "Ready"]


def test_a_process_that_dies_is_named_with_its_last_words_and_stops_the_others(tmp_path, environment):
    started = until_written(tmp_path / "other.pid")
    procfile = sleeper("other", tmp_path) + f"broken: {started}; echo no such table; exit 3\n"
    with running(procfile, tmp_path, environment) as runner:
        _, said = runner.communicate()
    assert runner.returncode == 1
    assert said.splitlines()[0].startswith("broken ended with exit code 3; its output is in ")
    assert said.splitlines()[1:] == ["  broken | no such table"]
    assert group_is_gone(tmp_path / "other.pid")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_stop_leaves_no_process(tmp_path, environment, number):
    (tmp_path / "readyz").write_text("yes")
    started = until_written(tmp_path / "one.pid", tmp_path / "two.pid")
    procfile = sleeper("one", tmp_path) + sleeper("two", tmp_path)
    procfile += web_server("bot", "PORT", tmp_path, after=started)
    with running(procfile, tmp_path, environment) as runner:
        read_until(runner, is_ready)
        runner.send_signal(number)
        said, _ = runner.communicate()
    assert runner.returncode == 0
    assert said.splitlines()[-1] == "Stopping everything"
    assert group_is_gone(tmp_path / "one.pid")
    assert group_is_gone(tmp_path / "two.pid")


def test_a_process_that_will_not_end_is_killed(tmp_path):
    started = tmp_path / "stubborn.pid"
    with Children(tmp_path, tmp_path / "logs", stop_seconds=0.2) as children:
        children.start(
            "stubborn", f"trap '' TERM; echo $$ > {started}; while :; do sleep 1; done", os.environ
        )
        children.start("witness", until_written(started), os.environ)
        assert children.forget("witness") == 0
    assert group_is_gone(started)


def test_a_killed_process_can_be_started_again_and_keeps_its_log(tmp_path):
    with Children(tmp_path, tmp_path / "logs") as children:
        children.start("one", "echo first; exec sleep 1000", os.environ)
        children.kill("one")
        assert children.exit_code("one") == -signal.SIGKILL
        children.log_path("one").write_text("first life\n")
        children.start("one", "echo second life", os.environ, keep_log=True)
        assert children.forget("one") == 0
        assert children.last_lines("one") == ["first life", "second life"]
