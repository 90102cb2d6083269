import json
import re

import pytest

from tests.house.repository import ROOT

LOCKS = (
    "services.lock", "services-dev.lock", "engine/requirements.lock", "scripts/uv.lock", "scripts/node.lock"
)  # fmt: skip


def locked_packages(lock: str) -> dict[str, str]:
    """Return {package: the text of its entry}."""
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    return {re.split(r"[=\[ ;]", entry)[0]: entry for entry in entries if entry[:1].isalnum()}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_hashes(lock):
    packages = locked_packages(lock)
    assert packages
    for name, entry in packages.items():
        assert re.match(rf"{re.escape(name)}(\[.*\])?==[^ ]+ ", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, f"{name} has no hash"


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_address(lock):
    assert not re.findall(r"\w+://\S+|@ \S+|--index-url|--find-links", (ROOT / lock).read_text())


def test_an_npm_lock_names_no_address():
    lock = ROOT / "package-lock.json"
    packages = json.loads(lock.read_text())["packages"] if lock.exists() else {}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text().split()


def test_tests_run_on_the_versions_that_go_into_production():
    def versions(lock: str) -> dict[str, str]:
        return {name: entry.split()[0] for name, entry in locked_packages(lock).items()}

    assert versions("services.lock").items() <= versions("services-dev.lock").items()
