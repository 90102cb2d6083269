"""Which ports the stack needs, and whether they are free.

Only the standard library, and syntax that any Python 3 reads: `make run` asks before anything is installed.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Iterable, Mapping

# Variable that moves the port, its default, and the variable of the address it is opened on.
PORTS = (
    ("PORT", 8000, "HOST"),
    ("DIRECTORY_PORT", 8080, "DIRECTORY_HOST"),
    ("RASA_PORT", 5005, None),
    ("ACTIONS_PORT", 5055, None),
)


def port_numbers(environment: Mapping[str, str]) -> dict[str, int]:
    """Return {variable: port} for the four ports; raise ValueError for a value that cannot be."""
    numbers: dict[str, int] = {}
    for variable, default, _ in PORTS:
        text = environment.get(variable) or str(default)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise ValueError("%s must be a port between 1 and 65535, not %r." % (variable, text))
        numbers[variable] = int(text)
    for variable, number in numbers.items():
        twin = next(name for name in numbers if numbers[name] == number)
        if twin != variable:
            raise ValueError("%s and %s are both %d: give each its own port." % (twin, variable, number))
    return numbers


def port_problems(environment: Mapping[str, str]) -> list[str]:
    """Return one sentence for each port that the stack could not open, in the order of PORTS."""
    try:
        numbers = port_numbers(environment)
    except ValueError as problem:
        return [str(problem)]
    wanted = []
    for variable, _, host_variable in PORTS:
        host = environment.get(host_variable or "") or "127.0.0.1"
        wanted.append((variable, numbers[variable], host))
    return taken_ports(wanted, "make run")


def taken_ports(wanted: Iterable[tuple[str, int, str]], command: str) -> list[str]:
    """Return one sentence for each (variable, port, host) that cannot be opened, for whoever called `command`."""
    return [
        "Port %d on %s is in use: stop what uses it, or choose another with %s=<port> %s."
        % (port, host, variable, command)
        for variable, port, host in wanted
        if not _can_listen(host, port)
    ]


def _can_listen(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Without this a port that closed seconds ago counts as taken, and refuses a second `make run`.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


if __name__ == "__main__":
    found = port_problems(os.environ)
    for sentence in found:
        sys.stderr.write(sentence + "\n")
    sys.exit(1 if found else 0)
