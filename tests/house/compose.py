"""A city's folder, and what compose reads in it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.house.repository import ROOT


def find_compose() -> list[str]:
    """Return the command of compose on this machine, the engine's part first; nothing if there is none."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return command
    return []


def fill_in(text: str, settings: dict[str, str]) -> str:
    """Return the text with its variables filled in, as compose does it. Raises KeyError for one that is needed."""

    def find_value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        return settings.get(name) or (rest if kind == "-" else settings[name])

    return re.sub(r"\$\{([A-Z_]+):([-?])([^}]*)\}", find_value, text)


def write_city(folder: Path) -> None:
    """Put the compose file and its secrets into a folder."""
    (folder / "deploy").mkdir()
    shutil.copy(ROOT / "deploy/make-secrets", folder / "deploy")
    subprocess.run(["sh", str(folder / "deploy/make-secrets")], capture_output=True, check=True)
    # The older program does not know the name.
    text = re.sub(r"^name: .*\n", "", (ROOT / "docker-compose.yml").read_text("utf-8"), flags=re.MULTILINE)
    (folder / "docker-compose.yml").write_text(text)


def read_with(compose: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Have compose read the files of a folder."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(
        [*compose, "config"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def read_services(folder: Path, settings: dict[str, str]) -> dict[str, dict]:
    """Return the services of the city in a folder as compose reads them with this .env; nothing if it refuses.

    Where there is no compose (`make check` says so) the variables are filled in here.
    """
    if not (compose := find_compose()):
        text = (folder / "docker-compose.yml").read_text("utf-8")
        try:
            return yaml.safe_load(fill_in(text, settings))["services"]
        except KeyError:
            return {}
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    answer = read_with(compose, folder)
    return yaml.safe_load(answer.stdout)["services"] if answer.returncode == 0 else {}
