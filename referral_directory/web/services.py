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
LONGEST_WORDS = 500


@router.get("/api/services/search", response_model=SearchFound)
async def search_services(  # noqa: PLR0913, PLR0917 - the parameters are the contract
    request: Request,
    q: Annotated[str, Query(max_length=LONGEST_WORDS, description="Words to search for.")] = "",
    need: Annotated[
        list[str] | None, Query(max_length=30, description="A need or a topic; may repeat.")
    ] = None,
    postcode: Annotated[
        str | None, Query(max_length=20, description="A postcode, or its first part.")
    ] = None,
    ward: Annotated[str | None, Query(max_length=80, description="A ward's code or full name.")] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False, description="Degrees.")] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False, description="Degrees.")] = None,
    open_at: Annotated[
        str | None, Query(max_length=40, description="Ask about this time, not now (ISO).")
    ] = None,
    language: Annotated[
        str | None, Query(max_length=10, description="Put services in this language first.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    exclude: Annotated[
        str | None, Query(max_length=10_000, description="Ids to leave out, with commas.")
    ] = None,
) -> Response:
    """Services that help, nearest and open first, each with the reason why it was chosen."""
    asked = Asked(q, tuple(need or ()), postcode, ward, lat, lon, open_at, language, limit, exclude)
    searched = await run_search(get_directory(request), asked)
    return _answer(
        {
            "services": searched.found.cards,
            "total": searched.found.total,
            "place": describe_place(searched.place) if searched.place else None,
            "outcome": searched.found.outcome,
            "as_of": searched.as_of.isoformat(timespec="seconds"),
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
