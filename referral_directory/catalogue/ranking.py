"""The order of search results, in arrays: one number a service, least first, so that it can be read, argued about
and tested.

Asked without words, a result is placed by a tier, and inside a tier by what is open, then by what is near. The bands
are walking: 1.6 km is a mile or twenty minutes, 4 km is fifty minutes or a short bus ride, 8 km is across the city.

    tier  with a place                                      without a place
    0     at most 1.6 km away, not closed                   for all of Leeds, can be reached
    1     at most 4 km away, not closed                     has an address in Leeds
    2     for all of Leeds, can be reached, not closed
    3     at most 4 km away, closed now                     local, address not known
    4     for all of Leeds, can be reached, closed now
    5     at most 8 km away, not closed                     for all of Leeds, only by referral
    6     national, can be reached; local, address not known    national
    7     at most 8 km away, closed now
    8     national or for all of Leeds, only by referral    online only
    9     online only; further than 8 km

So a line for all of Leeds is never above an open service near by, and is among the first three when fewer than three
lie within 4 km. A service with an address that is also for all of Leeds gets the better of its two tiers.

"Closed" includes usually closed and full; a service with an out-of-hours number is never closed. "Can be reached"
means that people can ring or walk in: what takes only online forms or referrals comes later. A service for other areas
than the resident's comes after all that serve theirs, and one for a particular group (refugees, over 60s) after all
that are for anybody. Where no distance tells services apart, the one whose main need is asked for comes first.

Asked with words, how well they match comes first, worth less with distance and when closed (see `worth`): somebody who
types a name wants that service, wherever it is and whatever the hour.
"""

import re
from dataclasses import dataclass

import numpy as np

from referral_directory.opening import Rank

NEAR_KM, BUS_KM, ACROSS_KM = 1.6, 4.0, 8.0
LAST_TIER = 9
LOCAL, CITYWIDE, NATIONAL, ONLINE = range(4)
COVERAGES = {"local": LOCAL, "citywide": CITYWIDE, "national": NATIONAL, "online": ONLINE}

# The tiers of the table, with a place: by band of distance and closed, and by coverage, can be reached, and closed.
BANDS_KM = (NEAR_KM, BUS_KM, ACROSS_KM)
BY_DISTANCE = np.array([[0, 3], [1, 3], [5, 7], [LAST_TIER, LAST_TIER]], dtype=np.int64)
BY_COVERAGE = np.array(
    [[[9, 9], [9, 9]], [[8, 8], [2, 4]], [[8, 8], [6, 6]], [[9, 9], [9, 9]]],
    dtype=np.int64,
)
# Without a place: by coverage, can be reached or has an address, and has an address.
WITHOUT_PLACE = np.array(
    [[[3, 3], [3, 1]], [[5, 5], [0, 0]], [[6, 6], [6, 6]], [[8, 8], [8, 8]]],
    dtype=np.int64,
)

# Of a match in words: how much of its worth does not depend on where it is, at which distance half of the rest is gone,
# and what stands for the distance of services without an address here, by coverage.
ANYWHERE, HALF_KM = 0.3, 3.0
STANDS_FOR_KM = (5.0, 3.0, 4.5, 8.0)
# What a match is worth by how open it is, from open to closed: enough to put equals in order, and no more.
BY_RANK = np.array([1.0, 0.98, 0.96, 0.92, 0.9], dtype=np.float32)
FOR_OTHERS, SPEAKS = 0.9, 1.15

