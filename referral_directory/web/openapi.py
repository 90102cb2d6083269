"""The OpenAPI document, made true: every refusal is a problem body, and is said to be one."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from referral_directory.web.problems import MEDIA_TYPE
from referral_directory.web.shapes import Problem

REFUSALS = {
    "400": "The body is not JSON.",
    "401": "The service token is missing or wrong.",
    "404": "There is no such thing.",
    "413": "The request is too large.",
    "422": "A parameter or field cannot be used; `errors` names it.",
    "429": "Too many at once: try again in a minute.",
    "500": "Something went wrong in the directory.",
    "503": "The directory cannot answer yet.",
}
# What bot and actions use, with the service token.
WITH_TOKEN = ("/api/enquiries", "/api/feedback", "/api/handovers", "/api/self-referrals")


def add_openapi(app: FastAPI) -> None:
    """Serve a document in which FastAPI's own error shapes are replaced by ours."""

    def make_document() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            app.openapi_schema = _with_problems(document)
        return app.openapi_schema

    app.openapi = make_document  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    schemas["Problem"] = shape
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status in _refusals(path, method, operation):
                operation["responses"][status] = {"description": REFUSALS[status], "content": content}
    return document


def _refusals(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    statuses = ["413", "500"]
    if operation.get("parameters") or operation.get("requestBody"):
        statuses.append("422")
    if "{" in path:
        statuses.append("404")
    if method == "post":
        statuses.append("400")
    if path.startswith(WITH_TOKEN):
        statuses += ["401", "429"]
    if path.startswith(("/api/services", "/openreferral/v3/")) or path == "/readyz":
        statuses.append("503")
    return statuses
