"""The processes of Signpost Leeds as one thing: their settings, how they start, when they are ready.

`make run` (scripts/run.py) and the tests of the whole system (tests/stack.py) both come through here.
"""

import os
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.error import URLError

from honcho.environ import parse_procfile

from scripts.children import LOOK_AGAIN_SECONDS, Children
from scripts.ports import port_numbers

ROOT = Path(__file__).resolve().parent.parent

# Where each process answers 200 once it can do its work. One that is not named here is ready when it runs.
READY_ADDRESSES = {
    # Rasa opens its port after the model is loaded.
    "rasa": "http://127.0.0.1:{RASA_PORT}/webhooks/rest/",
    "actions": "http://127.0.0.1:{ACTIONS_PORT}/health",
    "directory": "http://{DIRECTORY_HOST}:{DIRECTORY_PORT}/readyz",
    "bot": "http://{HOST}:{PORT}/readyz",
}
# Rasa needs about 15 seconds on two idle cores; a busy or slow machine is given its time.
READY_WITHIN_SECONDS = 240

# Four processes on few cores: a pool of threads in each numerical library would only make them wait.
SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
}


class StackError(Exception):
    """Something stops the stack from running; the text is one plain sentence for whoever started it."""


class StopAsked(Exception):
    """Somebody asked the runner to stop, with Ctrl-C or a signal."""


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that holds everything we write, as an absolute path."""
    return (ROOT / (environment.get("SIGNPOST_STATE_DIR") or "var")).resolve()


def stack_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with every setting that the processes need to find one another.

    What the caller has set is kept. Raises StackError for a port that is no port.
    """
    try:
        ports = {name: str(number) for name, number in port_numbers(environment).items()}
    except ValueError as problem:
        raise StackError(str(problem)) from problem
    state = state_folder(environment)
    defaults = {
        "HOST": "127.0.0.1",
        "DIRECTORY_HOST": "127.0.0.1",
        "DIRECTORY_URL": f"http://127.0.0.1:{ports['DIRECTORY_PORT']}",
        "DIRECTORY_PUBLIC_URL": f"http://127.0.0.1:{ports['DIRECTORY_PORT']}",
        "CHAT_PUBLIC_URL": f"http://127.0.0.1:{ports['PORT']}",
        "RASA_URL": f"http://127.0.0.1:{ports['RASA_PORT']}",
        "BOT_URL": f"http://127.0.0.1:{ports['PORT']}",
        # Rasa reads this one in endpoints.yml.
        "ACTIONS_URL": f"http://127.0.0.1:{ports['ACTIONS_PORT']}/webhook",
        # The same as the bot's own default; Rasa, which reads it in endpoints.yml, knows none.
        "CONVERSATION_HOURS": "24",
    }
    return defaults | SINGLE_THREADED | dict(environment) | ports | {"SIGNPOST_STATE_DIR": str(state)}


def rasa_environment(environment: Mapping[str, str], state: Path) -> dict[str, str]:
    """Return the environment for a command of Rasa: quiet, without telemetry, able to import `engine`."""
    return dict(environment) | {
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(state / "rasa-cache"),
        # Rasa 3.6 is not developed any more: warnings about its own old libraries tell nobody anything.
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # At DEBUG Rasa writes the text of messages into its log.
        "LOG_LEVEL": "INFO",
    }


