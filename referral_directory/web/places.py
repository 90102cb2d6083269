"""GET /api/places: where is this?"""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from referral_directory.errors import InvalidInput
from referral_directory.places import describe_place, find_place
from referral_directory.web.context import get_directory
from referral_directory.web.shapes import PlaceFound

router = APIRouter(tags=["places"])
LONGEST = 200


@router.get("/api/places", response_model=PlaceFound)
async def find_a_place(
    request: Request,
    q: Annotated[
        str,
        Query(min_length=1, max_length=LONGEST, description="A postcode or part of one, a ward, an area."),
    ],
) -> dict[str, object]:
    """Where a postcode, outcode, sector, ward or area is; or that it is outside Leeds, not known,
    or several.
    """
    if not q.strip():
        raise InvalidInput("q", f"Give a postcode or the name of an area, at most {LONGEST} characters.")
    answer = find_place(get_directory(request).tables, q)
    return {
        "status": answer.status,
        "query": answer.query,
        "place": describe_place(answer.place) if answer.place else None,
        "options": [describe_place(option) for option in answer.options],
    }
