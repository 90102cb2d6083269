import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from scripts.ports import PORTS
from tests.house.repository import ROOT, repository_files

ROOMS = ("actions", "bot", "engine", "referral_directory", "scripts")


def python_sources() -> Iterator[tuple[Path, str]]:
    for path in repository_files():
        relative = path.relative_to(ROOT)
        if path.suffix == ".py" and relative.parts[0] in ROOMS:
            yield relative, path.read_text()


def variables_of(settings: type[BaseSettings]) -> Iterator[str]:
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        yield from (alias.upper() for alias in aliases(field) or [prefix + name])


def aliases(field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [alias] if isinstance(alias, str) else []


def settings_classes() -> set[type[BaseSettings]]:
    for relative, source in python_sources():
        if "BaseSettings" in source:
            importlib.import_module(".".join(relative.with_suffix("").parts))
    found, pending = set(), [BaseSettings]
    while pending:
        subclasses = pending.pop().__subclasses__()
        pending += subclasses
        found |= {cls for cls in subclasses if cls.__module__.split(".")[0] in ROOMS}
    return found


def variables_read_directly() -> set[str]:
    """Return the names in `os.environ.get("X")`, `os.environ["X"]` and `environment.get("X")`."""
    names = set()
    for _, source in python_sources():
        for node in ast.walk(ast.parse(source)):
            names |= {name.value for name in environment_keys(node) if isinstance(name, ast.Constant)}
    return {name for name in names if isinstance(name, str)}


def variables_expanded() -> set[str]:
    """Return the names that the shell or Rasa expands: "$X" and ${X}."""
    texts = [
        (ROOT / name).read_text()
        for name in ("Procfile", "endpoints.yml", "deploy/endpoints.yml", "credentials.yml")
    ]
    return {name for text in texts for name in re.findall(r"\$\{?([A-Z_]+)", text)}


def environment_keys(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        return [node.slice]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in (
        "os.environ.get",
        "os.getenv",
        "environment.get",
    ):
        return node.args[:1]
    return []


def test_every_setting_is_documented_and_every_documented_setting_exists():
    documented = set(re.findall(r"^\| `([A-Z_]+)` ", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    existing = {variable for settings in settings_classes() for variable in variables_of(settings)}
    existing |= variables_read_directly() | variables_expanded() | {name for name, _, _ in PORTS}
    assert documented == existing
