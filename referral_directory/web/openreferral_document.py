"""The feed's own OpenAPI document: the part of the directory's document that is the feed, with paths as the
standard writes them.
"""

import json
from typing import Any

BASE = "/openreferral/v3"
VERSION = "HSDS-UK-3.0"
# The standard's second level of compliance: validators warn there, and do not fail.
SECOND_LEVEL = ("/taxonomies", "/taxonomy_terms", "/service_at_locations")
SCHEMAS = "#/components/schemas/"


def make_feed_document(whole: dict[str, Any], public_url: str) -> dict[str, Any]:
    """The document of the feed, from the document of the whole directory."""
    paths = {
        path.removeprefix(BASE) or "/": operations
        for path, operations in json.loads(json.dumps(whole["paths"])).items()
        if path.startswith(BASE) and not path.endswith("openapi.json")
    }
    for path, operations in paths.items():
        tag = "Optional" if path.startswith(SECOND_LEVEL) else "Basic"
        for operation in operations.values():
            operation["tags"] = [tag]
    schemas = whole["components"]["schemas"]
    return {
        "openapi": whole["openapi"],
        "info": {
            "title": "Signpost Leeds: Open Referral UK feed",
            "version": VERSION,
            "description": "Services in Leeds that help with the cost of living. No key is needed.",
        },
        "servers": [{"url": public_url + BASE}],
        "paths": paths,
        "components": {"schemas": {name: schemas[name] for name in sorted(_used(paths, schemas))}},
    }


def _used(paths: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names of all schemas that the paths need, directly or through one another."""
    found: set[str] = set()
    waiting = _references(paths)
    while waiting:
        found |= waiting
        waiting = set().union(*(_references(schemas[name]) for name in waiting)) - found
    return found


def _references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*(_references(item) for item in part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"].removeprefix(SCHEMAS)} if isinstance(part.get("$ref"), str) else set()
    return own.union(*(_references(value) for value in part.values()))
