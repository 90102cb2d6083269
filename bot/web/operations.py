"""What operators ask of the process: is it alive, can it work, how is it doing."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from bot.metrics import STORES
from bot.turn import FrontDesk
from bot.web.chat_api import get_desk
from bot.web.problems import Problem, answer_problem

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Is the process alive")
async def get_health() -> dict[str, str]:
    """Answer as long as the process can answer at all."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Can residents be helped",
    responses={
        200: {"description": "Rasa and the directory answer."},
        503: {"description": "One of them does not.", "content": {"application/problem+json": {}}},
    },
)
async def get_readiness(request: Request) -> Response:
    """Answer 200 if Rasa and the directory can be reached, or else a 503 problem that names which cannot."""
    desk = get_desk(request)
    rasa, directory = await _ask_neighbours(desk)
    checks: dict[str, Any] = {"rasa": "ok" if rasa else "down", "directory": "ok" if directory else "down"}
    if rasa and directory:
        return JSONResponse({"status": "ready", "checks": checks})
    down = " and ".join(name for name, state in checks.items() if state == "down")
    detail = f"Cannot reach: {down}. Residents get phone numbers instead of answers."
    return answer_problem(request, Problem(503, "Not ready", detail, more={"checks": checks}))


@router.get("/queue", summary="How many messages wait for an answer")
async def get_queue(request: Request) -> dict[str, int]:
    """Return how many messages wait, so that a page can say so to somebody whose message is one of them."""
    return {"waiting": get_desk(request).admission.waiting}


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def get_metrics(request: Request) -> Response:
    """Return counters and histograms; none says anything about what residents need."""
    desk = get_desk(request)
    desk.metrics.workers_away.set(desk.rasa.count_away())
    ready, away = await asyncio.gather(_ask_neighbours(desk), desk.rasa.list_stores_away())
    desk.metrics.ready.set(all(ready))
    for store in STORES:
        desk.metrics.stores_away.labels(store).set(store in away)
    return Response(desk.metrics.export(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _ask_neighbours(desk: FrontDesk) -> tuple[bool, bool]:
    """Return whether Rasa and whether the directory can be reached."""
    return await asyncio.gather(desk.rasa.is_ready(), desk.directory.is_ready())
