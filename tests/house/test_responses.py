from collections import defaultdict
from pathlib import Path

import yaml

from tests.house.repository import ROOT


def response_keys(path: Path) -> list[str]:
    """Return the keys under `responses:` of a Rasa file, each as often as it stands there."""
    document = yaml.compose(path.read_text("utf-8"))
    if not isinstance(document, yaml.MappingNode):
        return []
    return [
        key.value
        for section, content in document.value
        if section.value == "responses" and isinstance(content, yaml.MappingNode)
        for key, _ in content.value
    ]


def test_no_response_is_written_twice():
    # Rasa lets one of the two win and says nothing, not even in `rasa data validate`.
    places = defaultdict(list)
    for path in [ROOT / "domain.yml", *sorted((ROOT / "data").rglob("*.yml"))]:
        for key in response_keys(path):
            places[key].append(str(path.relative_to(ROOT)))
    assert places
    assert {key: files for key, files in places.items() if len(files) > 1} == {}
