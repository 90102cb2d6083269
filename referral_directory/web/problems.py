"""Errors as answers: the one place where our exceptions meet HTTP (RFC 9457 problem details)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from referral_directory.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotPermitted,
    NotPossible,
    NotReady,
    NotSignedIn,
    SignpostError,
    TooManyAttempts,
)
from referral_directory.web.templating import render

STATUS = {
    InvalidInput: 422,
    NotFound: 404,
    NotAllowed: 401,
    NotSignedIn: 401,
    NotPermitted: 403,
    NotPossible: 409,
    TooManyAttempts: 429,
    NotReady: 503,
}
DETAILS = {
    400: "The request could not be read.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request is too large: send at most 64 kB.",
    415: "Send JSON, with the content type application/json.",
    500: "Something went wrong here. It has been noted; try again in a minute.",
    503: "The directory is starting or its database is away. Try again in a minute.",
}
MEDIA_TYPE = "application/problem+json"
# Every other page is one that residents see, and has "Exit this page".
NOT_FOR_RESIDENTS = ("/staff", "/provider", "/keep")


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of this app a problem body, or a page for a browser."""
    app.add_exception_handler(SignpostError, _answer_own)
    # Starlette's type for handlers knows only the root of exceptions.
    app.add_exception_handler(RequestValidationError, _answer_validation)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _answer_http)  # type: ignore[arg-type]


def problem(
    status: int,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem body."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": list(errors)}
    return Response(json.dumps(body, ensure_ascii=False), status, dict(headers or {}), MEDIA_TYPE)


def problem_for(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as the asker reads it best: a page in a browser, a problem body everywhere else."""
    path = request.scope.get("path", "")
    wants_page = "text/html" in request.headers.get("accept", "") and not path.startswith(
        ("/api", "/openreferral")
    )
    if not wants_page:
        return problem(status, detail, errors, headers)
    page = render(
        "problem.html",
        title=HTTPStatus(status).phrase,
        detail=detail,
        errors=errors,
        for_residents=is_for_residents(path),
    )
    return HTMLResponse(page, status, dict(headers or {}))


def is_for_residents(path: str) -> bool:
    """Whether a page at this address is one that residents see."""
    return not path.startswith(NOT_FOR_RESIDENTS)


async def _answer_own(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if status == 503:
        headers["retry-after"] = "5"
    if isinstance(error, InvalidInput):
        errors = [{"field": error.field, "message": error.message}]
        return problem_for(request, status, f"{error.field}: {error.message}", errors)
    detail = DETAILS[500] if status == 500 else str(error) or DETAILS[status]
    return problem_for(request, status, detail, headers=headers)


async def _answer_validation(request: Request, error: RequestValidationError) -> Response:
    if any(fault["type"] == "json_invalid" for fault in error.errors()):
        return problem_for(
            request, 400, "The body is not JSON.", [{"field": "body", "message": "Send JSON."}]
        )
    errors = [_describe(fault) for fault in error.errors()]
    fields = ", ".join(dict.fromkeys(fault["field"] for fault in errors))
    return problem_for(request, 422, f"Some of what was sent cannot be used: {fields}.", errors)


async def _answer_http(request: Request, error: HTTPException) -> Response:
    detail = DETAILS.get(error.status_code, HTTPStatus(error.status_code).phrase)
    return problem_for(request, error.status_code, detail, headers=error.headers)


def _describe(fault: Mapping[str, Any]) -> dict[str, str]:
    """A fault without the value that caused it, because the value can be personal."""
    where = [str(part) for part in fault["loc"] if part not in ("query", "path", "body", "header")]
    return {"field": ".".join(where) or "body", "message": str(fault["msg"])}
