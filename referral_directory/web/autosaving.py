"""The one script of the staff pages, and leave for it on the pages that have it: everywhere else no script runs."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from referral_directory.web.observing import POLICY
from referral_directory.web.static_files import read_static

router = APIRouter(include_in_schema=False)
WITH_SCRIPT = POLICY.decode() + "; script-src 'self'; connect-src 'self'"


@router.get("/static/autosave.js")
async def get_script() -> Response:
    """The script that keeps what is typed."""
    return read_static("autosave.js")


def allow_script(page: HTMLResponse) -> HTMLResponse:
    """Let a page run the script, which may ask nobody but us."""
    page.headers["content-security-policy"] = WITH_SCRIPT
    return page
