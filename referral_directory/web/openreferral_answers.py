"""How the feed answers: envelopes, entity tags, ndjson streams, and leave for every site to read.

An entity tag is the digest of the body, so it is right whatever changed and whoever changed it. Last-Modified is
for people: requests that hold only If-Modified-Since get the whole body, because the date of the newest record
cannot tell that another one was withdrawn.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import batched
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from referral_directory.catalogue.feed_records import Entity

NDJSON = "application/x-ndjson"
# One minute: a record that is withdrawn is soon gone from every cache that lies between.
CACHING = "public, max-age=60"
EXPOSED = {
    "cache-control": CACHING,
    "access-control-expose-headers": "ETag, Last-Modified",
}
PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "Accept, Content-Type, If-None-Match",
    "access-control-max-age": "86400",
    "allow": "GET, HEAD, OPTIONS",
}
STREAM_BATCH = 100


def answer(request: Request, body: Entity, modified: str = "") -> Response:
    """A JSON body with its entity tag, or 304 if the asker has it. `modified` is a text of last_modified."""
    text = _write(body).encode()
    tag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    headers = {**EXPOSED, "etag": tag}
    if modified:
        headers["last-modified"] = format_datetime(
            datetime.fromisoformat(modified).astimezone(UTC), usegmt=True
        )
    if _has_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type="application/json")


def make_page(total: int, number: int, size: int, contents: Sequence[Entity]) -> Entity:
    """The envelope of page `number` when `total` items are cut into pages of `size`.

    A page beyond the last is empty, and says last_page too, so that nobody who asks for the next one goes on.
    """
    pages = -(-total // size)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": number,
        "size": len(contents),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not contents,
        "contents": list(contents),
    }


def newest(entities: Iterable[Entity]) -> str:
    """The latest last_modified of services, or of the services of places; "" if there is none."""
    services: Iterable[dict[str, Any]] = (entity.get("service", entity) for entity in entities)
    dates = [service.get("last_modified", service.get("modified_date", "")) for service in services]
    return max(dates, default="")


def stream(ids: Sequence[UUID], load: Callable[[Sequence[UUID]], list[Entity]]) -> Response:
    """All entities with these ids, one a line, loaded in batches so that any number fits into memory."""

    def lines() -> Iterator[str]:
        for batch in batched(ids, STREAM_BATCH):
            yield "".join(_write(entity) + "\n" for entity in load(batch))

    return StreamingResponse(lines(), headers=EXPOSED, media_type=NDJSON)


async def answer_preflight() -> Response:
    """Any site may read the feed."""
    return Response(status_code=204, headers=PREFLIGHT)


def _write(body: Entity) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _has_tag(header: str, tag: str) -> bool:
    """Weak comparison, as RFC 9110 has it for If-None-Match."""
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    return tag in tags or "*" in tags
