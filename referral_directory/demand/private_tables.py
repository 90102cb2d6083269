"""A differentially private table beside the releases: enquiries by need and community committee in a quarter.

Noise is OpenDP's discrete Laplace, drawn once and frozen. Every table is charged to the budget of its year
before any noise is drawn, in the transaction that keeps it; when a year's budget is spent, nothing more can be
made for that year. Budgets of different years add up no further, because no enquiry is in two of them.

OpenDP calls this part of its library `contrib`: written and reviewed, its proofs not all vetted.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from referral_directory.database import insert_into
from referral_directory.demand.disclosure import Figures
from referral_directory.demand.models import PrivacyBudget, PrivateTable
from referral_directory.demand.outcomes import ENQUIRY_OUTCOMES
from referral_directory.demand.periods import QUARTER, Period
from referral_directory.demand.releases import is_simulated
from referral_directory.demand.tables import UNKNOWN_AREA, Cell, Frame, read_cells
from referral_directory.errors import InvalidInput, ReleaseRefused

# Who is protected: any three enquiries, which is a conversation about three needs. Nobody has an account, so
# somebody who asks more often is protected less (epsilon grows in proportion).
ENQUIRIES_PROTECTED = 3
# One table a quarter at 1.0. Published deployments with a day or a conversation as unit are at 0.2 to 2.6.
BUDGET_A_YEAR = 4.0
DEFAULT_EPSILON = 1.0
LEAST_EPSILON = 0.1
THOUSAND = 1000
WHAT_IS_NOT_PROMISED = (
    "The promise holds for this table by itself. The releases about the same quarter follow another rule: whoever "
    "has both learns from both, though never anything for certain, because this noise has no limit. A person who "
    "asks in several conversations is protected less."
)


def make_private_table(
    session: Session, frame: Frame, period: Period, now: datetime, epsilon: float = DEFAULT_EPSILON
) -> PrivateTable:
    """The private table of a quarter that is over: drawn, charged and frozen now, or the one made before.

    Raises InvalidInput for another kind of period or an epsilon that cannot be charged, and ReleaseRefused if
    the quarter is not over or its year's budget does not cover it.
    """
    found = session.get(PrivateTable, period.name)
    if found is not None:
        return found
    if period.kind != QUARTER:
        raise InvalidInput("period", "Private tables are made for quarters, like 2026-Q4.")
    thousandths = _read_epsilon(epsilon)
    if now.date() <= period.last:
        raise ReleaseRefused(f"{period.name} is not over: it can be made from the day after {period.last}.")
    cells = read_cells(session, period, frame)
    if not cells:
        raise ReleaseRefused(f"Nothing had been counted when {period.name} ended.")
    _charge(session, period.year, thousandths)
    content = _write_content(session, frame, period, epsilon, _add_up(cells, frame))
    row = PrivateTable(
        period=period.name,
        year=period.year,
        epsilon=thousandths,
        made_at=now,
        content=content,
        digest=hashlib.sha256(content.encode()).hexdigest(),
    )
    session.add(row)
    session.flush()
    return row


def list_private_tables(session: Session) -> list[PrivateTable]:
    """Every private table, the latest first."""
    return list(session.scalars(select(PrivateTable).order_by(PrivateTable.period.desc())))


def list_budgets(session: Session) -> list[PrivacyBudget]:
    """The ledger: one line a year, the latest first."""
    return list(session.scalars(select(PrivacyBudget).order_by(PrivacyBudget.year.desc())))


def error_within(epsilon: float, share: float) -> int:
    """How far from the truth a figure is at most, in that share of cases (two-sided geometric noise)."""
    ratio = math.exp(-epsilon / ENQUIRIES_PROTECTED)
    # P(|noise| > t) = 2 * ratio^(t+1) / (1 + ratio)
    return max(0, math.ceil(math.log((1 - share) * (1 + ratio) / 2) / math.log(ratio)) - 1)


def draw_noise(counts: Sequence[int], epsilon: float) -> list[int]:
    """Counts with discrete Laplace noise for `epsilon` and any three enquiries; never twice the same."""
    # Loading OpenDP takes seconds, and no other part needs it.
    import opendp.prelude as dp

    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    measurement = dp.m.make_laplace(*space, scale=ENQUIRIES_PROTECTED / epsilon)
    promised = float(measurement.map(ENQUIRIES_PROTECTED))  # type: ignore[no-untyped-call,unused-ignore]
    # OpenDP rounds its own account up by the last digit of a floating-point number.
    if promised > epsilon * (1 + 1e-9):
        raise ReleaseRefused(f"The noise would cost {promised}, which is more than {epsilon}.")
    return [int(figure) for figure in measurement(list(counts))]


def _read_epsilon(epsilon: float) -> int:
    """In thousandths, which is how the ledger adds up without rounding. Raises InvalidInput."""
    # Not a number is in no range either.
    in_range = LEAST_EPSILON <= epsilon <= BUDGET_A_YEAR
    thousandths = round(epsilon * THOUSAND) if in_range else 0
    if not in_range or not math.isclose(thousandths, epsilon * THOUSAND):
        raise InvalidInput("epsilon", f"Use {LEAST_EPSILON} to {BUDGET_A_YEAR}, with at most three decimals.")
    return thousandths


def _charge(session: Session, year: int, thousandths: int) -> None:
    """Write the charge into the ledger, in one statement that cannot take more than is left."""
    allowed = round(BUDGET_A_YEAR * THOUSAND)
    session.execute(
        insert_into(session, PrivacyBudget)
        .values(year=year, allowed=allowed, spent=0)
        .on_conflict_do_nothing(index_elements=["year"])
    )
    charged = session.execute(
        update(PrivacyBudget)
        .where(PrivacyBudget.year == year, PrivacyBudget.spent + thousandths <= PrivacyBudget.allowed)
        .values(spent=PrivacyBudget.spent + thousandths)
        .returning(PrivacyBudget.spent)
    ).first()
    if charged is None:
        raise ReleaseRefused(f"The privacy budget of {year} does not cover this: nothing was made.")


def _add_up(cells: Sequence[Cell], frame: Frame) -> Figures:
    areas = {**frame.committee_of, UNKNOWN_AREA: UNKNOWN_AREA}
    counts = np.zeros((len(frame.committees), len(frame.needs)), dtype=np.int64)
    for cell in cells:
        if cell.outcome in ENQUIRY_OUTCOMES:
            row, column = frame.committees.index(areas[cell.ward]), frame.needs.index(cell.need)
            counts[row, column] += cell.count
    return counts


def _write_content(session: Session, frame: Frame, period: Period, epsilon: float, counts: Figures) -> str:
    noisy = np.array(draw_noise(counts.ravel().tolist(), epsilon)).reshape(counts.shape)
    content: dict[str, Any] = {
        "simulated": is_simulated(session),
        "period": period.name,
        "first_day": period.first.isoformat(),
        "last_day": period.last.isoformat(),
        "rows": frame.committees,
        "columns": frame.needs,
        "figures": noisy.tolist(),
        "parameters": parameters_of(epsilon, period.first, period.last),
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parameters_of(epsilon: float, first: date, last: date) -> dict[str, Any]:
    """What has to be known of a private table, in the terms of the OpenDP deployments registry."""
    return {
        "definition": "pure differential privacy",
        "privacy_loss": {"epsilon": epsilon, "delta": 0},
        "privacy_unit": f"any {ENQUIRIES_PROTECTED} enquiries from {first} to {last}",
        "model": "central: noise is added when the table is made",
        "mechanism": "discrete Laplace",
        "scale": ENQUIRIES_PROTECTED / epsilon,
        "sensitivity": {"norm": "L1", "value": ENQUIRIES_PROTECTED},
        "error_95_percent": error_within(epsilon, 0.95),
        "error_99_percent": error_within(epsilon, 0.99),
        "budget_a_year": BUDGET_A_YEAR,
        "implementation": f"opendp {version('opendp')}, feature contrib",
        "post_processing": "none: figures can be below zero, and there are no totals",
        "not_promised": WHAT_IS_NOT_PROMISED,
    }
