"""The differentially private tables: a page with the ledger and the parameters, and each table as CSV and JSON."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from referral_directory.demand.models import PrivateTable
from referral_directory.demand.periods import parse_period
from referral_directory.demand.private_tables import THOUSAND, list_budgets, list_private_tables
from referral_directory.demand.releases import is_simulated
from referral_directory.errors import InvalidInput, NotFound
from referral_directory.web.context import get_directory
from referral_directory.web.statistics import make_labels
from referral_directory.web.statistics_downloads import ATTRIBUTION, LICENCE
from referral_directory.web.statistics_files import give_csv
from referral_directory.web.templating import render

router = APIRouter(tags=["statistics"])
COLUMNS = ("period", "area", "area_name", "need", "figure", "epsilon", "error_95_percent", "status")
PeriodName = Annotated[str, Path(pattern=r"^\d{4}-Q[1-4]$", description="A quarter, like 2026-Q4.")]


@router.get("/statistics/private", include_in_schema=False)
def show_private_tables(request: Request) -> HTMLResponse:
    """What was made, with which parameters, and what is left of each year's budget."""
    with get_directory(request).database.read() as session:
        tables, budgets = list_private_tables(session), list_budgets(session)
        simulated = is_simulated(session)
    page = render(
        "statistics/private.html",
        simulated=simulated,
        tables=[(parse_period(table.period), json.loads(table.content), table.digest) for table in tables],
        budgets=[(line.year, line.spent / THOUSAND, line.allowed / THOUSAND) for line in budgets],
    )
    return HTMLResponse(page)


@router.get("/api/statistics/private/{period}", response_class=Response)
def get_private_json(request: Request, period: PeriodName) -> Response:
    """A private table as it was frozen, with its parameters."""
    with get_directory(request).database.read() as session:
        return Response(_get_table(session, period).content, media_type="application/json")


@router.get("/statistics/private/{period}/figures.csv", include_in_schema=False)
def get_private_csv(request: Request, period: PeriodName) -> Response:
    """The same, one figure a line, with what has to be known of it in every line."""
    directory = get_directory(request)
    with directory.database.read() as session:
        content = json.loads(_get_table(session, period).content)
    name = f"signpost-leeds-private-{period}.csv"
    return give_csv(COLUMNS, _lines(content, period, make_labels(directory)), name, content["simulated"])


def _lines(content: dict[str, Any], period: str, labels: dict[str, str]) -> Iterator[dict[str, object]]:
    parameters = content["parameters"]
    known = (parameters["privacy_loss"]["epsilon"], parameters["error_95_percent"])
    status = "simulated" if content["simulated"] else "published"
    for area, line in zip(content["rows"], content["figures"], strict=True):
        for need, figure in zip(content["columns"], line, strict=True):
            values = (period, area, labels[area], need, figure, *known, status)
            yield dict(zip(COLUMNS, values, strict=True))


@router.get("/api/statistics/private")
def list_private_json(request: Request) -> dict[str, Any]:
    """Every private table and the ledger of the budget."""
    base = get_directory(request).public_url
    with get_directory(request).database.read() as session:
        tables, budgets = list_private_tables(session), list_budgets(session)
        simulated = is_simulated(session)
    return {
        "simulated": simulated,
        "licence": LICENCE,
        "attribution": ATTRIBUTION,
        "tables": [
            {
                "period": table.period,
                "epsilon": table.epsilon / THOUSAND,
                "sha256": table.digest,
                "json_url": f"{base}/api/statistics/private/{table.period}",
                "csv_url": f"{base}/statistics/private/{table.period}/figures.csv",
            }
            for table in tables
        ],
        "budgets": [
            {"year": line.year, "spent": line.spent / THOUSAND, "allowed": line.allowed / THOUSAND}
            for line in budgets
        ],
    }


def _get_table(session: Session, period: str) -> PrivateTable:
    try:
        table = session.get(PrivateTable, parse_period(period).name)
    except InvalidInput:
        table = None
    if table is None:
        raise NotFound("private table")
    return table
