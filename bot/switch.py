"""The switch that turns the chat off, for one channel or all (docs/operating.md).

    python -m bot close web        nobody is served on the web: every message is answered with telephone numbers
    python -m bot open web

A closed channel is a file in `closed` in the state folder, so that it stays closed through a restart and needs neither
the directory nor Rasa. Messages are screened for danger all the same: a card for an emergency comes first.
"""

from pathlib import Path
from time import monotonic

CHANNELS = ("web", "api", "telegram")
# A file system is asked this often at most.
LOOK_AGAIN_SECONDS = 1.0


class Switch:
    """Says which channels are closed."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder / "closed"
        self._closed: frozenset[str] = frozenset()
        self._looked_at = float("-inf")

    def is_closed(self, channel: str) -> bool:
        """Return whether nobody is to be served on this channel."""
        if monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS:
            self._looked_at = monotonic()
            self._closed = frozenset(name for name in CHANNELS if (self._folder / name).exists())
        return channel in self._closed

    def close(self, channel: str) -> None:
        """Turn the channel off for every process with this state folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / channel).touch()

    def open(self, channel: str) -> None:
        """Turn the channel on again."""
        (self._folder / channel).unlink(missing_ok=True)
