"""What time it is. Everything that needs to know asks a `Clock`, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def build_clock(frozen: datetime | None) -> Clock:
    """Return a clock that gives aware datetimes: the real time, or always `frozen` if that is given.

    A `frozen` moment without a time zone is read as UTC.
    """
    if frozen is None:
        return lambda: datetime.now(UTC)
    moment = frozen if frozen.tzinfo else frozen.replace(tzinfo=UTC)
    return lambda: moment