# How "who for" names a particular group: at its beginning, or anywhere by a word that leaves no doubt.
PARTICULAR = re.compile(
    r"^(?:older|young|women|men|children|students|veterans|aged 1[01])\b"
    r"|^(?:people|anyone) (?:aged )?(?:under [123]\d|(?:over )?[567]\d)"
    r"|asylum|refugee|gyps|traveller|sell sex|sex work|unpaid carer|domestic abuse|drinking|drug"
    r"|tenants only|customers|small business|over-?[567]0s",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Facts:
    """What the order depends on, an array each, one place a service. Kilometres can be NaN."""

    coverage: np.ndarray
    distance_km: np.ndarray
    has_point: np.ndarray
    rank: np.ndarray
    serves_place: np.ndarray
    can_be_reached: np.ndarray
    out_of_hours: np.ndarray
    particular: np.ndarray
    need_position: np.ndarray
    speaks: np.ndarray


def order_keys(facts: Facts, has_place: bool) -> np.ndarray:
    """The numbers to sort by, least first, when nothing is asked in words.

    Area served, group, tier, language, main need (only without a distance), open, distance.
    """
    tier = tier_with_place(facts) if has_place else tier_without_place(facts)
    nowhere = np.isnan(facts.distance_km)
    keys = (~facts.serves_place).astype(np.int64)
    for part, size in (
        (facts.particular, 2),
        (tier, 16),
        (~facts.speaks, 2),
        (np.where(nowhere, np.minimum(facts.need_position, 1), 0), 2),
        (effective_rank(facts), 8),
    ):
        keys = keys * size + part
    metres = np.where(nowhere, 1_000_000, np.minimum(np.nan_to_num(facts.distance_km) * 1000, 999_999))
    return np.asarray(keys * 1_000_001 + metres.astype(np.int64))


def worth(facts: Facts, relevance: np.ndarray, has_place: bool) -> np.ndarray:
    """What each match in words is worth, given how well it matches (0 to 1): more is better.

    Half of what depends on the place is gone at HALF_KM. A service for other areas comes last all the same.
    """
    value = relevance * BY_RANK[effective_rank(facts)]
    value *= np.where(facts.particular, FOR_OTHERS, 1.0) * np.where(facts.speaks, 1.0, 1 / SPEAKS)
    if has_place:
        stands_for = np.array(STANDS_FOR_KM, dtype=np.float32)[facts.coverage]
        stands_for = stands_for + np.where(facts.can_be_reached, 0.0, 1.5)
        km = np.where(np.isnan(facts.distance_km), stands_for, facts.distance_km)
        # What is for the whole city or country is not further away than a telephone.
        km = np.where(facts.coverage == LOCAL, km, np.minimum(km, stands_for))
        value *= ANYWHERE + (1 - ANYWHERE) / (1 + (km / HALF_KM) ** 2)
    return np.asarray(np.where(facts.serves_place, value, value / 100), dtype=np.float32)


def effective_rank(facts: Facts) -> np.ndarray:
    """How open services are for ordering: an out-of-hours number answers whatever the opening times say."""
    return np.asarray(np.where(facts.out_of_hours, np.minimum(facts.rank, Rank.USUALLY_OPEN), facts.rank))


def tier_with_place(facts: Facts) -> np.ndarray:
    """The tiers in the first column of the table above."""
    closed = (effective_rank(facts) >= Rank.USUALLY_CLOSED).astype(np.int8)
    # NaN sorts after every number, so what has no distance falls in the last band.
    by_distance = BY_DISTANCE[np.searchsorted(BANDS_KM, facts.distance_km), closed]
    by_coverage = BY_COVERAGE[facts.coverage, facts.can_be_reached.astype(np.int8), closed]
    nowhere = (facts.coverage == LOCAL) & ~facts.has_point
    return np.asarray(np.minimum(by_distance, np.where(nowhere, 6, by_coverage)))


def tier_without_place(facts: Facts) -> np.ndarray:
    """The tiers in the second column of the table above."""
    reached = (facts.can_be_reached | facts.has_point).astype(np.int8)
    return np.asarray(WITHOUT_PLACE[facts.coverage, reached, facts.has_point.astype(np.int8)])


def is_particular(who_for: str) -> bool:
    """Whether a service is for one group of people only, as its "who for" says."""
    return bool(PARTICULAR.search(who_for))
