"""The chat in a frame on a partner's page: one script tag, a sandboxed frame, and only for sites on the list."""

import re

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from bot.web.languages import prefer_language
from bot.web.pages import find_conversation, read_form, render_chat, render_lines
from bot.web.problems import Problem, ProblemError
from bot.web.templating import HERE

# An origin as browsers send it: scheme, host and perhaps a port. A star or a path would let in more than was meant.
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")

router = APIRouter(include_in_schema=False)


def read_origins(setting: str) -> tuple[str, ...]:
    """Return the origins that may show the chat in a frame. Raises ValueError, which names the one that is none."""
    origins = tuple(setting.lower().split())
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"EMBED_ORIGINS: {origin!r} is not an origin like https://www.example.org")
    return origins


@router.get("/embed.js")
async def send_loader() -> Response:
    """Send the script that a partner's page names: it puts the frame in its own place."""
    # Every other answer of ours may be used by our own pages alone.
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=3600"}
    return FileResponse(HERE / "static" / "embed.js", media_type="text/javascript", headers=headers)


@router.get("/embed")
async def show_embedded_chat(request: Request) -> Response:
    """Show the chat for a frame: without the foot of our pages, and without cookies."""
    language = request.query_params.get("language", "")
    prefer_language(request, language)
    notice = "forgotten" if "forgotten" in request.query_params else None
    return render_chat(request, None, notice=notice, form={"conversation": language})


@router.post("/embed")
async def return_to_embedded_chat(request: Request) -> Response:
    """Show the chat in the frame again, with the conversation that the form carries."""
    form = await read_form(request)
    named = {"conversation": form.get("conversation", "")}
    return render_chat(request, find_conversation(request, named), form=named)


@router.post("/embed/lines")
async def restore_embedded_chat(request: Request) -> Response:
    """Return all lines of the conversation that a frame had before its page was loaded anew."""
    conversation = find_conversation(request, await read_form(request))
    if conversation is None:
        raise ProblemError(Problem(404, "There is no such conversation", "Write, and a new one starts."))
    return render_lines(request, conversation, conversation.transcript, embedded=True)
