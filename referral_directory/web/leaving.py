""" "Exit this page" on the pages that residents see: to the weather at once, by way of the chat, which then forgets."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from referral_directory.web.context import get_directory
from referral_directory.web.signed_in import FORM, drop_cookie
from referral_directory.web.static_files import read_static

# Where the chat's own button leads too (bot/web/protection.py): it says nothing about anybody.
LEAVE_FOR = "https://www.bbc.co.uk/weather"

router = APIRouter(include_in_schema=False)


@router.get("/leave")
async def leave(request: Request) -> Response:
    """Lead away, and take from the browser what ties a form to it."""
    chat_url = get_directory(request).chat_url
    page = RedirectResponse(f"{chat_url}/leave" if chat_url else LEAVE_FOR, 303)
    page.headers["cache-control"] = "no-store"
    # Our script notes in the tab's storage that it has left, so that stays.
    page.headers["clear-site-data"] = '"cache"'
    drop_cookie(request, page, FORM)
    return page


@router.get("/static/leave.js")
async def get_script() -> Response:
    """The script that blanks the page first, and knows Shift three times."""
    return read_static("leave.js")
