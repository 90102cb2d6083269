"""Whom services are for, and what else people need of them: read from the words of a record, and never hidden.

Records say in sentences whom a service is for. Ages and a few groups can be read from them; where a person has said
something that contradicts, the service is put last with the reason, because a sentence can be read wrongly and staff
can make exceptions. What is asked for as a filter (free, step-free, ways in) is only met by what a record says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from referral_directory.catalogue.starter import ACCESS, StarterRow

FITS, ASK, EXCLUDED = "fits", "ask", "excluded"
STATE_PENSION_AGE = 66.0  # from 6 April 2028 it rises to 67 by steps (Pensions Act 2014, section 26)
OLDER, ADULT = 55.0, 18.0

# Groups that a record can be for alone, in the order they are looked for, with how a card names them.
GROUPS = {
    "woman": (re.compile(r"^women\b(?!.*\b(?:other|anyone|and young)\b)", re.I), "women"),
    "man": (re.compile(r"^men\b", re.I), "men"),
    "refugee": (re.compile(r"asylum|refugee", re.I), "refugees and people seeking asylum"),
    "traveller": (re.compile(r"gyps|traveller", re.I), "Gypsies and Travellers"),
    "carer": (re.compile(r"^unpaid carer", re.I), "unpaid carers"),
    "self_employed": (
        re.compile(r"^self-employed|^small business", re.I),
        "self-employed people and small businesses",
    ),
    "private_renter": (re.compile(r"^private renters", re.I), "people who rent from a private landlord"),
    "social_tenant": (
        re.compile(r"^(?:council|housing association).*tenants|tenants only", re.I),
        "council and housing association tenants",
    ),
}
OPPOSITES = {
    "woman": "man",
    "man": "woman",
    "private_renter": "social_tenant",
    "social_tenant": "private_renter",
}

# Somebody else may ask too: then an age says nothing about the person who asks.
FOR_OTHERS_TOO = re.compile(
    r"\banyone worried|parents and carers|up to 25 for|no benefit needed|families", re.I
)
LEAST = re.compile(
    r"\b(?:aged )?(\d\d) (?:or over|and over|or older)|\bover (\d\d)\b|\bover-?(\d\d)s\b", re.I
)
MOST = re.compile(r"\bunder (\d\d)\b", re.I)
BETWEEN = re.compile(r"\baged (\d\d) to (\d\d)\b", re.I)
STEP_FREE = re.compile(
    r"step[- ]?free|wheelchair|level access|ramp|accessible entrance|fully accessible", re.I
)
NOT_STEP_FREE = re.compile(
    r"\b(?:no|not|without)\b[^.]*(?:step[- ]?free|wheelchair|level|ramp|accessible)", re.I
)


@dataclass(frozen=True, slots=True)
class Asker:
    """What somebody chose to say of themselves: an age in years, and codes of GROUPS."""

    age: int | None = None
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a service must have to be shown."""

    free: bool = False
    step_free: bool = False
    ways: frozenset[str] = frozenset()
    speaks: str = ""
    within_km: float | None = None
    open_only: bool = False


NOBODY, NO_FILTERS = Asker(), Filters()


@dataclass(frozen=True, slots=True)
class Fits:
    """Ages (NaN: no limit), groups, and what can be filtered by: an array each, one place a service."""

    least: np.ndarray
    most: np.ndarray
    group: np.ndarray
    free: np.ndarray
    step_free: np.ndarray
    ways: dict[str, np.ndarray]


