"""A real PostgreSQL and a real Redis for tests that run in Rasa's environment, started as `make stack` starts them."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Server:
    """One server on loopback that a test can stop, pause and start again."""

    def __init__(self, kind, folder):
        self.kind, self.folder, self.port = kind, folder, free_port()
        self.start()

    def start(self):
        command = [ROOT / ".venv/bin/python", "-m", "scripts.servers", self.kind, self.folder, str(self.port)]
        with (self.folder.parent / f"{self.kind}.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        give_up = time.monotonic() + READY_SECONDS
        while not self.answers():
            assert time.monotonic() < give_up, f"{self.kind} did not start"
            assert self.process.poll() is None, (self.folder.parent / f"{self.kind}.log").read_text()
            time.sleep(0.1)

    def answers(self):
        if self.kind == "postgresql":
            import psycopg2

            try:
                psycopg2.connect(self.url, connect_timeout=1).close()
            except psycopg2.Error:
                return False
            return True
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    @property
    def url(self):
        if self.kind == "postgresql":
            return f"postgresql://signpost@127.0.0.1:{self.port}/postgres"
        return f"redis://127.0.0.1:{self.port}/0"

    def signal(self, number):
        # PostgreSQL's workers have sessions of their own: a pause has to reach them too.
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for process in (self.process.pid, *map(int, children)):
            os.kill(process, number)

    @contextmanager
    def paused(self):
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(kind):
    # Not pytest's folder: the user that PostgreSQL runs as must be able to reach it.
    parent = Path(tempfile.mkdtemp(prefix="signpost-engine-"))
    parent.chmod(0o755)
    server = Server(kind, parent / kind)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(parent)
