"""A directory for the actions to ask, and the token that they show it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.counting import count
from tests.actions.stand_in import StandIn, directory_stand_in

TOKEN = "a token of this test"
LAST = {"need": "the last of this test"}


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the actions keep goes into a folder of the tests."""
    return tmp_path_factory.mktemp("actions")


@pytest.fixture(autouse=True, scope="module")
def service_token(kept: Path) -> Iterator[str]:
    """The actions read their token once in the life of a process. For other tests the environment is as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNPOST_STATE_DIR", str(kept))
        patch.setenv("SIGNPOST_SERVICE_TOKEN", TOKEN)
        yield TOKEN


@pytest.fixture
def directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in for the directory, which the actions are told to ask."""
    with directory_stand_in() as stand_in:
        monkeypatch.setenv("DIRECTORY_URL", stand_in.url)
        yield stand_in
        # Counting goes on in the background: what one test counts must not reach the directory of the next.
        stand_in.answers, stand_in.usual["/api/enquiries"] = [], (204, None)
        stand_in.answering.set()
        count(LAST)
        stand_in.wait_until(lambda asked: asked.body == LAST)
