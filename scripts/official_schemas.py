"""Holds a running feed against the official JSON Schemas of Open Referral UK 3.0, every page and every record.

    python -m scripts.official_schemas FOLDER [http://127.0.0.1:8080/openreferral/v3]

FOLDER holds the schemas as the standard publishes them (api_details.json, service_list.json, service.json and so on;
github.com/tpximpact/OpenReferralApi, OpenReferralApi/Schemas/V3.0-UK). They are not part of this project. The list
schemas keep their envelope under a key that no validator reads, so that an empty object passes them; here that part is
lifted to where it counts. Ends with 1 if anything was found, or if a list held nothing to look at.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

LISTS = {
    "/services": "service",
    "/service_at_locations": "service_at_location",
    "/taxonomies": "taxonomy",
    "/taxonomy_terms": "taxonomy_term",
}
PAGE = 40


@cache
def _validator(folder: Path, name: str) -> Any:
    schema = json.loads((folder / f"{name}.json").read_text("utf-8"))
    if name.endswith("_list"):
        [hidden] = schema.pop("allOf")
        envelope = hidden["Page"]["properties"]
        schema["type"] = "object"
        schema["properties"] |= envelope
        schema["required"] = [*envelope, "contents"]
    return Draft202012Validator(schema, format_checker=FormatChecker())


def find_faults(folder: Path, name: str, body: Any) -> list[str]:
    """Return what the schema called `name` finds wrong with a body."""
    found = _validator(folder, name).iter_errors(body)
    return [f"{name} {error.json_path}: {error.message[:200]}" for error in found]


def _read_pages(http: httpx.Client, path: str) -> Iterator[Any]:
    """Give every page, and one beyond the last."""
    number, last = 1, False
    while not last:
        page = http.get(path, params={"per_page": PAGE, "page": number}).raise_for_status().json()
        last = page["last_page"]
        number += 1
        yield page
    yield http.get(path, params={"per_page": PAGE, "page": number}).raise_for_status().json()


def check_feed(folder: Path, http: httpx.Client) -> tuple[list[str], dict[str, int]]:
    """Return what is wrong with a feed, and how many records of each list were looked at."""
    faults = find_faults(folder, "api_details", http.get("").raise_for_status().json())
    seen = dict.fromkeys(LISTS.values(), 0)
    for path, name in LISTS.items():
        # An empty object must not pass, or nothing below proves anything.
        if not find_faults(folder, f"{name}_list", {}):
            faults.append(f"{name}_list takes an empty object: is this the schema of the list?")
        for page in _read_pages(http, path):
            faults += find_faults(folder, f"{name}_list", page)
            for item in page["contents"]:
                record = http.get(f"{path}/{item['id']}").raise_for_status().json()
                faults += find_faults(folder, name, record)
                seen[name] += 1
    return faults, seen


def main(arguments: list[str]) -> int:
    """Check the feed and print what was found."""
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    address = arguments[1] if len(arguments) == 2 else "http://127.0.0.1:8080/openreferral/v3"
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
        faults, seen = check_feed(Path(arguments[0]), http)
    for fault in faults:
        print(fault)
    print(json.dumps({"faults": len(faults), "records": seen}))
    return 1 if faults or not all(seen.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
