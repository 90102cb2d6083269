"""What our additions to Rasa's own behaviour promise."""

import jsonschema
import pytest
import structlog

from engine.checked_schemas import remember_checked_schemas
from engine.quiet_logs import keep_what_is_harmless, quieten_logs


def test_an_answer_that_breaks_the_schema_is_still_refused():
    remember_checked_schemas()
    remember_checked_schemas()
    schema = {"type": "object", "properties": {"events": {"type": "array"}}}
    jsonschema.validate({"events": []}, schema)
    for _ in range(2):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"events": "none"}, schema)


def test_a_schema_that_is_no_schema_is_still_refused_every_time():
    remember_checked_schemas()
    for _ in range(2):
        with pytest.raises(jsonschema.SchemaError):
            jsonschema.validate({}, {"type": "nonsense"})


def test_what_a_resident_wrote_never_reaches_the_log():
    event = {
        "event": "rest.message.received.failure",
        "level": "error",
        "text": "my name is Sam",
        "exception": [{"exc_type": "KeyError", "frames": [{"locals": {"text": "my name is Sam"}}]}],
    }
    kept = keep_what_is_harmless(None, "error", event)
    assert "Sam" not in str(kept)
    assert kept["exceptions"] == ["KeyError"]


def test_the_filter_stands_before_the_renderer_once():
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()])
    quieten_logs()
    quieten_logs()
    processors = structlog.get_config()["processors"]
    assert processors.index(keep_what_is_harmless) == 1
    assert len(processors) == 3
    structlog.reset_defaults()
