"""The report of the attacks on a release, published with it. One that succeeds stops the release.

The report is made of what the published figures show already, and of yes and no: it must not leak what they hide.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from referral_directory.demand.disclosure import BASE, FIRST_SHOWN, HIDDEN, NOISE, RECORD_KEYS, perturb
from referral_directory.demand.models import DemandCount
from referral_directory.demand.outcomes import REASONS, REFERRAL_ENDS, SAID
from referral_directory.demand.periods import Period
from referral_directory.demand.protection import Recovered, count_visible
from referral_directory.demand.tables import CITY, TOTAL, Frame, Sheet, Table

_BINS = 16
# Exceeded once in a million releases by keys that are as random as they should be: the chi-square distribution
# with 15 degrees of freedom.
CHI_SQUARE_LIMIT = 56.5
_FEWEST_KEYS = 10 * _BINS
_STANDARD_ERRORS = 5
_VARIANCE = sum(noise * noise for noise in NOISE) / RECORD_KEYS
_CONTACT = re.compile(r"\d{5,}|@|\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b|\d{3}\s\d{3}", re.IGNORECASE)


def check_release(
    session: Session,
    frame: Frame,
    period: Period,
    tables: Sequence[Table],
    recovered: Recovered,
    others: int,
) -> dict[str, Any]:
    """The report by check; `passed` is whether all of them passed."""
    figures = sum(table.figures.size for table in tables)
    visible = count_visible(tables)
    foreign = sum(count_foreign(sheet, frame) for sheet in tables)
    narrow = len(recovered.narrow) + len(recovered.cells)
    report: dict[str, Any] = {
        "recovery": {
            "hidden": sum(int((table.figures == HIDDEN).sum()) for table in tables),
            "exact": recovered.exact,
            "within_2": narrow,
            "passed": narrow == 0,
        },
        "differencing": {
            "releases_compared": others,
            "sums": len(recovered.system.sums),
            "differences": len(recovered.system.rests),
            "small_and_certain": len(recovered.rests),
            "passed": not recovered.rests,
        },
        "one_person": {"trials": figures * RECORD_KEYS * 2, "visible": visible, "passed": visible == 0},
        "noise": _check_noise(session, period, tables),
        "free_text": {"figures": figures, "foreign": foreign, "passed": foreign == 0},
    }
    return report | {"passed": all(check["passed"] for check in report.values())}


def count_foreign(sheet: Sheet, frame: Frame) -> int:
    """Values that are neither a code of ours nor a figure that the rule can make."""
    allowed = {
        "need": {*frame.needs, TOTAL},
        "area": {*frame.wards, *frame.committees, CITY, TOTAL},
        "reason": {*REASONS, TOTAL},
        "end": {*REFERRAL_ENDS, TOTAL},
        "said": {*SAID, TOTAL},
    }
    names = sum(code not in allowed[sheet.row_kind] for code in sheet.rows)
    names += sum(code not in allowed[sheet.column_kind] for code in sheet.columns)
    shown = sheet.figures[sheet.figures != HIDDEN]
    return names + int(((shown % BASE != 0) | (shown < FIRST_SHOWN)).sum())


def has_contact(text: str) -> bool:
    """Whether a text looks as if it held a telephone number, an address or a postcode."""
    return _CONTACT.search(text) is not None


def _check_noise(session: Session, period: Period, tables: Sequence[Table]) -> dict[str, Any]:
    """Keys of counter rows must look evenly spread, and the noise must average to nothing."""
    rows = session.execute(
        select(DemandCount.record_key_sum, func.count())
        .where(DemandCount.day.between(period.first, period.last))
        .group_by(DemandCount.record_key_sum)
    )
    counted = np.zeros(_BINS)
    for key, number in rows:
        counted[key * _BINS // RECORD_KEYS] += number
    enough = counted.sum() >= _FEWEST_KEYS
    expected = max(counted.sum() / _BINS, 1)
    chi_square = float(((counted - expected) ** 2 / expected).sum()) if enough else 0.0
    noise = _noise_of(tables)
    limit = _STANDARD_ERRORS * math.sqrt(_VARIANCE / max(noise.size, 1))
    centred = noise.size < 30 or abs(float(noise.mean())) <= limit
    even = chi_square <= CHI_SQUARE_LIMIT
    return {
        "keys": "evenly spread" if enough and even else "too few to tell" if even else "not evenly spread",
        "chi_square_limit": CHI_SQUARE_LIMIT,
        "mean": "within five standard errors of 0" if centred else "not 0",
        "passed": bool(even and centred),
    }


def _noise_of(tables: Sequence[Table]) -> np.ndarray:
    """The noise of all inner cells that somebody is in and that noise cannot take below zero."""
    found = []
    for table in tables:
        counts, keys = table.counts[:-1], table.keys[:-1]
        if len(table.columns) > 1:
            counts, keys = counts[:, :-1], keys[:, :-1]
        some = counts >= max(NOISE)
        found.append((perturb(counts, keys) - counts)[some])
    return np.concatenate(found)
