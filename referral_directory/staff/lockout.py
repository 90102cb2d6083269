"""How failed sign-ins slow the next ones down: the pure rule.

Two counts: of an account from one coarse network, and of an account from anywhere. Nothing is counted for a
network alone, so that a library full of people behind one address is never locked out by one of them. The count
for an account from anywhere delays by half a minute at most and leaves out networks that the account signed in
from within a day: an attacker elsewhere can neither guess quickly nor keep the person out.

An attempt that is refused for being early changes nothing: waiting always ends.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """So many failures are free; then the wait is one second and doubles, up to `longest` seconds."""

    free: int
    longest: int


FROM_ONE_NETWORK = Rule(free=4, longest=900)
FROM_ANYWHERE = Rule(free=20, longest=30)
# Six digits are few: whoever holds the password and guesses codes waits long wherever they are.
SECOND_STEP = Rule(free=4, longest=900)


@dataclass(frozen=True, slots=True)
class Failures:
    """What is remembered under one hash."""

    count: int
    last_at: datetime
    trusted: bool = False


def wait_after(count: int, rule: Rule) -> timedelta:
    """How long the next attempt must wait after the `count`-th failure."""
    over = count - rule.free
    if over < 0:
        return timedelta(0)
    # Doubling is cut before it is computed: a count can be large.
    return timedelta(seconds=min(rule.longest, 2 ** min(over, 20)))


def seconds_left(failures: Failures | None, rule: Rule, now: datetime) -> int:
    """Whole seconds until the next attempt is looked at; 0 if it is now."""
    if failures is None or is_forgotten(failures, now):
        return 0
    left = failures.last_at + wait_after(failures.count, rule) - now
    return max(0, -(-left // timedelta(seconds=1)))


def after_failure(failures: Failures | None, now: datetime) -> Failures:
    """What is remembered after one more failure."""
    if failures is None or is_forgotten(failures, now):
        return Failures(1, now)
    return Failures(failures.count + 1, now, failures.trusted)


def after_success(failures: Failures | None, now: datetime) -> Failures:
    """What is remembered of an account and a network that it signed in from."""
    return Failures(0, now, trusted=True)


def is_forgotten(failures: Failures, now: datetime) -> bool:
    """Whether a day has passed since the last failure."""
    return now - failures.last_at >= FORGOTTEN_AFTER


def coarse_network(address: str) -> str:
    """The /24 (IPv6: /48) that an address belongs to; "unknown" for what is no address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    bits = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))
