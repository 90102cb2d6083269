"""The residents' cookies: for a day, closed to scripts and, with an https address, guarded by the browser itself."""

from fastapi import Request
from fastapi.responses import Response

CONVERSATION = "conversation"
COOKIE_SECONDS = 24 * 60 * 60


def cookie_name(request: Request, name: str) -> str:
    """Return a cookie's name: over https a browser takes `__Host-` from this very host alone, and only with Secure."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def keep_cookie(request: Request, page: Response, name: str, value: str) -> None:
    """Have the browser keep a cookie for a day."""
    secure = request.url.scheme == "https"
    page.set_cookie(
        cookie_name(request, name),
        value,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def drop_cookie(request: Request, page: Response, name: str) -> None:
    """Take a cookie away."""
    secure = request.url.scheme == "https"
    page.delete_cookie(cookie_name(request, name), httponly=True, samesite="lax", secure=secure, path="/")
