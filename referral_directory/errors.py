"""Everything that this service raises by itself.

    SignpostError
    ├── InvalidInput        what somebody sent cannot be read; says which field and what is allowed
    ├── NotFound            a thing asked for by its identity does not exist, or is not public
    ├── NotAllowed          the caller did not prove that it may do this
    ├── NotSignedIn         a staff page was asked for without a session
    ├── NotPermitted        somebody is known, and may not do this; or a form was not sent from our own page
    ├── NotPossible         a referral's status does not allow what was asked
    ├── NotDelivered        a mail did not go out, and will be tried again
    ├── TooManyAttempts     signing in is slowed down for a while
    ├── BadKey              a secret is too short, or does not open what was sealed
    ├── NotReady            the service has started, and cannot answer yet
    ├── BadHours            opening hours that cannot be read
    ├── ReleaseRefused      statistics that may not be published, and why
    ├── BadFeed             somebody's feed, or a page of it, that cannot be read
    └── BadFile             a starter, guidance or place file that cannot be loaded

None of them knows HTTP: web/problems.py alone turns them into answers.
"""


class SignpostError(Exception):
    """The root of our own exceptions. Its text never holds anything personal."""


class InvalidInput(SignpostError):
    """Input that cannot be read. `field` is the parameter's name, `message` says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class NotFound(SignpostError):
    """No public thing of this kind ("service") has this identity."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no {kind} with this id.")
        self.kind = kind


class NotAllowed(SignpostError):
    """The service token is missing or wrong."""


class NotSignedIn(SignpostError):
    """A staff page was asked for without a live session."""


class NotPermitted(SignpostError):
    """Somebody is known and may not do this, or a form was not sent from our own page."""


class NotPossible(SignpostError):
    """The status of a referral does not allow this, or not to this actor."""


class NotDelivered(SignpostError):
    """A mail did not go out; the text says what kind of failure it was."""


class TooManyAttempts(SignpostError):
    """Signing in is slowed down; `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many attempts: wait a little, then try again.")
        self.seconds = seconds


class BadKey(SignpostError):
    """A secret is too short, or does not open what was sealed with another."""


class NotReady(SignpostError):
    """The database cannot be reached, or the index is not built yet."""


class BadHours(SignpostError):
    """Opening hours that are not in OpenStreetMap's syntax."""


class ReleaseRefused(SignpostError):
    """Statistics that are not published: the period is not over, overlaps, or an attack succeeded."""


class BadFeed(SignpostError):
    """A feed, or a page of it, that cannot be read: which address, and why."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class BadFile(SignpostError):
    """A data file that cannot be loaded: which file, which line (None: the whole file), and why."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        where = file if line is None else f"{file}, line {line}"
        super().__init__(f"{where}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason
