"""GET /api/services/{id}/openings: when a service opens and closes in the next days, for a calendar."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from referral_directory.clock import in_leeds
from referral_directory.errors import NotFound
from referral_directory.opening import list_openings
from referral_directory.web.context import get_directory
from referral_directory.web.searching import current_index

router = APIRouter(tags=["services"])
DAYS = 14


class OpeningSpan(BaseModel):
    """One time when it is open."""

    start: str = Field(description="ISO date and time with the offset of Leeds.")
    end: str


class OpeningsFound(BaseModel):
    """Openings of the next 14 days; none where the times are not confirmed."""

    openings: list[OpeningSpan]


@router.get("/api/services/{identity}/openings")
async def get_openings(request: Request, identity: UUID) -> OpeningsFound:
    """When a service opens and closes in the next 14 days. Only times that are confirmed."""
    directory = get_directory(request)
    index = await current_index(directory)
    row = index.by_id.get(str(identity))
    if row is None:
        raise NotFound("service")
    found = list_openings(index.entries[row].times, in_leeds(directory.clock()), DAYS)
    return OpeningsFound(
        openings=[OpeningSpan(start=start.isoformat(), end=end.isoformat()) for start, end in found]
    )
