"""The residents' pages: chat that works without JavaScript, urgent help, privacy, accessibility."""

import secrets
from dataclasses import replace
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.staticfiles import StaticFiles

from bot.conversations import Conversation, Line
from bot.errors import MessageRejected, MessageTooLong
from bot.forgetting import forget_conversation
from bot.languages import choose_language
from bot.sayings import welcome
from bot.translations import load_words
from bot.turn import (
    MESSAGE_LIMIT,
    FrontDesk,
    start_conversation,
    take_turn,
    warn_of_danger,
)
from bot.web.chat_api import get_desk, read_key
from bot.web.cookies import CONVERSATION, cookie_name, drop_cookie, keep_cookie
from bot.web.languages import COOKIE as LANGUAGE
from bot.web.languages import choose_words, has_chosen, remember_language
from bot.web.problems import Problem, ProblemError, answer_problem, describe, is_script
from bot.web.protection import (
    LEAVE_FOR,
    allow_frames,
    check_same_site,
    is_link_of_neighbour,
    is_same_site,
    read_body,
)
from bot.web.templating import HERE, get_pages

# What chat.js says of its own accord, by the name under which it asks for it.
SCRIPT_WORDS = {
    "looking": "script_looking", "lost": "script_lost", "unreached": "script_unreached", "wrong": "script_wrong",
    "empty": "script_empty", "offline": "script_offline", "waiting": "waiting_turn",
}  # fmt: skip

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


def static_files() -> StaticFiles:
    """Return the application that serves styles, script and icon."""
    return StaticFiles(directory=HERE / "static")


@router.api_route("/", methods=["GET", "HEAD"])
async def show_chat(request: Request) -> Response:
    """Show the conversation so far, or the welcome; while the chat is switched off, the numbers to ring."""
    desk = get_desk(request)
    if desk.switch.is_closed("web"):
        numbers = desk.urgent.in_language(choose_words(request).language).without_computer
        return get_pages(request).render(request, "closed.html", 503, numbers=numbers)
    conversation = find_conversation(request)
    notice = "forgotten" if "forgotten" in request.query_params else None
    return render_chat(request, conversation, notice=notice)


@router.post("/messages")
async def post_message(request: Request) -> Response:
    """Take a message from the form: answered by a redirect, or by the new lines alone if the script asks."""
    desk, form = get_desk(request), await read_form(request)
    key = read_key(request) or form.get("key") or None
    conversation, shown = find_or_start(request, form, key)
    before = conversation.transcript[-1].number if conversation.transcript else 0
    text = form.get("text", "")
    try:
        reply = await take_turn(desk, conversation, text, key)
    except MessageRejected as rejected:
        problem = describe(rejected).in_words(choose_words(request))
        cards = await warn_of_danger(desk, conversation, text) if isinstance(rejected, MessageTooLong) else []
        if wants_fragment(request):
            lines = conversation.transcript[-len(cards) :] if cards else []
            return _answer_with_lines(request, conversation, problem, lines, embedded="conversation" in form)
        return render_chat(request, conversation, problem=problem, draft=text, form=form)
    if wants_fragment(request):
        lines = [line for line in conversation.transcript if line.number > (shown or before)]
        # Without lines the message was answered before, by somebody who does not say what is shown.
        lines = lines or [Line(0, message) for message in reply.messages]
        page: Response = render_lines(request, conversation, lines, embedded="conversation" in form)
        if shown == 0:
            # What the page shows besides is of a conversation that is gone, and so are its numbers.
            page.headers["X-Began"] = "yes"
    elif conversation.forgotten or "conversation" in form:
        notice = "forgotten" if conversation.forgotten else None
        page = render_chat(request, conversation, notice=notice, form=form)
    else:
        lines = [line for line in conversation.transcript if line.number > before]
        number = next((line.number for line in lines if not line.from_resident), before)
        page = RedirectResponse(f"/#line-{number}", 303)
    if "conversation" not in form:
        _remember(request, page, conversation)
    return page


@router.post("/forget")
async def post_forget(request: Request) -> Response:
    """Forget the conversation of this browser and say so."""
    form = await read_form(request) if request.headers.get("content-length", "0") != "0" else {}
    check_same_site(request)
    if conversation := find_conversation(request, form):
        await forget_conversation(get_desk(request), conversation)
    framed = f"/embed?forgotten&language={choose_words(request).language}"
    page = RedirectResponse(framed if "conversation" in form else "/?forgotten", 303)
    drop_cookie(request, page, CONVERSATION)
    return page


@router.api_route("/leave", methods=["GET", "POST"])
async def leave(request: Request) -> Response:
    """Leave for an everyday page at once, and forget the conversation behind the resident's back.

    A link (without the script), a request of the script, or the directory's own exit. Another site's link leaves too,
    but forgets nothing.
    """
    is_ours = is_same_site(request) or is_link_of_neighbour(request)
    conversation = find_conversation(request, {}) if is_ours else None
    background = (
        BackgroundTask(forget_conversation, get_desk(request), conversation) if conversation else None
    )
    page = RedirectResponse(LEAVE_FOR, 303, background=background)
    # Our script clears storage by itself, and then notes in it that this tab has left.
    page.headers["Clear-Site-Data"] = '"cache"' if request.method == "POST" else '"cache", "storage"'
    if is_ours:
        drop_cookie(request, page, CONVERSATION)
        drop_cookie(request, page, LANGUAGE)
    return page


@router.post("/language")
async def post_language(request: Request) -> Response:
    """Have the pages speak another language, and the conversation too."""
    form = await read_form(request)
    language = form.get("language", "")
    if language in load_words() and (conversation := find_conversation(request)):
        choose_language(conversation, language)
    page = RedirectResponse("/", 303)
    remember_language(request, page, language)
    return page


