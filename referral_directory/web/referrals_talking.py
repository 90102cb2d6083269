"""Staff page: how to ask about money worries and mental health, and how to refer on."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from referral_directory.web.referrals_draft import Sender
from referral_directory.web.signed_in import staff_page

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/staff/talking")
def show_talking(request: Request, staff: Sender) -> HTMLResponse:
    """Words to ask with, what to listen for, and what to do next."""
    return staff_page(request, staff, "referrals/talking.html")