def index_fits(rows: Sequence[StarterRow], ages: Sequence[tuple[float | None, float | None]]) -> Fits:
    """What can be known of these services; `ages` are those that records hold as figures."""
    names = ["", *GROUPS]
    limits = [
        (least, most) if (least, most) != (None, None) else read_ages(row.who_for)
        for row, (least, most) in zip(rows, ages, strict=True)
    ]
    return Fits(
        least=np.array([np.nan if least is None else least for least, _ in limits], dtype=np.float32),
        most=np.array([np.nan if most is None else most for _, most in limits], dtype=np.float32),
        group=np.array([names.index(read_group(row.who_for)) for row in rows], dtype=np.int8),
        free=np.array([row.cost.casefold().startswith("free") for row in rows], dtype=bool),
        step_free=np.array([is_step_free(row.accessibility) for row in rows], dtype=bool),
        ways={way: np.array([way in row.access for row in rows], dtype=bool) for way in ACCESS},
    )


def read_ages(who_for: str) -> tuple[float | None, float | None]:
    """The youngest age and the age below which a service ends, as its "who for" says; None where there is no limit."""
    if FOR_OTHERS_TOO.search(who_for):
        return None, None
    first = who_for.partition(".")[0]
    if found := BETWEEN.search(first):
        return float(found[1]), float(found[2]) + 1
    least = next((float(part) for found in LEAST.finditer(first) for part in found.groups() if part), None)
    most = next((float(found[1]) for found in MOST.finditer(first)), None)
    if least is None and most is None:
        if re.search(r"^(?:people )?over state pension age", first, re.I):
            return STATE_PENSION_AGE, None
        if re.match(r"older people", first, re.I):
            return OLDER, None
        if re.match(r"adults", first, re.I):
            return ADULT, None
    return least, most


def read_group(who_for: str) -> str:
    """The group that a service is for alone, a code of GROUPS; "" when there is none."""
    if re.match(r"(?:any|people in|people who|most)", who_for, re.I) and "asylum" not in who_for.lower():
        return ""
    return next((code for code, (pattern, _) in GROUPS.items() if pattern.search(who_for)), "")


def is_step_free(accessibility: str) -> bool:
    """Whether a record says that one can get in without steps."""
    return bool(STEP_FREE.search(accessibility)) and not NOT_STEP_FREE.search(accessibility)


def excluded_rows(fits: Fits, asker: Asker) -> np.ndarray:
    """Which services say that they are not for this person."""
    excluded = np.zeros(len(fits.least), dtype=bool)
    if asker.age is not None:
        # NaN compares as false, which is what no limit means.
        excluded |= (asker.age < fits.least) | (asker.age >= fits.most)
    codes = ["", *GROUPS]
    for said in asker.about:
        if said in OPPOSITES and OPPOSITES[said] not in asker.about:
            excluded |= fits.group == codes.index(OPPOSITES[said])
    return excluded


def explain_fit(fits: Fits, row: int, asker: Asker) -> dict[str, str] | None:
    """Whether one service is for this person and why, as a card says it; None if nothing was said."""
    if asker == NOBODY:
        return None
    least, most = float(fits.least[row]), float(fits.most[row])
    code = ["", *GROUPS][int(fits.group[row])]
    whom = _whom(least, most, GROUPS[code][1] if code else "")
    if not whom:
        return {"state": FITS, "text": "No age or group is named."}
    if bool(excluded_rows(fits, asker)[row]):
        return {"state": EXCLUDED, "text": f"It says that it is for {whom}. Ring if you are not sure."}
    sure_age = (np.isnan(least) and np.isnan(most)) or asker.age is not None
    if sure_age and (not code or code in asker.about):
        return {"state": FITS, "text": f"It is for {whom}, as you said you are."}
    return {"state": ASK, "text": f"It is for {whom}: ask if that means you."}


def _whom(least: float, most: float, group: str) -> str:
    """ "people aged 60 or over", "people under 25", "men"; "" for everybody."""
    age = ""
    if not np.isnan(least) and not np.isnan(most):
        age = f"aged {least:.0f} to {most - 1:.0f}"
    elif not np.isnan(least):
        age = f"aged {least:.0f} or over"
    elif not np.isnan(most):
        age = f"under {most:.0f}"
    if not age:
        return group
    return f"{group or 'people'} {age}"
