"""Child processes of the stack: started in groups of their own, watched, and always stopped."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

# A service may finish the requests it has; after this many seconds it is killed.
STOP_SECONDS = 10
# How often a waiting loop looks again.
LOOK_AGAIN_SECONDS = 0.1


class Children:
    """Processes known by name, each with its own process group and its own log file in `logs`.

    Leaving the `with` block stops every one of them, whatever happened inside.
    """

    def __init__(self, root: Path, logs: Path, stop_seconds: float = STOP_SECONDS) -> None:
        self.root = root
        self.logs = logs
        self.stop_seconds = stop_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self, name: str, command: str, environment: Mapping[str, str], *, keep_log: bool = False
    ) -> None:
        """Start a shell command; its output begins a new log, or follows the old one if `keep_log`."""
        with self.log_path(name).open("ab" if keep_log else "wb") as log:
            self._running[name] = subprocess.Popen(
                command,
                shell=True,
                cwd=self.root,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own group: Ctrl-C in the terminal reaches us alone, and we stop the children in order.
                start_new_session=True,
            )

    def log_path(self, name: str) -> Path:
        """Return where the output of this process is written."""
        return self.logs / f"{name}.log"

    def last_lines(self, name: str, count: int = 15) -> list[str]:
        """Return the last lines that this process wrote."""
        return self.log_path(name).read_text("utf-8", "replace").splitlines()[-count:]

    def pid(self, name: str) -> int:
        """Return the process id, which is also the id of its group."""
        return self._running[name].pid

    def exit_code(self, name: str) -> int | None:
        """Return None while the process runs, else its exit code (negative: killed by that signal)."""
        return self._running[name].poll()

    def find_dead(self) -> str | None:
        """Return the name of a process that has ended, or None while all run."""
        return next((name for name in self._running if self.exit_code(name) is not None), None)

    def kill(self, name: str) -> None:
        """Kill one process and its group at once, as a crash would."""
        _signal_group(self.pid(name), signal.SIGKILL)
        self._running[name].wait()

    def forget(self, name: str) -> int:
        """Stop watching a process that has ended, and return its exit code."""
        return self._running.pop(name).wait()

    def stop(self) -> None:
        """Ask every process group to end, and kill what is left after `stop_seconds`."""
        for child in self._running.values():
            _signal_group(child.pid, signal.SIGTERM)
        give_up = time.monotonic() + self.stop_seconds
        while any(child.poll() is None for child in self._running.values()):
            if time.monotonic() > give_up:
                break
            time.sleep(LOOK_AGAIN_SECONDS)
        # Also for those that ended well: a child of theirs may have stayed behind in the group.
        for child in self._running.values():
            _signal_group(child.pid, signal.SIGKILL)
            child.wait()
        self._running.clear()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        # Everybody in it has already gone.
        pass
    except PermissionError:
        # macOS says this of a group whose only member is a zombie.
        pass
