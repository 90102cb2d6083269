"""The files of the repository, for tests that make promises about them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def repository_files() -> tuple[Path, ...]:
    """Return every file that is committed or would be: tracked, or new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    # A file that is deleted and not yet committed is still listed.
    return tuple(path for path in paths if path.is_file())


def read_text(path: Path) -> str | None:
    """Return the text of a file, or None if it is not text."""
    content = path.read_bytes()
    return None if b"\0" in content else content.decode("utf-8", "replace")
