"""What holds for every test: nothing leaves this machine."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest
import structlog

# The browser's fixtures (`browser_page`, `chromium`), for every folder of tests.
pytest_plugins = ["tests.browser"]

# These run in Rasa's environment, with its own Python (make test).
collect_ignore = ["engine"]

LOCAL_NAMES = {None, "", "localhost", socket.gethostname()}


class LeftTheMachineError(AssertionError):
    """A test reached for an address that is not on this machine."""


def is_local(host: object) -> bool:
    """Tell whether a host as given to a socket is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(name))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


# Before pytest-xdist's own hook, which reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the one running system in one of the processes that tests are spread over."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse names and addresses beyond loopback, so that a forgotten fake fails here and not on a train."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def local_connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not is_local(address[0]):
            raise LeftTheMachineError(f"a test connects to {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    def local_look_up(host: object, *arguments: object, **named: object) -> object:
        if not is_local(host):
            raise LeftTheMachineError(f"a test looks up {host!r}")
        return look_up(host, *arguments, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_connect)
        patch.setattr(socket, "getaddrinfo", local_look_up)
        yield


@pytest.fixture(autouse=True)
def logs_of_a_test_end_with_it() -> Iterator[None]:
    """Undo what a command set up for its logs: they would go on writing to the captured output of an ended test."""
    yield
    structlog.reset_defaults()
