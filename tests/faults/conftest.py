"""A whole city with a line of our own on every connection, and residents who talk through whatever happens."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from scripts.children import Children
from scripts.city import City, city_environment
from scripts.stack import ROOT, state_folder
from tests.bot.telegram.fake_telegram import TOKEN, FakeTelegram, serve_telegram
from tests.faults.cutting import Line
from tests.mail_server import PASSWORD, Inbox, make_certificate, serve_mail
from tests.stack import free_ports, isolated_environment

# docs/faults.md says 30. A machine that does other work meanwhile says how long it takes for the rest to be looked at.
RECOVERY_SECONDS = float(os.environ.get("FAULTS_RECOVERY_SECONDS", "30"))
# What was measured, for whoever runs `make faults`: (test, what, seconds).
FIGURES: list[tuple[str, str, float]] = []
# docs/faults.md: residents are always answered, with help or with numbers that need no computer.
COUNCIL = "0113 376 0330"
PLACE = "Harehills"


@dataclass
class FragileCity:
    """A running city, and how to hurt it."""

    city: City
    bot_url: str
    lines: dict[str, Line]
    records: str
    inbox: Inbox
    telegram: FakeTelegram
    # The conversations that said a need and a place, and those of them that were shown services.
    asked: set[str] = field(default_factory=set)
    served: set[str] = field(default_factory=set)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """The process stands still (SIGSTOP) and says nothing, but keeps its connections."""
        pids = self._pids(name)
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                _signal(pid, signal.SIGCONT)

    def kill(self, name: str) -> None:
        self.city.children.kill(name)

    @contextmanager
    def restarted(self, name: str, **settings: str) -> Iterator[None]:
        """The process is started again with other settings, and afterwards with its own."""
        own = dict(self.city.environment)
        self.city.environment.update(settings)
        try:
            self._restart(name)
            yield
        finally:
            self.city.environment.clear()
            self.city.environment.update(own)
            self._restart(name)

    @contextmanager
    def full_disk(self, *names: str) -> Iterator[None]:
        """No file of these processes, and of what they start, may be written to."""
        pids = [pid for name in names for pid in self._pids(name)]
        for pid in pids:
            _limit_files(pid, "0")
        try:
            yield
        finally:
            for pid in pids:
                _limit_files(pid, "unlimited")

    def answers_again(self) -> float:
        """Wait until a new resident gets help, starting what died as a supervisor would; the seconds it took."""
        began = time.monotonic()
        while True:
            self.city.revive()
            if self._is_well():
                seconds = time.monotonic() - began
                note("well again", seconds)
                return seconds
            assert time.monotonic() - began < RECOVERY_SECONDS, "not well again in time"
            time.sleep(0.2)

    def make_whole(self) -> None:
        """Start what died, and wait until the front door counts on every worker again."""
        began = time.monotonic()
        while True:
            self.city.revive()
            with contextlib.suppress(httpx.HTTPError):
                figures = httpx.get(f"{self.bot_url}/metrics", timeout=5, trust_env=False).text
                if "\nbot_rasa_workers_away 0.0" in figures and self._is_well():
                    return self.city.wait_until_ready(["proxy", "telegram"])
            assert time.monotonic() - began < 240, "a worker stayed away"
            time.sleep(0.3)

    def stores_away(self) -> set[str]:
        """What the front door says that the workers do without."""
        figures = httpx.get(f"{self.bot_url}/metrics", timeout=10, trust_env=False).text
        return set(re.findall(r'^bot_rasa_stores_away\{store="(\w+)"\} 1.0$', figures, re.MULTILINE))

    def _is_well(self) -> bool:
        try:
            return bool(Resident(self).ask_for_food())
        except (httpx.HTTPError, AssertionError):
            return False

    def _restart(self, name: str) -> None:
        if self.city.children.exit_code(name) is None:
            self.kill(name)
        while name != self.city.revive():
            time.sleep(0.1)

    def _pids(self, name: str) -> list[int]:
        pid = self.city.children.pid(name)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def all_delivered(self) -> bool:
        """Whether no enquiry waits in the actions' folder; a delivered one is in the database before its file goes."""
        return not list((self.city.state / "enquiries").glob("*"))

    @contextmanager
    def counted(self, *, fewest: int = 0, all_see: bool = True) -> Iterator[None]:
        """Whoever is shown services meanwhile, `fewest` or more, is counted, and nobody twice. Unless `all_see` their
        answer, whoever asked and was not shown services may have been counted.
        """
        wait_for(self.all_delivered)
        before, asked, served = self.enquiries(), len(self.asked), len(self.served)
        yield
        wait_for(self.all_delivered)
        asked, served = len(self.asked) - asked, len(self.served) - served
        assert fewest <= served <= self.enquiries() - before <= (served if all_see else asked)

    def enquiries(self) -> int:
        """How many enquiries the directory has counted."""
        with psycopg.connect(self.records) as connection:
            row = connection.execute("SELECT coalesce(sum(count), 0) FROM demand_count").fetchone()
        assert row is not None
        return int(row[0])


