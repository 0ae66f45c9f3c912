"""What is down right now, in numbers."""

from server.fields.parser import Schema
from server.openapi.operations import LIST_ERRORS, Operation, operation, queried, shown
from server.openapi.schemas import AWAY, IDENTIFIER, page_of_one, shape
from server.resources.smtp_monitor_states import STATES
from server.resources.summaries import FILTERS

TAG = "Summary"
_COUNT: Schema = {"type": "integer", "minimum": 0}
_STATES = shape(dict.fromkeys(STATES, _COUNT))
_CUSTOMER = shape(
    {
        "organizationId": IDENTIFIER,
        "customerId": IDENTIFIER,
        "customerName": {"type": "string"},
        "total": _COUNT,
        "states": _STATES,
    }
)
SCHEMAS: dict[str, Schema] = {
    "Summary": shape(
        {
            "total": _COUNT,
            "states": _STATES,
            "openIncidents": _COUNT,
            "customers": page_of_one(_CUSTOMER),
            **AWAY,
        },
        optional=AWAY,
    )
}
_SEEN = dict.fromkeys(STATES, 0) | {"down": 1, "up": 41}
_ONE = {"organizationId": 1, "customerId": 10, "customerName": "Example customer", "total": 42, "states": _SEEN}
_EXAMPLE = {
    "total": 42,
    "states": _SEEN,
    "openIncidents": 1,
    "customers": {"items": [_ONE], "total": 1, "page": 1, "perPage": 50},
}
PATHS: dict[str, dict[str, Operation]] = {
    "/api/summary": {
        "get": operation(
            "getSummary",
            TAG,
            "How many monitors are in each state",
            {
                200: shown(
                    "Of all, and of the customers on the page, those with most outages first.", "Summary", seen=_EXAMPLE
                )
            },
            errors=LIST_ERRORS,
            parameters=queried(FILTERS, customerId="Of this customer only."),
        )
    }
}
