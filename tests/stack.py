"""The whole system as real processes, for tests that need it: started as `make run` starts it."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.children import Children
from scripts.model import ensure_model
from scripts.ports import PORTS
from scripts.stack import ROOT, Stack, stack_environment, state_folder

# What a child may see of the developer's own environment: no setting of Signpost Leeds, and no secret.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER")


@dataclass(frozen=True)
class RunningStack:
    """The four processes, running: where they answer, and how to hurt them."""

    stack: Stack
    bot_url: str
    directory_url: str
    rasa_url: str
    actions_url: str
    state: Path

    def kill(self, name: str) -> None:
        """Kill `rasa`, `actions`, `directory` or `bot` at once, as a crash would (SIGKILL)."""
        self.stack.children.kill(name)

    def restart(self, name: str) -> None:
        """Start a killed process again and wait until it is ready."""
        self.stack.start([name], keep_log=True)
        self.stack.wait_until_ready([name])

    def log(self, name: str) -> str:
        """Return everything that the process has written, over all its lives."""
        return self.stack.children.log_path(name).read_text("utf-8", "replace")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the processes, for a command of ours that should meet them."""
        return self.stack.environment


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on, all different.

    Below those that the system gives out by itself: until a process of ours has opened its port, nobody gets it by
    chance.
    """
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = random.SystemRandom().randrange(10_000, 32_000)
            # Held together until all are known, so that none is given out twice.
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                ports.append(port)
    return ports


def isolated_environment(state: Path, settings: dict[str, str]) -> dict[str, str]:
    """Return an environment for the processes with free ports and a state folder of their own."""
    ports = {
        variable: str(port) for (variable, _, _), port in zip(PORTS, free_ports(len(PORTS)), strict=True)
    }
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return stack_environment(kept | ports | {"SIGNPOST_STATE_DIR": str(state)} | settings)


@contextmanager
def running_stack(state: Path, **settings: str) -> Iterator[RunningStack]:
    """Run all four processes with their state in `state`, for example a tmp_path; always stop them.

    `settings` are environment variables, for example SIGNPOST_CLOCK="2026-11-18T10:00:00". The language
    model is the one that `make run` uses, trained first if there is none of the present sources.
    """
    environment = isolated_environment(state, settings)
    with Children(ROOT, state / "logs") as children:
        stack = Stack(children, environment, say=_say_nothing)
        stack.environment["RASA_MODEL"] = str(ensure_model(stack, state_folder(os.environ) / "models"))
        stack.run_to_end("prepare", "exec .venv/bin/python -m referral_directory prepare")
        stack.start()
        stack.wait_until_ready()
        yield RunningStack(
            stack=stack,
            bot_url=environment_url(environment, "PORT"),
            directory_url=environment_url(environment, "DIRECTORY_PORT"),
            rasa_url=environment_url(environment, "RASA_PORT"),
            actions_url=environment_url(environment, "ACTIONS_PORT"),
            state=state,
        )


def environment_url(environment: dict[str, str], variable: str) -> str:
    """Return the address of the process whose port this variable holds."""
    return f"http://127.0.0.1:{environment[variable]}"


def _say_nothing(line: str) -> None:
    """Progress is for people; pytest has its own."""
