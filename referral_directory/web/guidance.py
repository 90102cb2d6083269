"""GET /api/guidance: short true texts about schemes and first steps."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from referral_directory.catalogue.guidance import list_guidance
from referral_directory.catalogue.schemes import drop_ended, find_scheme_about
from referral_directory.needs import expand_needs
from referral_directory.web.context import get_directory
from referral_directory.web.shapes import GuidanceFound

router = APIRouter(tags=["guidance"])


@router.get("/api/guidance", response_model=GuidanceFound)
async def get_guidance(
    request: Request,
    need: Annotated[
        list[str] | None, Query(max_length=30, description="A need or a topic; may repeat.")
    ] = None,
) -> dict[str, object]:
    """Guidance for these needs (all guidance, without any), the most specific first."""
    directory = get_directory(request)
    today = directory.clock().date()
    current = drop_ended(directory.guidance, directory.schemes, today)
    codes = expand_needs(directory.needs, need or ())
    return {
        "guidance": [
            {
                "id": entry.id,
                "need": list(entry.needs),
                "title": entry.title,
                "text": entry.text,
                "steps": list(entry.steps),
                "review_by": entry.review_by,
                "checked": entry.checked_on,
                "source": entry.source_name,
                "source_url": entry.source_url,
                "region": entry.region,
                "url": f"{directory.public_url}/guidance/{scheme.id}" if scheme else None,
            }
            for entry in list_guidance(current, codes)
            for scheme in [find_scheme_about(entry, directory.schemes, today)]
        ]
    }
