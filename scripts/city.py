"""A city on one machine: the program behind `make stack`.

The processes of docker-compose.yml with the same settings, without containers: PostgreSQL, Redis, RASA_WORKERS Rasa
workers, actions, directory, bot, the background worker, the TLS proxy and, with a token, Telegram's room. A process
that dies is started again, as a container would be. Ctrl-C ends them all.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from scripts.children import Children
from scripts.model import ensure_model
from scripts.ports import PORTS, taken_ports
from scripts.run import StopSignals, end_code, say
from scripts.servers import find_postgresql
from scripts.stack import READY_ADDRESSES, ROOT, Stack, StackError, stack_environment

PYTHON = ".venv/bin/python"
TELEGRAM_SECRETS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET")
DATABASES = ("directory", "conversations")
# What `make run` opens as well, without Rasa, and what only a city does.
OTHERS_PORTS = tuple(name for name, _, _ in PORTS if name != "RASA_PORT")
OWN_PORTS = ("POSTGRESQL_PORT", "REDIS_PORT", "PROXY_PORT", "PROXY_METRICS_PORT", "TELEGRAM_PORT")
SERVERS_READY_SECONDS = 60
# A process that dies at once is not started again and again without a pause.
RESTART_PAUSE_SECONDS = 1.0


def city_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every process of the city; what the caller has set is kept. Raises StackError."""
    base = stack_environment(environment)
    workers = environment.get("RASA_WORKERS") or "2"
    if not workers.isdecimal() or not 1 <= int(workers) <= 64:
        raise StackError(f"RASA_WORKERS must be a number from 1 to 64, not {workers!r}.")
    # From the workers' own ports when the caller has chosen them, else one after the other.
    first = int(base["RASA_PORT"])
    ports = (environment.get("RASA_PORTS") or ",".join(str(first + n) for n in range(int(workers)))).split(
        ","
    )
    own = {
        "POSTGRESQL_PORT": environment.get("POSTGRESQL_PORT") or "5433",
        "REDIS_PORT": environment.get("REDIS_PORT") or "6390",
        "PROXY_PORT": environment.get("PROXY_PORT") or "8443",
        "PROXY_METRICS_PORT": environment.get("PROXY_METRICS_PORT") or "9180",
        "TELEGRAM_PORT": environment.get("TELEGRAM_PORT") or "8001",
        # Names that most browsers take for this machine.
        "CHAT_HOST": environment.get("CHAT_HOST") or "chat.localhost",
        "DIRECTORY_HOST_NAME": environment.get("DIRECTORY_HOST_NAME") or "directory.localhost",
    }
    server = f"postgresql+psycopg://signpost@127.0.0.1:{own['POSTGRESQL_PORT']}"
    defaults = {
        "DATABASE_URL": f"{server}/directory",
        "CONVERSATIONS_URL": f"{server}/conversations",
        "REDIS_URL": f"redis://127.0.0.1:{own['REDIS_PORT']}/0",
        "RASA_URL": ",".join(f"http://127.0.0.1:{port}" for port in ports),
    }
    # Chosen by `stack_environment` for one Rasa; a caller's own addresses win, those of a proxy for example.
    chosen = {name: environment[name] for name in defaults if environment.get(name)}
    _check_ports(base | own, ports)
    return base | defaults | chosen | own | {"RASA_PORTS": ",".join(ports)}


def _check_ports(environment: Mapping[str, str], workers: Iterable[str]) -> None:
    """Raise StackError for a port that is no port, or that two processes would have."""
    named = [(name, environment[name]) for name in (*OTHERS_PORTS, *OWN_PORTS)]
    taken: dict[str, str] = {}
    for name, port in [*named, *(("RASA_PORTS", port) for port in workers)]:
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise StackError(f"{name} must be a port between 1 and 65535, not {port!r}.")
        if port in taken:
            raise StackError(f"{taken[port]} and {name} are both {port}: give each its own port.")
        taken[port] = name


def city_commands(environment: Mapping[str, str]) -> dict[str, str]:
    """Return {name: command} for every process of the city, servers first."""
    state = environment["SIGNPOST_STATE_DIR"]
    serve = f"exec {PYTHON} -m scripts.servers"
    commands = {
        "postgresql": f'{serve} postgresql "{state}/postgresql" "$POSTGRESQL_PORT"',
        "redis": f'{serve} redis "{state}/redis" "$REDIS_PORT"',
    }
    for number, port in enumerate(environment["RASA_PORTS"].split(","), 1):
        commands[f"rasa-{number}"] = (
            f'exec engine/.venv/bin/python -m engine.serve --interface 127.0.0.1 --port {port} --model "$RASA_MODEL" '
            "--endpoints deploy/endpoints.yml --credentials credentials.yml"
        )
    commands |= {
        "actions": f"exec {PYTHON} -m actions",
        "directory": f"exec {PYTHON} -m referral_directory serve",
        "bot": f"exec {PYTHON} -m bot serve",
        "worker": f"exec {PYTHON} -m referral_directory work",
        "proxy": f'{serve} proxy "{state}/proxy" "$PROXY_PORT"',
    }
    if environment.get("TELEGRAM_BOT_TOKEN"):
        commands["telegram"] = f'PORT="$TELEGRAM_PORT" exec {PYTHON} -m bot serve'
    return commands


