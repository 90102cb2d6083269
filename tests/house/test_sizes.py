import ast
from pathlib import Path

from tests.house.repository import ROOT, repository_files

ROOMS = ("actions", "bot", "engine", "referral_directory", "scripts")
MODULE_LINES = 400
FUNCTION_LINES = 40


def modules() -> list[Path]:
    """Return our Python modules; migrations are written by alembic and read by nobody."""
    paths = [path for path in repository_files() if path.suffix == ".py"]
    ours = [path for path in paths if path.relative_to(ROOT).parts[0] in ROOMS]
    return [path for path in ours if "versions" not in path.parts]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring, which we want long where there is much to say."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_no_module_is_longer_than_one_concept():
    long = {path.name: len(path.read_text().splitlines()) for path in modules()}
    assert {name: lines for name, lines in long.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {body_lines(node)} lines"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > FUNCTION_LINES
    ]
    assert long == []


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    assert [path for path in modules() if path.stem in drawers or path.parent.name in drawers] == []
