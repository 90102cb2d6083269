"""Start everything and stay until Ctrl-C: the program behind `make run`.

python -m scripts.run                           prepare the database, train if needed, start, print Ready
python -m scripts.run --start-only [PROCFILE]   start what the Procfile names, and nothing else
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.children import Children
from scripts.model import ensure_model
from scripts.ports import port_problems
from scripts.stack import ROOT, Stack, StackError, StopAsked, stack_environment

DIRECTORY_COMMAND = (".venv/bin/python", "-m", "referral_directory")


class StopSignals:
    """Remembers a signal to stop; called to ask whether there was one.

    A flag and not an exception: an exception could fall between the start of a child and our note of its id.
    """

    def __init__(self) -> None:
        self._received = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._remember)

    def __call__(self) -> bool:
        return self._received

    def _remember(self, number: int, frame: object) -> None:
        self._received = True


def run(procfile: Path, *, start_only: bool) -> None:
    """Run the stack until it is asked to stop (raises StopAsked) or something fails (raises StackError)."""
    stop_signals = StopSignals()
    problems = port_problems(os.environ)
    if problems:
        raise StackError("\n".join(problems))
    environment = stack_environment(os.environ)
    state = Path(environment["SIGNPOST_STATE_DIR"])
    with Children(ROOT, state / "logs") as children:
        stack = Stack(children, environment, procfile, say=say, stop_asked=stop_signals)
        if not start_only:
            _prepare(stack)
        say(f"Starting {', '.join(stack.commands)}")
        stack.start()
        # Asked for here because Rasa is still busy loading: it costs no time.
        sign_in = None if start_only else _staff_link(stack)
        stack.wait_until_ready()
        stack.say_ready(sign_in)
        try:
            stack.watch()
        finally:
            say("Stopping everything")


def _prepare(stack: Stack) -> None:
    """Bring the database and the language model up to date."""
    say("Preparing the directory: database and starter records")
    stack.run_to_end("prepare", "exec " + " ".join((*DIRECTORY_COMMAND, "prepare")))
    stack.environment["RASA_MODEL"] = str(ensure_model(stack, stack.state / "models"))


def _staff_link(stack: Stack) -> str | None:
    """Return a link that signs one member of staff in, or None if the directory makes none."""
    # Not through a log file: the link lets its holder in.
    answer = subprocess.run(
        (*DIRECTORY_COMMAND, "staff-link"),
        cwd=ROOT,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    links = [line for line in answer.stdout.split() if line.startswith("http")]
    return links[-1] if links and answer.returncode == 0 else None


def say(line: str) -> None:
    """Print a line of progress at once, so that it is seen through a pipe too."""
    print(line, flush=True)


def end_code(work: Callable[[], None]) -> int:
    """Do the work of a runner; return 0 after a requested stop and 1 after a failure, said on standard error."""
    try:
        work()
    except StopAsked:
        return 0
    except StackError as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    return 0


def main(arguments: list[str]) -> int:
    """Run the stack as the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(description="Start Signpost Leeds and stay until Ctrl-C.")
    parser.add_argument("procfile", nargs="?", type=Path, default=ROOT / "Procfile")
    parser.add_argument(
        "--start-only", action="store_true", help="leave the database and the model as they are"
    )
    options = parser.parse_args(arguments)
    return end_code(lambda: run(options.procfile, start_only=options.start_only))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
