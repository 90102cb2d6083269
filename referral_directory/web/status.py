"""The status page of administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from referral_directory.catalogue.search import MATCHED
from referral_directory.staff.roles import Role, Staff
from referral_directory.web.context import get_directory
from referral_directory.web.figures import read_status
from referral_directory.web.others_figures import count_of, fetch_figures
from referral_directory.web.signed_in import signed_in, staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/staff/status")
def show_status(
    request: Request, staff: Annotated[Staff, Depends(signed_in(Role.ADMINISTRATOR))]
) -> HTMLResponse:
    """The state of the directory, with what should be looked at first."""
    directory = get_directory(request)
    with directory.database.read() as session:
        status = read_status(session, directory.clock())
    others = fetch_figures(directory.bot_url, directory.actions_url)
    return staff_page(
        request,
        staff,
        "staff/status.html",
        found=status,
        others=others,
        faults=status.faults + others.faults,
        searches_in_vain=count_of(directory.metrics.searches.collect(), leave_out=MATCHED),
    )
