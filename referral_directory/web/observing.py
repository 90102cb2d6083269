"""What surrounds every request: headers, a size limit, one log line, counters, and the last net for errors.

Written as plain ASGI because it runs for every search. The log line has an allow-list of fields: method, the
route's template, status and milliseconds. Never a path, a query or a body: they can hold postcodes.
"""

import time
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from referral_directory.web.figures import make_status_metrics
from referral_directory.web.problems import DETAILS, is_for_residents, problem, problem_for

MOST_BODY = 64 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
# What residents see has "Exit this page", and the one script that makes it quicker (leaving.py).
WITH_EXIT = POLICY + b"; script-src 'self'"
Header = tuple[bytes, bytes]
CSP = b"content-security-policy"
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]

# What people see who are signed in or hold a link: kept by no cache, and read by no other site.
PRIVATE = ("/staff", "/provider", "/my-referral", "/self-referral")


@dataclass(frozen=True)
class Metrics:
    """Counters of this process. None of them tells needs or places: those are counted in the
    database alone.
    """

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    services: Gauge
    status: dict[str, Gauge]
    searches: Counter
    database_up: Gauge


def make_metrics() -> Metrics:
    """Metrics in a registry of their own, so that two apps in one process do not meet."""
    registry = CollectorRegistry()
    return Metrics(
        registry,
        Counter(
            "signpost_directory_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        ),
        Histogram(
            "signpost_directory_seconds",
            "Time to answer.",
            ["route"],
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=registry,
        ),
        Gauge("signpost_directory_services", "Public services in the index.", registry=registry),
        make_status_metrics(registry),
        Counter(
            "signpost_directory_searches", "Searches, by what came of them.", ["outcome"], registry=registry
        ),
        Gauge(
            "signpost_directory_database_up",
            "1 if the database could be read for these figures, else 0: then the others of the database are old.",
            registry=registry,
        ),
    )


class Observing:
    """ASGI middleware round the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics
        self.log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0
        is_head = scope["method"] == "HEAD"

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = list(message.get("headers", ()))
                message["headers"] = _with_ours(given, _headers_for(scope, _is_page(given)))
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        try:
            # HEAD is GET without the body, which FastAPI's routes do not know by themselves.
            inner = {**scope, "method": "GET"} if is_head else scope
            await self._answer(inner, receive, send_with_headers)
            scope["route"] = inner.get("route")
        except Exception as error:  # noqa: BLE001 - the last net: whatever falls through becomes a problem body
            # The exception's text and trace can hold what somebody sent, so only its kind is written down.
            self.log.error("failed", error=type(error).__name__, route=_route_of(scope))
            if status == 0:
                await problem_for(Request(scope), 500, DETAILS[500])(scope, receive, send_with_headers)
        finally:
            self._record(scope, status, time.perf_counter() - begun)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > MOST_BODY:
            await problem(413, DETAILS[413])(scope, receive, send)
            return
        received = 0

        async def receive_bounded() -> Message:
            # A body sent in chunks declares no length, so it is measured as it comes.
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BODY:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_bounded, send)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = _route_of(scope), scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        self.log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _route_of(scope: Scope) -> str:
    """The template of the route that answered ("/services/{identity}"), or "none"."""
    route: Any = scope.get("route")
    return getattr(route, "path", None) or "none"


def _with_ours(given: list[Header], ours: list[Header]) -> list[Header]:
    """Both, but for the policy of a page that has one of its own (autosaving.py)."""
    has_policy = any(name == CSP for name, _ in given)
    return given + [header for header in ours if not (has_policy and header[0] == CSP)]


def _is_page(headers: list[Header]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)


def _headers_for(scope: Scope, is_page: bool) -> list[Header]:
    policy = WITH_EXIT if is_page and is_for_residents(scope["path"]) else POLICY
    headers = [(CSP, policy), *SECURITY_HEADERS]
    if scope["path"].startswith(PRIVATE):
        return [*headers, (b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex, noarchive")]
    if scope["method"] in ("GET", "HEAD"):
        # Everything else that can be read here is public, and read without cookies.
        return [*headers, (b"access-control-allow-origin", b"*")]
    return headers
