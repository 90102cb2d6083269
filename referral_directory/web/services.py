"""GET /api/services/search and GET /api/services/{id}."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from referral_directory.catalogue.search import get_card
from referral_directory.errors import NotFound
from referral_directory.places import describe_place
from referral_directory.web.context import get_directory
from referral_directory.web.searching import Asked, current_index, run_search
from referral_directory.web.shapes import CardShape, SearchFound

router = APIRouter(tags=["services"])


@router.get("/api/services/search", response_model=SearchFound)
async def search_services(request: Request, asked: Annotated[Asked, Query()]) -> Response:
    """Services that help, nearest and open first, each with the reason why it was chosen."""
    directory = get_directory(request)
    searched = await run_search(directory, asked)
    directory.metrics.searches.labels(searched.found.outcome).inc()
    return _answer(
        {
            "services": searched.found.cards,
            "total": searched.found.total,
            "place": describe_place(searched.place) if searched.place else None,
            "outcome": searched.found.outcome,
            "as_of": searched.as_of.isoformat(timespec="seconds"),
            "about": searched.about,
        }
    )


@router.get("/api/services/{identity}", response_model=CardShape)
async def get_service(request: Request, identity: UUID) -> Response:
    """The card of one service."""
    directory = get_directory(request)
    index = await current_index(directory)
    card = get_card(index, directory.needs, str(identity), directory.clock())
    if card is None:
        raise NotFound("service")
    return _answer(card)


def _answer(body: dict[str, object]) -> Response:
    # Cards are made here from checked records, so they are written out without being validated a second time.
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")), media_type="application/json"
    )