class Stack:
    """The processes that a Procfile names, run with one environment and watched.

    `say` gets one plain line at a time; `stop_asked` is looked at in every wait.
    """

    def __init__(
        self,
        children: Children,
        environment: Mapping[str, str],
        procfile: Path = ROOT / "Procfile",
        say: Callable[[str], object] = print,
        stop_asked: Callable[[], bool] = lambda: False,
    ) -> None:
        self.children = children
        self.environment = dict(environment)
        self.state = Path(self.environment["SIGNPOST_STATE_DIR"])
        self.commands: dict[str, str] = parse_procfile(procfile.read_text("utf-8")).processes
        self.ready_addresses = READY_ADDRESSES
        self.say = say
        self._stop_asked = stop_asked
        self._started = time.monotonic()

    def run_to_end(self, name: str, command: str, environment: Mapping[str, str] | None = None) -> None:
        """Run one command that ends by itself, saying every 15 seconds that it still runs.

        Raises StackError, with the last lines that it wrote, if it fails.
        """
        self.children.start(name, command, environment or self.environment)
        began = said = time.monotonic()
        while self.children.exit_code(name) is None:
            self.pause()
            if time.monotonic() - said > 15:
                said = time.monotonic()
                self.say(f"  {name}: still at it after {said - began:.0f} s")
        code = self.children.forget(name)
        if code:
            raise StackError(self._last_words(name, code))

    def start(self, names: Iterable[str] | None = None, *, keep_log: bool = False) -> None:
        """Start these processes (all of them by default) at once, without waiting for any."""
        self._started = time.monotonic()
        for name in names or self.commands:
            self.children.start(name, self.commands[name], self.environment_of(name), keep_log=keep_log)

    def environment_of(self, name: str) -> Mapping[str, str]:
        """Return the environment that this process is given."""
        if name.startswith("rasa"):
            return rasa_environment(self.environment, self.state)
        return self.environment

    def wait_until_ready(self, names: Iterable[str] | None = None) -> None:
        """Wait until these processes (by default all) answer; raise StackError if one dies or never does."""
        waiting = list(names or self.commands)
        while waiting:
            self._raise_if_dead()
            for name in [name for name in waiting if self._answers(name)]:
                waiting.remove(name)
                self.say(f"  {name} is ready ({time.monotonic() - self._started:.1f} s)")
            if time.monotonic() - self._started > READY_WITHIN_SECONDS:
                raise StackError(
                    f"{' and '.join(waiting)} did not get ready in {READY_WITHIN_SECONDS} s: "
                    f"see {self.children.log_path(waiting[0])}."
                )
            if waiting:
                self.pause()

    def say_ready(self, sign_in: str | None = None) -> None:
        """Say that everything answers, and where; with a link that signs one member of staff in, if there is one."""
        self.say("Ready")
        self.say(f"  For residents:  http://127.0.0.1:{self.environment['PORT']}")
        self.say(f"  The directory:  {self.environment['DIRECTORY_PUBLIC_URL']}")
        if sign_in:
            self.say(f"  Staff sign in once with:  {sign_in}")
        self.say(f"  Logs are in {self.children.logs}. Ctrl-C stops everything.")

    def watch(self) -> None:
        """Return never: raise StopAsked when somebody asks for it, StackError when a process dies."""
        while True:
            self._raise_if_dead()
            self.pause()

    def pause(self) -> None:
        """Wait a moment inside a loop; raise StopAsked when somebody asks for that."""
        if self._stop_asked():
            raise StopAsked
        time.sleep(LOOK_AGAIN_SECONDS)

    def _raise_if_dead(self) -> None:
        name = self.children.find_dead()
        if name:
            raise StackError(self._last_words(name, self.children.exit_code(name) or 0))

    def _last_words(self, name: str, code: int) -> str:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        lines = "".join(f"\n  {name} | {line}" for line in self.children.last_lines(name))
        return f"{name} {how}; its output is in {self.children.log_path(name)} and ends:{lines}"

    def _answers(self, name: str) -> bool:
        if name not in self.ready_addresses:
            return True
        # 0.0.0.0 means every address of this machine, and asks to be called by one of them.
        address = (
            self.ready_addresses[name].format_map(self.environment).replace("//0.0.0.0:", "//127.0.0.1:")
        )
        # No proxy that the environment may name: these addresses are on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(address, timeout=2) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False


def inherited_environment() -> dict[str, str]:
    """Return the environment of this process, completed for the stack."""
    return stack_environment(os.environ)
