"""One running system for all journeys."""

from collections.abc import Iterator

import pytest

from tests.stack import RunningStack, running_stack

# A Wednesday morning in term time, when most doors in Leeds are open.
WEDNESDAY_MORNING = "2026-11-18T10:00:00"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The four processes, started once. Tests must leave them running."""
    with running_stack(tmp_path_factory.mktemp("journeys"), SIGNPOST_CLOCK=WEDNESDAY_MORNING) as running:
        yield running
