"""The order of search results: one pure function, so that it can be read, argued about and tested.

A result is placed by a tier, and inside a tier by what is open, then by what is near. The bands are walking:
1.6 km is a mile or twenty minutes, 4 km is fifty minutes or a short bus ride, 8 km is across the city.

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

So a line for all of Leeds is never above an open service near by, and is among the first three when fewer
than three lie within 4 km. A service with an address that is also for all of Leeds gets the better of its two
tiers.

"Closed" includes usually closed; a service with an out-of-hours number is never closed. "Can be reached"
means that people can ring or walk in: what takes only online forms or referrals comes later. A service for
other areas than the resident's comes after all that serve theirs, and one for a particular group (refugees,
over 60s) after all that are for anybody. Where no distance tells services apart, the one whose main need is
asked for comes first.
"""

import re
from dataclasses import dataclass

from referral_directory.opening import Rank

NEAR_KM, BUS_KM, ACROSS_KM = 1.6, 4.0, 8.0
LAST_TIER = 9
SOMEWHAT, WELL = 0.3, 0.6

# How "who for" names a particular group: at its beginning, or anywhere by a word that leaves no doubt.
PARTICULAR = re.compile(
    r"^(?:older|young|women|men|children|students|veterans|aged 1[01])\b"
    r"|^(?:people|anyone) (?:aged )?(?:under [123]\d|(?:over )?[567]\d)"
    r"|asylum|refugee|gyps|traveller|sell sex|sex work|unpaid carer|domestic abuse|drinking|drug"
    r"|tenants only|customers|small business|over-?[567]0s",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the order depends on. distance_km is None without an address or without a place to
    measure from.
    """

    coverage: str
    distance_km: float | None
    has_point: bool
    rank: Rank
    serves_place: bool = True
    can_be_reached: bool = True
    out_of_hours: bool = False
    particular: bool = False
    need_position: int = 0
    speaks: bool = True
    relevance: float = 1.0


Order = tuple[bool, int, bool, int, bool, int, int, float]


def order_key(facts: Facts, has_place: bool) -> Order:
    """The key to sort by, least first.

    Area served, words, group, tier, language, main need (only without a distance), open, distance.
    """
    tier = tier_with_place(facts) if has_place else tier_without_place(facts)
    far = facts.distance_km
    return (
        not facts.serves_place,
        relevance_band(facts.relevance),
        facts.particular,
        tier,
        not facts.speaks,
        min(facts.need_position, 1) if far is None else 0,
        int(effective_rank(facts)),
        float("inf") if far is None else far,
    )


def effective_rank(facts: Facts) -> Rank:
    """How open a service is for ordering: an out-of-hours number answers whatever the opening times say."""
    return min(facts.rank, Rank.USUALLY_OPEN) if facts.out_of_hours else facts.rank


def tier_with_place(facts: Facts) -> int:
    """The tier in the first column of the table above."""
    closed = effective_rank(facts) >= Rank.USUALLY_CLOSED
    tiers = [LAST_TIER]
    if facts.distance_km is not None:
        if facts.distance_km <= BUS_KM:
            tiers.append(3 if closed else int(facts.distance_km > NEAR_KM))
        elif facts.distance_km <= ACROSS_KM:
            tiers.append(7 if closed else 5)
    if facts.coverage == "citywide":
        tiers.append(8 if not facts.can_be_reached else 4 if closed else 2)
    elif facts.coverage == "national":
        tiers.append(6 if facts.can_be_reached else 8)
    elif facts.coverage == "local" and not facts.has_point:
        tiers.append(6)
    return min(tiers)


def tier_without_place(facts: Facts) -> int:
    """The tier in the second column of the table above."""
    if facts.coverage == "citywide":
        return 0 if facts.can_be_reached or facts.has_point else 5
    if facts.coverage == "local":
        return 1 if facts.has_point else 3
    return 6 if facts.coverage == "national" else 8


def relevance_band(relevance: float) -> int:
    """Words matched, as a share of the best match: about as good (0), somewhat (1), barely (2)."""
    return 0 if relevance >= WELL else 1 if relevance >= SOMEWHAT else 2


def is_particular(who_for: str) -> bool:
    """Whether a service is for one group of people only, as its "who for" says."""
    return bool(PARTICULAR.search(who_for))