class City(Stack):
    """The processes of a city, watched and started again."""

    def __init__(
        self,
        children: Children,
        environment: Mapping[str, str],
        *,
        say: Callable[[str], object] = print,
        stop_asked: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(children, environment, say=say, stop_asked=stop_asked)
        self.commands = city_commands(environment)
        self.ready_addresses = {name: READY_ADDRESSES[name] for name in ("actions", "directory", "bot")}
        self.ready_addresses["proxy"] = "http://127.0.0.1:{PROXY_METRICS_PORT}/metrics"
        self.ready_addresses["telegram"] = "http://127.0.0.1:{TELEGRAM_PORT}/readyz"
        for number, port in enumerate(environment["RASA_PORTS"].split(","), 1):
            self.ready_addresses[f"rasa-{number}"] = f"http://127.0.0.1:{port}/webhooks/rest/"
        self.restarts: dict[str, int] = {}

    def environment_of(self, name: str) -> Mapping[str, str]:
        """Return the environment of one process: Telegram's secrets are for its room alone, as in containers."""
        own = super().environment_of(name)
        if name == "telegram":
            return own
        return {variable: value for variable, value in own.items() if variable not in TELEGRAM_SECRETS}

    def bring_up(self, models: Path | None = None) -> None:
        """Start the servers, prepare the databases and the model, start the rest and wait until all are ready."""
        self.start_servers()
        self.run_to_end("prepare", f"exec {PYTHON} -m referral_directory prepare")
        if not self.environment.get("RASA_MODEL"):
            self.environment["RASA_MODEL"] = str(ensure_model(self, models or self.state / "models"))
        self.start([name for name in self.commands if name not in ("postgresql", "redis")])
        self.wait_until_ready()

    def start_servers(self) -> None:
        """Start PostgreSQL and Redis, and make the databases that are not there."""
        self.start(["postgresql", "redis"])
        for variable in ("POSTGRESQL_PORT", "REDIS_PORT"):
            self._wait_for_port(int(self.environment[variable]))
        for name in DATABASES:
            self._make_database(name)

    def say_ready(self, sign_in: str | None = None) -> None:
        """Say that everything answers, and where, also behind the proxy."""
        super().say_ready(sign_in)
        for name, what in (("CHAT_HOST", "the chat"), ("DIRECTORY_HOST_NAME", "the directory")):
            self.say(
                f"  Through TLS, {what}:  https://{self.environment[name]}:{self.environment['PROXY_PORT']}"
            )

    def watch(self) -> None:
        """Start again what dies, until somebody asks to stop (raises StopAsked)."""
        while True:
            self.revive()
            self.pause()

    def revive(self) -> str | None:
        """Start a process that has died again, if there is one; return its name."""
        name = self.children.find_dead()
        if name is None:
            return None
        self.restarts[name] = self.restarts.get(name, 0) + 1
        self.say(f"  {name} died and is started again; its output is in {self.children.log_path(name)}")
        time.sleep(RESTART_PAUSE_SECONDS)
        self.start([name], keep_log=True)
        return name

    def _wait_for_port(self, port: int) -> None:
        give_up = time.monotonic() + SERVERS_READY_SECONDS
        while True:
            self._raise_if_dead()
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    return
            except OSError as problem:
                if time.monotonic() > give_up:
                    raise StackError(
                        f"Nothing answers on port {port}: see {self.children.logs}."
                    ) from problem
            self.pause()

    def _make_database(self, name: str) -> None:
        """Make a database; PostgreSQL may still be starting, so that a refusal is tried again."""
        server = f"host=127.0.0.1 port={self.environment['POSTGRESQL_PORT']} user=signpost dbname=postgres"
        give_up = time.monotonic() + SERVERS_READY_SECONDS
        while True:
            try:
                with (
                    suppress(psycopg.errors.DuplicateDatabase),
                    psycopg.connect(server, autocommit=True) as connection,
                ):
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                return
            except psycopg.OperationalError as problem:
                if time.monotonic() > give_up:
                    raise StackError(f"The database {name} cannot be made: {problem}") from problem
            self.pause()


def port_problems(environment: Mapping[str, str]) -> list[str]:
    """Return one sentence for each port of the city that is in use."""
    named = [*OTHERS_PORTS, *OWN_PORTS]
    if not environment.get("TELEGRAM_BOT_TOKEN"):
        named.remove("TELEGRAM_PORT")
    wanted = [(name, int(environment[name])) for name in named]
    wanted += [("RASA_PORT", int(port)) for port in environment["RASA_PORTS"].split(",")]
    return taken_ports([(name, port, "127.0.0.1") for name, port in wanted], "make stack")


def run() -> None:
    """Run the city until it is asked to stop (raises StopAsked) or something fails (raises StackError)."""
    stop_signals = StopSignals()
    environment = city_environment({"SIGNPOST_STATE_DIR": "var/city"} | os.environ)
    if problems := port_problems(environment):
        raise StackError("\n".join(problems))
    say(f"PostgreSQL's programs: {find_postgresql()}")
    with Children(ROOT, Path(environment["SIGNPOST_STATE_DIR"]) / "logs") as children:
        city = City(children, environment, say=say, stop_asked=stop_signals)
        city.bring_up()
        city.say_ready()
        city.watch()


if __name__ == "__main__":
    sys.exit(end_code(run))