class Resident:
    """Somebody in a conversation through the API."""

    def __init__(self, city: FragileCity) -> None:
        self.city = city
        with self.connect() as http:
            self.conversation = http.post("/api/conversations", json={}).json()["conversation"]

    def connect(self) -> httpx.Client:
        return httpx.Client(base_url=self.city.bot_url, timeout=20, trust_env=False)

    def post(self, text: str) -> httpx.Response:
        with self.connect() as http:
            return http.post(f"/api/conversations/{self.conversation}/messages", json={"text": text})

    def say(self, text: str) -> dict:
        if text == PLACE:
            self.city.asked.add(self.conversation)
        answer = self.post(text)
        assert answer.status_code == 200, answer.text[:200]
        said = answer.json()
        assert said["messages"]
        cards = [card for message in said["messages"] for card in message["services"]]
        if cards:
            self.city.served.add(self.conversation)
        return said | {"cards": cards, "text": "\n".join(message["text"] for message in said["messages"])}

    def begin(self) -> None:
        """Say a need; a city that is well asks where."""
        assert COUNCIL not in self.say("we have no food at all today")["text"]

    def ask_for_food(self) -> list:
        self.begin()
        return self.say(PLACE)["cards"]


class Crowd:
    """Residents who go on asking; each answer must be help, a question or numbers, and come in time. `may_end` is for a
    time in which conversations come to their end: the answer is then that a new one has to be begun.
    """

    def __init__(self, city: FragileCity, size: int = 3, may_end: bool = False) -> None:
        self.city = city
        self.may_end = may_end
        self.faults: list[str] = []
        self.turns = 0
        # How many of them got telephone numbers because something was away.
        self.numbers = 0
        self.worst = 0.0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._talk) for _ in range(size)]

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        note("worst answer", self.worst)
        assert self.faults == []
        assert self.turns

    def _talk(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                resident = Resident(self.city)
                for text in ("we have no food at all today", PLACE, "Show me more"):
                    began = time.monotonic()
                    self.numbers += COUNCIL in resident.say(text)["text"]
                    self.turns += 1
                    self.worst = max(self.worst, time.monotonic() - began)
            except (httpx.HTTPError, AssertionError) as fault:
                if self.may_end and "There is no such conversation" in str(fault):
                    continue
                self.faults.append(f"{type(fault).__name__} {fault} after {time.monotonic() - began:.1f} s")
            self._stop.wait(0.2)


def wait_for(check: Callable[[], object], seconds: float = 40) -> None:
    """Wait until it is so."""
    give_up = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < give_up
        time.sleep(0.3)


def note(what: str, seconds: float) -> None:
    """Keep a figure of the test that runs."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[-1].split(" ")[0]
    FIGURES.append((test, what, seconds))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured."""
    for test, what, seconds in FIGURES:
        terminalreporter.write_line(f"{seconds:6.1f} s  {what:<12}  {test}")


def _limit_files(pid: int, most: str) -> None:
    """Let a process write to files up to this byte only, if it has not ended.

    With the program, because it has to be asked by the process's own user, which PostgreSQL's is not always.
    """
    process = Path(f"/proc/{pid}")
    with contextlib.suppress(FileNotFoundError):
        owner = process.stat()
        own = {} if owner.st_uid == os.getuid() else {"user": owner.st_uid, "group": owner.st_gid}
        asked = subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={most}:unlimited"], check=False, **own)
        assert asked.returncode == 0 or not process.exists()


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        # A helper of the process that has ended in the meantime.
        return


@contextmanager
def fragile_city(settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[FragileCity]:
    """A city of its own with its lines and a mail server, of which no process runs yet. `settings` are for all its
    processes.
    """
    # Not pytest's folder: the user that PostgreSQL runs as must be able to reach it.
    state = Path(tempfile.mkdtemp(prefix="signpost-city-"))
    state.chmod(0o755)
    with ExitStack() as everything:
        everything.callback(shutil.rmtree, state)
        certificate = make_certificate(state)
        mail, inbox = everything.enter_context(serve_mail(certificate))
        telegram = FakeTelegram()
        telegram_port = urlsplit(everything.enter_context(serve_telegram(telegram))).port or 0
        postgresql, redis, proxy, proxy_metrics, telegram_room, rasa_1, rasa_2 = free_ports(7)
        chosen = {"POSTGRESQL_PORT": str(postgresql), "REDIS_PORT": str(redis), "PROXY_PORT": str(proxy)}
        chosen |= {"PROXY_METRICS_PORT": str(proxy_metrics), "TELEGRAM_PORT": str(telegram_room)}
        if model := os.environ.get("RASA_MODEL"):
            # While the training data is being written, for example.
            chosen["RASA_MODEL"] = model
        own = isolated_environment(state, chosen | dict(settings))
        targets = {
            "records": postgresql, "conversations": postgresql, "redis": redis, "rasa-1": rasa_1, "rasa-2": rasa_2,
            "actions": int(own["ACTIONS_PORT"]), "directory": int(own["DIRECTORY_PORT"]), "mail": mail.port,
            "bot": int(own["PORT"]), "telegram": telegram_port,
        }  # fmt: skip
        lines = {name: Line(port) for name, port in targets.items()}
        for line in lines.values():
            line.open()
            everything.callback(line.close)
        environment = city_environment(own | {"RASA_PORTS": f"{rasa_1},{rasa_2}"} | through(lines))
        environment |= {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_CHAT_SECONDS": "0",
            "MAIL_USERNAME": "signpost",
            "MAIL_PASSWORD": PASSWORD,
            "MAIL_CA_FILE": str(certificate[0]),
        }
        children = everything.enter_context(Children(ROOT, state / "logs"))
        city = City(children, environment, say=lambda _: None)
        records = f"host=127.0.0.1 port={postgresql} user=signpost dbname=directory"
        yield FragileCity(city, f"http://127.0.0.1:{lines['bot'].port}", lines, records, inbox, telegram)


def through(lines: dict[str, Line]) -> dict[str, str]:
    """The settings by which every process meets the others through our lines only."""
    server = "postgresql+psycopg://signpost@127.0.0.1"
    return {
        "RASA_URL": ",".join(f"http://127.0.0.1:{lines[name].port}" for name in ("rasa-1", "rasa-2")),
        "ACTIONS_URL": f"http://127.0.0.1:{lines['actions'].port}/webhook",
        "DATABASE_URL": f"{server}:{lines['records'].port}/directory",
        "CONVERSATIONS_URL": f"{server}:{lines['conversations'].port}/conversations",
        "REDIS_URL": f"redis://127.0.0.1:{lines['redis'].port}/0",
        "DIRECTORY_URL": f"http://127.0.0.1:{lines['directory'].port}",
        "TELEGRAM_API_URL": f"http://127.0.0.1:{lines['telegram'].port}",
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(lines["mail"].port),
    }


def bring_up(fragile: FragileCity) -> None:
    """Start every process."""
    fragile.city.bring_up(state_folder({}) / "models")
    # The first messages of a worker are slow: what is measured begins after them.
    for _ in range(4):
        fragile.make_whole()


@pytest.fixture(scope="module")
def stack() -> Iterator[FragileCity]:
    """Every process. Named `stack`, so that the tests of one city stay in one process (tests/conftest.py)."""
    with fragile_city() as fragile:
        bring_up(fragile)
        yield fragile


@pytest.fixture(autouse=True)
def whole(stack: FragileCity) -> Iterator[None]:
    """Each test begins with a city in which everything works, and none may lose an enquiry."""
    stack.make_whole()
    with stack.counted(all_see=False):
        yield
        stack.make_whole()
