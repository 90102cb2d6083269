"""Everything that this service raises by itself.

    SignpostError
    ├── InvalidInput        what somebody sent cannot be read; says which field and what is allowed
    ├── NotFound            a thing asked for by its identity does not exist, or is not public
    ├── NotAllowed          the caller did not prove that it may do this
    ├── NotReady            the service has started, and cannot answer yet
    ├── BadHours            opening hours that cannot be read
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


class NotReady(SignpostError):
    """The database cannot be reached, or the index is not built yet."""


class BadHours(SignpostError):
    """Opening hours that are not in OpenStreetMap's syntax."""


class BadFile(SignpostError):
    """A data file that cannot be loaded: which file, which line (None: the whole file), and why."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        where = file if line is None else f"{file}, line {line}"
        super().__init__(f"{where}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason
