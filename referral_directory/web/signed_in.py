"""Who is signed in: the one dependency that every staff page asks, and the one check that every form passes.

    @router.get("/staff/things")
    def show_things(request: Request, staff: Annotated[Staff, Depends(signed_in(Role.CURATOR))]) -> HTMLResponse:
        return staff_page(request, staff, "staff/things.html", things=...)

`signed_in(*roles)` gives the person if they have any of the roles (without roles: whoever is signed in), sends a
visitor who is not signed in to /staff/sign-in, and answers 403 otherwise. For POST it also checks the form's
token, so a route behind `signed_in` needs nothing more. Forms for people who are not signed in depend on
`check_form` and are shown by `visitor_page`. Every form in a template begins with `{{ csrf_field() }}`.

Two cookies: the session, and one that only ties a form to a browser before there is a session. Both are
HttpOnly and SameSite=Strict, and with an https address Secure and __Host-.
"""

import hmac
import secrets
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote, urlsplit

import structlog
from fastapi import Depends, FastAPI, Request
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from referral_directory.database import transaction
from referral_directory.errors import InvalidInput, NotPermitted, NotSignedIn, TooManyAttempts
from referral_directory.staff.keys import keyed_digest
from referral_directory.staff.roles import Role, Staff
from referral_directory.staff.sessions import SIGNED_IN, Found, find_session, note_use
from referral_directory.web.context import Directory, get_directory
from referral_directory.web.problems import problem_for
from referral_directory.web.templating import render

SIGN_IN = "/staff/sign-in"
# Steps of signing in, which are nowhere to go back to.
ON_THE_WAY = (SIGN_IN, "/staff/second-step", "/staff/set-up", "/staff/link")
SESSION, FORM = "signpost_session", "signpost_form"
CSRF_FIELD = "csrf_token"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


async def sent_token(request: Request) -> str:
    """The form token that came with a request: in the form, or for scripts in the X-CSRF-Token header."""
    if request.method in READING:
        return ""
    header = request.headers.get("x-csrf-token")
    if header is not None:
        return header
    value = (await request.form()).get(CSRF_FIELD, "")
    return value if isinstance(value, str) else ""


async def read_form(request: Request) -> FormData:
    """A dependency that gives a form whole, for routes that do not know its fields beforehand."""
    return await request.form()


def signed_in(*roles: Role) -> Callable[..., Staff]:
    """A dependency that gives the signed-in person. Raises NotSignedIn, or NotPermitted without the role or
    the form's token.
    """

    def require(request: Request, token: Annotated[str, Depends(sent_token)]) -> Staff:
        found = find_signed_in(request)
        if found is None or found.stage != SIGNED_IN:
            _note(request, "no session")
            raise NotSignedIn("Sign in first.")
        if not found.staff.has(*roles):
            _note(request, "role")
            raise NotPermitted("Your account does not have the role that this page needs.")
        _check_request(request, token, SESSION)
        return found.staff

    return require


def half_signed_in(stage: str) -> Callable[..., Found]:
    """A dependency that gives the session of somebody between password and code. Raises NotSignedIn at any
    other stage, or NotPermitted without the form's token.
    """

    def require(request: Request, token: Annotated[str, Depends(sent_token)]) -> Found:
        found = find_signed_in(request)
        if found is None or found.stage != stage:
            raise NotSignedIn("Sign in first.")
        _check_request(request, token, SESSION)
        return found

    return require


def check_form(request: Request, token: Annotated[str, Depends(sent_token)]) -> None:
    """A dependency for forms of people who are not signed in. Raises NotPermitted for a form that was not
    filled in on our own page in this browser.
    """
    _check_request(request, token, FORM)


def find_signed_in(request: Request) -> Found | None:
    """The live session of this request, at whatever stage it is, and notes its use."""
    directory = get_directory(request)
    token = session_token(request)
    if not token:
        return None
    now = directory.clock()
    with directory.database.look() as session:
        found = find_session(session, token, now)
    if found is not None and found.note_due:
        with transaction(directory.database) as session:
            note_use(session, token, now)
    return found


def staff_page(
    request: Request, staff: Staff | None, template: str, status: int = 200, **values: object
) -> HTMLResponse:
    """A page for somebody signed in; `staff` is None half-way through signing in, when there is no menu.
    Its template gets `staff`, `csrf_field()` and `here` (the path).
    """
    field = _field(request, SESSION, session_token(request))
    page = render(template, staff=staff, csrf_field=field, here=request.url.path, **values)
    return HTMLResponse(page, status)


