"""GET /healthz, /readyz and /metrics: for the process runner and whoever watches."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import PlainTextResponse, Response

from referral_directory.catalogue.index import refresh
from referral_directory.database import check_database
from referral_directory.web.context import get_directory
from referral_directory.web.figures import read_status, set_status_metrics
from referral_directory.web.shapes import Health

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=Health)
async def get_health() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Health)
def get_readiness(request: Request) -> dict[str, str]:
    """The database answers and the index is built; 503 until then."""
    directory = get_directory(request)
    check_database(directory.database)
    directory.metrics.services.set(len(refresh(directory.catalogue).entries))
    return {"status": "ok"}


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(request: Request) -> Response:
    """Counters for Prometheus, and the state of queues and records."""
    directory = get_directory(request)
    try:
        with directory.database.read() as session:
            set_status_metrics(directory.metrics.status, read_status(session, directory.clock()))
        directory.metrics.database_up.set(1)
    except SQLAlchemyError:
        # With the database away the counters are still worth having, and this one rings.
        directory.metrics.database_up.set(0)
    return Response(generate_latest(get_directory(request).metrics.registry), media_type=CONTENT_TYPE_LATEST)
