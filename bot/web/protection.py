"""Headers on every answer, and limits on what is read of a request."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.problems import Problem, ProblemError

# A message of 2,000 characters fits in any usual script; more is not a message.
# 2,000 characters written as JSON escapes are 24,000 bytes when each is an emoji.
BODY_LIMIT = 32 * 1024
# Where "Exit this page" goes: the page of the GOV.UK pattern, which says nothing about anybody.
LEAVE_FOR = "https://www.bbc.co.uk/weather"

# `form-action` names the weather page because browsers apply it to the redirect that follows the leave form.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self' https://www.bbc.co.uk; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
# Only the page for partners' frames brings a policy of its own.
FRAMED = "Content-Security-Policy"


def allow_frames(page: Response, origins: tuple[str, ...]) -> None:
    """Let pages of these origins, and no others, show this page in a frame."""
    named = " ".join(origins) or "'none'"
    page.headers[FRAMED] = CONTENT_SECURITY_POLICY.replace(
        "frame-ancestors 'none'", f"frame-ancestors {named}"
    )


class ProtectAnswers:
    """Puts the protective headers on every answer, and keeps what is not a static file out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add headers to what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                framed = FRAMED in headers
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if framed:
                    # Old browsers would obey this instead of the list of sites in the policy.
                    del headers["X-Frame-Options"]
                static = scope["path"].startswith("/static/")
                # The address of a static file changes with its content, and many residents pay for data.
                headers.setdefault("Cache-Control", "public, max-age=604800" if static else "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, send_protected)


async def read_body(request: Request) -> bytes:
    """Return the body of the request; raises a 413 problem as soon as it is larger than 32 kB."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise ProblemError(_too_large())
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise ProblemError(_too_large())
    return bytes(body)


def _too_large() -> Problem:
    detail = "Send at most 2,000 characters of text, in parts if you like."
    # The rest of a body that is too large is not read, so the connection cannot be used again.
    return Problem(413, "The request is too large", detail, headers={"Connection": "close"})


def is_same_site(request: Request) -> bool:
    """Return whether this request was made by a page of ours or typed in, and not by another site (Fetch Metadata)."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def is_link_of_neighbour(request: Request) -> bool:
    """Return whether somebody followed a link or a redirect here from another host of our own domain: the directory."""
    asked = request.headers
    return asked.get("sec-fetch-site") == "same-site" and asked.get("sec-fetch-mode") == "navigate"


def check_same_site(request: Request) -> None:
    """Raise a 403 problem if another site made the browser send this form (Fetch Metadata, W3C)."""
    if not is_same_site(request):
        raise ProblemError(
            Problem(403, "This form came from another site", "Open this service and send it from there.")
        )
