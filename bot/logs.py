"""Logging that cannot leak: only fields on a list are written, and never the text of anybody's message."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# A field that is not listed is dropped. None of these can hold words of a resident: they are names chosen by
# the programmer, numbers, or names of classes and source lines.
ALLOWED_FIELDS = frozenset(
    {
        "event", "level", "timestamp", "logger", "kind", "service", "step", "status", "seconds", "channel",
        "method", "route", "count", "host", "port", "exception", "where",
    }
)  # fmt: skip

# These libraries write addresses (which may hold a postcode, or Telegram's token) or whole requests.
TALKATIVE = ("httpx", "httpcore", "uvicorn.access", "asyncio", "hpack", "telegram")


def keep_allowed_fields(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on `ALLOWED_FIELDS` (a structlog processor)."""
    return {name: value for name, value in fields.items() if name in ALLOWED_FIELDS}


def describe_failure(failure: BaseException) -> dict[str, str]:
    """Return the class of `failure` and the source line it came from, without its message.

    The message of an exception may quote what a resident wrote; the class and the line cannot.
    """
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        "unknown" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
    )
    return {"exception": type(failure).__name__, "where": where}


class ForeignFormatter(logging.Formatter):
    """Writes a library's log record without its message, which might quote a resident."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of fields; the text is kept only for uvicorn's own life-cycle notes."""
        fields: dict[str, Any] = {"logger": record.name, "level": record.levelname.lower()}
        if record.exc_info and record.exc_info[1] is not None:
            fields |= describe_failure(record.exc_info[1])
        lifecycle = record.name == "uvicorn.error" and not record.exc_info
        fields["event"] = record.getMessage() if lifecycle else "a library reported something"
        return str(structlog.processors.LogfmtRenderer(key_order=["level", "event"])(None, "", fields))


def start_logging(level: str) -> None:
    """Send our own records and those of libraries to standard error, one line each, at `level` or above."""
    severity = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ForeignFormatter())
    logging.basicConfig(level=severity, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed_fields,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
