"""Starts the action server: ``python -m actions``.

Settings come from the environment: ``ACTIONS_HOST``, ``ACTIONS_PORT``, ``DIRECTORY_URL`` (docs/settings.md).
"""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import endpoint
from rasa_sdk.executor import ActionExecutor
from sanic import response

from actions import counting

DEFAULT_PORT = 5055
DOMAIN_FILE = Path(__file__).resolve().parent.parent / "domain.yml"


class LocalDomainExecutor(ActionExecutor):
    """An executor that reads the domain from its file, so that Rasa need not post it with every call."""

    def __init__(self) -> None:
        super().__init__()
        self.domain = yaml.load(DOMAIN_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any] | None:
        """Returns the domain that was read at the start."""
        return self.domain


# What a line of ours may tell besides its fixed words.
FIELDS = ("error", "status")


class FieldsOnly(logging.Formatter):
    """Writes the fixed words of our own modules with the fields on the list, and of everybody else's lines only where
    they come from and what was raised.

    A library's message, that of an exception, and whatever is put into a message may quote what a resident wrote.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Returns one line."""
        ours = record.name.startswith("actions.")
        parts = [record.levelname, record.name, str(record.msg) if ours else "a library reported something"]
        parts += [f"{name}={record.__dict__[name]}" for name in FIELDS if ours and name in record.__dict__]
        if record.exc_info and record.exc_info[0]:
            parts.append(record.exc_info[0].__name__)
        return " ".join(parts)


async def figures(_: Any) -> response.HTTPResponse:
    """Answers Prometheus."""
    name = "actions_enquiries_waiting"
    about = f"# HELP {name} Enquiries that the directory has not taken yet.\n# TYPE {name} gauge\n"
    return response.text(f"{about}{name} {counting.count_waiting()}\n")


def main() -> None:
    """Serves every action of this package until the process is ended."""
    handler = logging.StreamHandler()
    handler.setFormatter(FieldsOnly())
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), handlers=[handler])
    # The SDK is newer than Rasa on purpose and would say so on every call (docs/decisions/0001-two-environments.md).
    warnings.filterwarnings("ignore", message="Your versions of rasa and rasa_sdk")
    # Connection pools log addresses, and an address holds what was searched for.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    executor = LocalDomainExecutor()
    executor.register_package("actions")
    counting.start()
    app = endpoint.create_app(executor, cors_origins=[])
    app.add_route(figures, "/metrics")
    app.run(
        host=os.environ.get("ACTIONS_HOST", "127.0.0.1"),
        port=int(os.environ.get("ACTIONS_PORT", str(DEFAULT_PORT))),
        single_process=True,
        access_log=False,
        motd=False,
    )


if __name__ == "__main__":
    main()
