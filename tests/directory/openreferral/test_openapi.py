"""The OpenAPI documents of the whole directory and of its feed: what they say is what happens."""

import warnings
from typing import Any

from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded

from tests.directory.factories import TestClient
from tests.directory.openreferral.records import BASE

with warnings.catch_warnings():
    # It imports the test client of Starlette, which asks for a successor of httpx (see factories).
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks as promises


# Some parameters are texts in the document that only our own rules can read (needs, places): a text that fits the
# document may be refused, with the 422 that the document promises too.
PROMISES = [
    not_a_server_error,
    promises.status_code_conformance,
    promises.content_type_conformance,
    promises.response_schema_conformance,
]
EXAMPLES = 6


def test_every_operation_does_what_the_document_says(starter_client: TestClient) -> None:
    schema: Any = schemathesis.openapi.from_asgi("/openapi.json", starter_client.app)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len([operation for operation in operations if operation.path.startswith(BASE)]) == 9
    for operation in operations:
        _try(operation)


def _try(operation: Any) -> None:
    @given(case=operation.as_strategy())
    @bounded(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Any) -> None:
        case.call_and_validate(checks=PROMISES)

    holds()