def visitor_page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page with a form for somebody not signed in; `csrf_field()` ties the form to this browser."""
    held = request.cookies.get(cookie_name(request, FORM), "")
    value = held or secrets.token_urlsafe(32)
    page = render(
        template, staff=None, csrf_field=_field(request, FORM, value), here=request.url.path, **values
    )
    answer = HTMLResponse(page, status)
    if not held:
        set_cookie(request, answer, FORM, value)
    return answer


def describe(error: InvalidInput | TooManyAttempts | None) -> tuple[int, dict[str, str]]:
    """How a form is shown again: the status, and the message under each field's name ("" for the whole form)."""
    if error is None:
        return 200, {}
    if isinstance(error, TooManyAttempts):
        return 429, {"": f"Too many attempts. Wait {wait_text(error.seconds)}, then try again."}
    return 422, {error.field: error.message}


def wait_text(seconds: int) -> str:
    """A time to wait, as people say it: "1 second", "40 seconds", "3 minutes"."""
    number, unit = (seconds, "second") if seconds < 60 else (-(-seconds // 60), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def session_token(request: Request) -> str:
    """The session id in the cookie, or "": proves nothing by itself."""
    return request.cookies.get(cookie_name(request, SESSION), "")


def address_of(request: Request) -> str:
    """The internet address that a request comes from, or ""."""
    return request.client.host if request.client else ""


def set_cookie(request: Request, answer: Response, name: str, value: str) -> None:
    """Set one of our cookies until the browser closes."""
    answer.set_cookie(
        cookie_name(request, name),
        value,
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_https(request),
    )


def drop_cookie(request: Request, answer: Response, name: str) -> None:
    """Take one of our cookies away."""
    answer.delete_cookie(
        cookie_name(request, name), path="/", httponly=True, samesite="strict", secure=_is_https(request)
    )


def cookie_name(request: Request, name: str) -> str:
    """A cookie's name: with https the browser itself guards it (__Host-: this host, Secure, path /)."""
    return f"__Host-{name}" if _is_https(request) else name


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a staff page of ours, or the staff's first page."""
    parts = urlsplit(wanted)
    ours = (wanted + "/").startswith(("/staff/", "/staff?")) and not parts.scheme and not parts.netloc
    plain = wanted.isprintable() and "\\" not in wanted and len(wanted) <= 500
    return wanted if ours and plain and not parts.path.startswith(ON_THE_WAY) else "/staff"


def add_sign_in_redirect(app: FastAPI) -> None:
    """Send people who are not signed in to the sign-in page; programs get a 401 problem."""
    app.add_exception_handler(NotSignedIn, _ask_to_sign_in)


async def _ask_to_sign_in(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/api") or "application/json" in request.headers.get("accept", ""):
        return problem_for(request, 401, str(error))
    if request.method not in READING:
        return RedirectResponse(SIGN_IN, 303)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.headers.get("sec-fetch-site") == "cross-site":
        # A link in an e-mail: the browser kept the strict cookie back. Asked again from our own page it sends it.
        going = safe_next(wanted)
        return HTMLResponse(
            render("staff/continue.html", wanted=going), headers={"refresh": f"0; url={going}"}
        )
    return RedirectResponse(f"{SIGN_IN}?next={quote(safe_next(wanted), safe='/')}", 303)


def _check_request(request: Request, token: str, cookie: str) -> None:
    if request.method in READING:
        return
    if not _from_our_pages(request):
        _note(request, "origin")
        raise NotPermitted("This form was not sent from our own page.")
    held = request.cookies.get(cookie_name(request, cookie), "")
    expected = _form_token(get_directory(request), cookie, held)
    if not held or not hmac.compare_digest(token.encode(), expected.encode()):
        _note(request, "form token")
        raise NotPermitted(
            "The form was open too long, or in another browser. Go back, reload it and try again."
        )


def _from_our_pages(request: Request) -> bool:
    """What the browser itself says of where a form was sent from. Old browsers say nothing: the token decides.

    Pages without a referrer send the origin "null" (Fetch standard, "append a request Origin header").
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin in (None, "null"):
        return True
    ours = {request.headers.get("host", ""), urlsplit(get_directory(request).public_url).netloc}
    return urlsplit(origin).netloc in ours


def _field(request: Request, cookie: str, value: str) -> Callable[[], Markup]:
    token = _form_token(get_directory(request), cookie, value)
    markup = Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)
    return lambda: markup


def _form_token(directory: Directory, cookie: str, value: str) -> str:
    return keyed_digest(directory.staff_keys, f"form token, {cookie}", value).hex()


def _is_https(request: Request) -> bool:
    return get_directory(request).public_url.startswith("https://")


def _note(request: Request, reason: str) -> None:
    """Write a refusal down: which route and why, and nothing of who."""
    route = getattr(request.scope.get("route"), "path", "none")
    structlog.get_logger().warning("refused", route=route, method=request.method, error=reason)
