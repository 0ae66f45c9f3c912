"""Schemas and examples of a monitor's state."""

from server.checks.outcome import Phase
from server.fields.parser import Schema
from server.openapi.schemas import TIMESTAMP, one_of, shape
from server.resources.smtp_monitor_states import STATES

_ERROR = shape({"phase": one_of(*Phase), "code": {"type": "string"}, "message": {"type": "string"}})
STATE: dict[str, Schema] = {
    "state": {
        **one_of(*STATES),
        "description": (
            "`paused` and `maintenance` by its status or a window; `down`: a confirmed outage; `warning`: one that is "
            "not confirmed yet, or a check with warnings; `unknown`: not checked lately."
        ),
    },
    "stateSince": TIMESTAMP,
    "lastError": {
        "anyOf": [_ERROR, {"type": "null"}],
        "description": "What its last check says that did not simply succeed; of an outage, how it began.",
    },
}
STATE_SEEN = {
    "state": "down",
    "stateSince": "2026-01-01T12:00:00.000Z",
    "lastError": {"phase": "connect", "code": "connect_refused", "message": "Die Verbindung wurde abgelehnt"},
}
