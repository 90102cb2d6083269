from pathlib import Path

import pytest

from scripts.model import model_name, model_sources
from tests.house.repository import ROOT


@pytest.fixture
def assistant(tmp_path: Path) -> Path:
    for name in (
        "config.yml",
        "domain.yml",
        "data/food/nlu.yml",
        "engine/reader.py",
        "engine/requirements.lock",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_a_model_is_named_after_all_that_it_is_made_from(assistant):
    names = {model_name(assistant)}
    for source in model_sources(assistant):
        source.write_text("changed")
        names.add(model_name(assistant))
    assert len(names) == 1 + 5


def test_a_file_that_moves_makes_another_model(assistant):
    before = model_name(assistant)
    (assistant / "data/food/nlu.yml").rename(assistant / "data/food/more.yml")
    assert model_name(assistant) != before


def test_what_is_not_in_the_model_does_not_change_its_name(assistant):
    before = model_name(assistant)
    (assistant / "endpoints.yml").write_text("new")
    (assistant / "engine/serve.py").write_text("new")
    (assistant / "engine/.venv").mkdir()
    (assistant / "engine/.venv/module.py").write_text("new")
    assert model_name(assistant) == before


def test_the_real_sources_are_found():
    found = {path.relative_to(ROOT).as_posix() for path in model_sources()}
    assert {"config.yml", "domain.yml", "data/food/nlu.yml", "engine/requirements.lock"} <= found