@router.api_route("/urgent", methods=["GET", "HEAD"])
async def show_urgent_help(request: Request) -> Response:
    """Show every urgent-help card."""
    urgent = get_desk(request).urgent.in_language(choose_words(request).language)
    cards = list(urgent.cards.values())
    return get_pages(request).render(request, "urgent.html", cards=cards)


@router.api_route("/privacy", methods=["GET", "HEAD"])
async def show_privacy(request: Request) -> Response:
    """Show in 200 words what is kept and what is not."""
    return get_pages(request).render(request, "privacy.html")


@router.api_route("/privacy/full", methods=["GET", "HEAD"])
async def show_privacy_in_full(request: Request) -> Response:
    """Show everything that is kept, why, for how long, and what a resident can ask for."""
    return get_pages(request).render(request, "privacy_full.html")


@router.api_route("/accessibility", methods=["GET", "HEAD"])
async def show_accessibility(request: Request) -> Response:
    """Show the accessibility statement."""
    return get_pages(request).render(request, "accessibility.html")


def render_lines(
    request: Request, conversation: Conversation, lines: list[Line], *, embedded: bool
) -> HTMLResponse:
    """Return these lines alone, for the script to put into the page."""
    page = get_pages(request).render(
        request,
        "lines.html",
        lines=lines,
        new_key=new_key,
        embedded=embedded,
        conversation_id=name_conversation(conversation, None) if embedded else "",
    )
    if conversation.forgotten:
        page.headers["X-Forgotten"] = "yes"
    if embedded:
        # A frame on another site has no cookies: its forms carry the conversation.
        page.headers["X-Conversation"] = name_conversation(conversation, None)
    return page


def _answer_with_lines(
    request: Request, conversation: Conversation, problem: Problem, lines: list[Line], *, embedded: bool
) -> Response:
    """Return a problem to the script, with lines that it shows all the same."""
    if lines:
        shown = bytes(render_lines(request, conversation, lines, embedded=embedded).body).decode()
        problem = replace(problem, more={"lines": shown})
    return answer_problem(request, problem)


def render_chat(
    request: Request,
    conversation: Conversation | None,
    *,
    notice: str | None = None,
    problem: Problem | None = None,
    draft: str = "",
    form: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the chat page with this conversation, which may not have begun.

    A `form` that carries the conversation is that of a frame on a partner's page.
    """
    lines = conversation.transcript if conversation else [Line(0, welcome(choose_words(request).language))]
    embedded = "conversation" in (form or {})
    page = get_pages(request).render(
        request,
        "chat.html",
        problem.status if problem else 200,
        lines=lines,
        notice=notice,
        problem=problem,
        draft=draft,
        limit=MESSAGE_LIMIT,
        new_key=new_key,
        script_words=SCRIPT_WORDS,
        embedded=embedded,
        conversation_id=name_conversation(conversation, form),
        begun=conversation is not None and not conversation.forgotten,
    )
    if embedded:
        allow_frames(page, request.app.state.embed_origins)
    return page


def find_conversation(request: Request, form: dict[str, str] | None = None) -> Conversation | None:
    """Return the conversation that the form or the browser's cookie names, if it is still there.

    Before a frame's conversation has begun, its forms name the language to begin it in.
    """
    desk: FrontDesk = get_desk(request)
    cookie = request.cookies.get(cookie_name(request, CONVERSATION), "")
    named = form["conversation"] if form and "conversation" in form else cookie
    conversation = desk.conversations.find(named)
    language = named if named in load_words() else None
    request.state.language = conversation.language if conversation else language
    return conversation


def name_conversation(conversation: Conversation | None, form: dict[str, str] | None) -> str:
    """Return what the forms of a frame carry: the conversation, or while there is none the language to begin it in."""
    if conversation is not None:
        return (conversation.language or "") if conversation.forgotten else conversation.id
    named = (form or {}).get("conversation", "")
    return named if named in load_words() else ""


def find_or_start(request: Request, form: dict[str, str], key: str | None) -> tuple[Conversation, int]:
    """Return the conversation that a message belongs to, and the number of the last of its lines that is shown.

    The script says which line it shows last, so that lines whose answer was lost on its way come too.
    """
    if conversation := find_conversation(request, form):
        return conversation, read_last_line(request, conversation)
    desk = get_desk(request)
    if key and (begun := desk.conversations.find_begun_with(key)):
        return begun, begun.transcript[0].number
    language, chosen = choose_words(request).language, has_chosen(request)
    conversation, _ = start_conversation(desk, "web", language, chosen=chosen)
    if key:
        desk.conversations.record_beginning(key, conversation)
    return conversation, 0


def read_last_line(request: Request, conversation: Conversation) -> int:
    """Return the number of the last line that the script shows, or 0 if it does not say."""
    number = request.headers.get("x-last-line", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return 0
    # A page that has just been opened shows the welcome, which has no number there.
    first = conversation.transcript[0].number if conversation.transcript else 0
    # A page that outlived its conversation shows lines of another, with higher numbers.
    last = conversation.transcript[-1].number if conversation.transcript else 0
    return min(max(int(number), first), last)


def wants_fragment(request: Request) -> bool:
    """Return whether our script asks, which puts new lines into the page itself."""
    return is_script(request)


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


def _remember(request: Request, page: Response, conversation: Conversation) -> None:
    if conversation.forgotten:
        drop_cookie(request, page, CONVERSATION)
    else:
        keep_cookie(request, page, CONVERSATION, conversation.id)
