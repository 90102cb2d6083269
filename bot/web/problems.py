"""The one mapping from errors to answers: problem bodies (RFC 9457) for programs, plain pages for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.errors import BotError, ConversationBusy, ConversationNotFound, EmptyMessage, MessageTooLong
from bot.logs import describe_failure
from bot.translations import ENGLISH, Words
from bot.web.languages import choose_words

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
# People who meet a fault of ours should still reach somebody. The numbers are those of the urgent-help cards.
NO_COMPUTER = (
    "If you need help now: Leeds council welfare support 0113 376 0330, NHS 111, or 999 if it is danger now."
)


@dataclass(frozen=True)
class Problem:
    """What went wrong and what to do about it.

    `key` names the same words in other languages (bot/translations), with `gaps` to fill; "" if there are none.
    """

    status: int
    title: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    gaps: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, words: Words) -> "Problem":
        """Return the same problem in another language, or this if it has no words there."""
        if not self.key or words.language == ENGLISH:
            return self
        return replace(self, title=words(f"{self.key}_title"), detail=words(self.key, **self.gaps), errors=())

    def as_body(self) -> dict[str, Any]:
        """Return the problem as an RFC 9457 body."""
        body: dict[str, Any] = {
            "type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail
        }  # fmt: skip
        if self.errors:
            body["errors"] = [{"field": field, "message": message} for field, message in self.errors]
        return body | dict(self.more)


BUSY = Problem(
    429,
    "Too many messages at once",
    "Earlier messages are still being answered. Wait for them, then send this one again.",
    headers={"Retry-After": "5"},
    key="problem_busy",
)


class ProblemError(Exception):
    """Raised inside the web door, where the problem is about HTTP itself."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


def describe(failure: Exception) -> Problem:
    """Return the problem that tells the caller of `failure`."""
    match failure:
        case ProblemError():
            return failure.problem
        case EmptyMessage():
            detail = "Write what you need in a few words, then send it."
            return Problem(
                422,
                "The message is empty",
                detail,
                (("text", "must have at least 1 character"),),
                key="problem_empty",
            )
        case MessageTooLong():
            detail = (
                f"Your message has {failure.length} characters. Send {failure.limit} or fewer, or in parts."
            )
            return Problem(
                422,
                "The message is too long",
                detail,
                (("text", f"must have at most {failure.limit} characters"),),
                key="problem_long",
                gaps={"length": failure.length, "limit": failure.limit},
            )
        case ConversationNotFound():
            detail = "Conversations are forgotten 24 hours after the last message. Start a new one."
            return Problem(404, "There is no such conversation", detail)
        case ConversationBusy():
            return BUSY
        case HTTPException():
            return _describe_http(failure)
    return Problem(
        500,
        "Something went wrong on our side",
        f"Please try again in a minute. {NO_COMPUTER}",
        key="problem_ours",
    )


def _describe_http(failure: HTTPException) -> Problem:
    headers = dict(failure.headers or {})
    if failure.status_code == 404:
        return Problem(
            404,
            "There is nothing at this address",
            "Check the address, or start at /.",
            headers=headers,
            key="problem_nowhere",
        )
    if failure.status_code == 405:
        allowed = headers.get("Allow", "another method")
        return Problem(405, "This method is not allowed here", f"Use {allowed}.", headers=headers)
    return Problem(
        failure.status_code, "The request was not understood", "Check the request.", headers=headers
    )


def answer_problem(request: Request, problem: Problem) -> Response:
    """Return the problem as a page to browsers on pages, and as a problem body to everybody else."""
    if wants_page(request):
        page: Response = request.app.state.pages.render_problem(request, problem)
        page.headers.update(problem.headers)
        return page
    return JSONResponse(
        problem.as_body(), problem.status, headers=dict(problem.headers), media_type=MEDIA_TYPE
    )


def wants_page(request: Request) -> bool:
    """Return whether a person with a browser asked, and not a program."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def is_script(request: Request) -> bool:
    """Return whether the chat page's own script asked, which shows what went wrong in the page itself."""
    return request.headers.get("x-fragment") == "lines"


def answer_failures(app: FastAPI) -> None:
    """Have every failure inside `app` answered by this module."""

    async def answer(request: Request, failure: Exception) -> Response:
        problem = describe(failure)
        # Programs are told in English; what our script is told it shows to the resident.
        return answer_problem(
            request, problem.in_words(choose_words(request)) if is_script(request) else problem
        )

    for kind in (BotError, ProblemError, HTTPException):
        app.add_exception_handler(kind, answer)


class CatchEverything:
    """Outermost guard: turns a failure that nobody expected into a problem page or body, and logs no word of it.

    Starlette's own last resort raises the failure again, and the server would then log its message, which may
    quote a resident.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and answer for failures, unless an answer was already under way."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def note_start(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception as failure:  # noqa: BLE001 - this is the last place that can answer
            log.error("a request failed", method=scope["method"], **describe_failure(failure))
            if not started:
                await _answer_at_last(Request(scope), describe(failure))(scope, receive, send)


def _answer_at_last(request: Request, problem: Problem) -> Response:
    """Return the page or the body, or the body alone if it is the pages themselves that fail."""
    try:
        return answer_problem(request, problem)
    except Exception as failure:  # noqa: BLE001 - somebody waits for an answer
        log.error("the page of a problem failed", **describe_failure(failure))
        return JSONResponse(problem.as_body(), problem.status, media_type=MEDIA_TYPE)
