"""The residents' pages: chat that works without JavaScript, urgent help, privacy, accessibility."""

import hashlib
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.background import BackgroundTask
from starlette.staticfiles import StaticFiles

from bot.conversations import Conversation, Line
from bot.errors import MessageRejected
from bot.messages import Card
from bot.turn import MESSAGE_LIMIT, WELCOME, FrontDesk, forget_conversation, start_conversation, take_turn
from bot.web.chat_api import get_desk, read_key
from bot.web.problems import Problem, ProblemError, answer_problem, describe
from bot.web.protection import LEAVE_FOR, check_same_site, read_body

HERE = Path(__file__).parent
COOKIE = "conversation"
COOKIE_SECONDS = 24 * 60 * 60
MILES_PER_KM = 0.621371

PHONE_IN_TEXT = re.compile(r"(?<![\w£])(?:0\d{2,4}(?: ?\d{3,4}){1,3}|116 123|999|111|105)(?!\w)")

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class Pages:
    """Renders the templates. Everything that goes into them is escaped."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"phones": link_phones, "dial": dial, "away": describe_distance}
        self._templates.globals |= {
            "asset": {path.name: _stamp(path) for path in (HERE / "static").iterdir()}
        }

    def render(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Return the page."""
        return HTMLResponse(self._templates.get_template(template).render(**context), status)

    def render_problem(self, request: Request, problem: Problem) -> HTMLResponse:
        """Return a page that says what went wrong and what to do."""
        return self.render("problem.html", problem.status, problem=problem)


def static_files() -> StaticFiles:
    """Return the application that serves styles, script and icon."""
    return StaticFiles(directory=HERE / "static")


@router.api_route("/", methods=["GET", "HEAD"])
async def show_chat(request: Request) -> Response:
    """Show the conversation so far, or the welcome."""
    conversation = find_conversation(request)
    notice = "forgotten" if "forgotten" in request.query_params else None
    return render_chat(request, conversation, notice=notice)


@router.post("/messages")
async def post_message(request: Request) -> Response:
    """Take a message from the form: answered by a redirect, or by the new lines alone if the script asks."""
    desk, form = get_desk(request), await read_form(request)
    conversation = find_conversation(request) or start_conversation(desk, "web")[0]
    before = conversation.transcript[-1].number if conversation.transcript else 0
    text = form.get("text", "")
    try:
        reply = await take_turn(desk, conversation, text, read_key(request) or form.get("key") or None)
    except MessageRejected as rejected:
        if wants_fragment(request):
            return answer_problem(request, describe(rejected))
        return render_chat(request, conversation, problem=describe(rejected), draft=text)
    lines = [line for line in conversation.transcript if line.number > before]
    if wants_fragment(request):
        if not lines:
            # The message was answered before, and that answer was lost on its way: show it again.
            lines = [Line(0, message) for message in reply.messages]
        page: Response = _pages(request).render("lines.html", lines=lines, new_key=new_key)
    elif conversation.forgotten:
        page = render_chat(request, conversation, notice="forgotten")
    else:
        number = next((line.number for line in lines if not line.from_resident), before)
        page = RedirectResponse(f"/#line-{number}", 303)
    _remember(request, page, conversation)
    return page


@router.post("/forget")
async def post_forget(request: Request) -> Response:
    """Forget the conversation of this browser and say so."""
    check_same_site(request)
    if conversation := find_conversation(request):
        await forget_conversation(get_desk(request), conversation)
    page = RedirectResponse("/?forgotten", 303)
    page.delete_cookie(COOKIE)
    return page


@router.post("/leave")
async def post_leave(request: Request) -> Response:
    """Leave for an everyday page at once, and forget the conversation behind the resident's back."""
    check_same_site(request)
    conversation = find_conversation(request)
    background = (
        BackgroundTask(forget_conversation, get_desk(request), conversation) if conversation else None
    )
    page = RedirectResponse(LEAVE_FOR, 303, background=background)
    page.headers["Clear-Site-Data"] = '"cache", "storage"'
    page.delete_cookie(COOKIE)
    return page


@router.api_route("/urgent", methods=["GET", "HEAD"])
async def show_urgent_help(request: Request) -> Response:
    """Show every urgent-help card."""
    return _pages(request).render("urgent.html", cards=list(get_desk(request).urgent.cards.values()))


@router.api_route("/privacy", methods=["GET", "HEAD"])
async def show_privacy(request: Request) -> Response:
    """Show what is kept and what is not."""
    return _pages(request).render("privacy.html")


@router.api_route("/accessibility", methods=["GET", "HEAD"])
async def show_accessibility(request: Request) -> Response:
    """Show the accessibility statement."""
    return _pages(request).render("accessibility.html")


def render_chat(
    request: Request,
    conversation: Conversation | None,
    *,
    notice: str | None = None,
    problem: Problem | None = None,
    draft: str = "",
) -> HTMLResponse:
    """Return the chat page with this conversation, which may not have begun."""
    lines = conversation.transcript if conversation else [Line(0, WELCOME)]
    return _pages(request).render(
        "chat.html",
        problem.status if problem else 200,
        lines=lines,
        notice=notice,
        problem=problem,
        draft=draft,
        limit=MESSAGE_LIMIT,
        new_key=new_key,
        begun=conversation is not None and not conversation.forgotten,
    )


def find_conversation(request: Request) -> Conversation | None:
    """Return the conversation that the browser's cookie names, if it is still there."""
    desk: FrontDesk = get_desk(request)
    return desk.conversations.find(request.cookies.get(COOKIE, ""))


def wants_fragment(request: Request) -> bool:
    """Return whether our script asks, which puts new lines into the page itself."""
    return request.headers.get("x-fragment") == "lines"


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a posted form; raises a problem if another site sent it or it is no form."""
    check_same_site(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise ProblemError(Problem(415, "This is not a form", "Send the form of the chat page."))
    body = await read_body(request)
    try:
        fields = parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError as failure:
        raise ProblemError(Problem(400, "This is not a form", "Send the form of the chat page.")) from failure
    return {name: values[0] for name, values in fields.items()}


def new_key() -> str:
    """Return a fresh key, so that a form sent twice is handled once."""
    return secrets.token_urlsafe(12)


def link_phones(text: str) -> Markup:
    """Return the text, escaped, with every phone number as a link that dials it."""
    pieces, position = [], 0
    for match in PHONE_IN_TEXT.finditer(text):
        pieces += [
            escape(text[position : match.start()]),
            Markup('<a href="{}">{}</a>').format(dial(match[0]), match[0]),
        ]
        position = match.end()
    return Markup("").join([*pieces, escape(text[position:])])


def dial(number: str) -> str:
    """Return the `tel:` address of a number as people write it; of two numbers, the first."""
    digits = re.sub(r"\(0\)|[^\d+]", "", re.split(r"[/,;]|\bor\b|\bext", number)[0])
    return f"tel:{digits}"


def describe_distance(card: Card) -> str:
    """Return how far a service is, in miles as people here count, or nothing if that is not known."""
    if card.distance_km is None:
        return ""
    miles = card.distance_km * MILES_PER_KM
    if miles < 0.15:
        return "very near"
    return f"about {miles:.1f} miles ({card.distance_km:.1f} km) away"


def _remember(request: Request, page: Response, conversation: Conversation) -> None:
    if conversation.forgotten:
        page.delete_cookie(COOKIE)
        return
    secure = request.url.scheme == "https"
    page.set_cookie(
        COOKIE,
        conversation.id,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def _stamp(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"/static/{path.name}?v={digest}"
