"""How fast several monitors have answered lately, hour by hour."""

from server.fields.parser import Schema
from server.openapi.operations import LIST_ERRORS, Operation, operation, queried, shown
from server.openapi.schemas import AWAY, TIMESTAMP, UUID, shape
from server.resources.response_times import DEFAULT_HOURS, FILTERS

TAG = "Response times"
_TIMES: Schema = {
    "type": "array",
    "items": {"type": ["number", "null"], "minimum": 0},
    "description": "The mean in milliseconds of checks that succeeded, an hour each, the oldest first.",
}
_ITEM = shape({"publicId": UUID, "responseTimes": _TIMES})
SCHEMAS: dict[str, Schema] = {
    "ResponseTimes": shape({"since": TIMESTAMP, "items": {"type": "array", "items": _ITEM}, **AWAY}, optional=AWAY)
}
_EXAMPLE = {
    "since": "2026-01-01T11:00:00.000Z",
    "items": [{"publicId": "33333333-3333-4333-8333-333333333333", "responseTimes": [41.8, None]}],
}
PATHS: dict[str, dict[str, Operation]] = {
    "/api/smtp-monitors/response-times": {
        "get": operation(
            "listResponseTimes",
            TAG,
            "For small charts beside a list",
            {200: shown("One item for each id.", "ResponseTimes", times=_EXAMPLE)},
            errors=LIST_ERRORS,
            parameters=queried(
                FILTERS,
                defaults={"hours": DEFAULT_HOURS},
                ids="Public ids of monitors, with commas between them. Without any, there are no items.",
                hours="How many hours, the present one included.",
            ),
            description="A monitor that is out of reach looks like one that was never checked.",
        )
    }
}
