"""What happens to monitors, as it happens: server-sent events."""

from server.fields.parser import Schema
from server.openapi.error_responses import named
from server.openapi.operations import LIST_ERRORS, Operation, in_header, operation, queried
from server.openapi.schemas import ACTOR, IDENTIFIER, TIMESTAMP, UUID, one_of, shape
from server.openapi.smtp_monitor_checks import INCIDENT_SHOWN
from server.openapi.smtp_monitor_states import STATE
from server.resources.events import FILTERS, LAST_EVENT_ID

TAG = "Events"
_TEXT: Schema = {"type": "string"}
_ABOUT: dict[str, Schema] = {"smtpMonitorId": UUID, "customerId": IDENTIFIER}
SCHEMAS: dict[str, Schema] = {
    "StateEvent": shape({**_ABOUT, "name": _TEXT, **STATE}),
    "IncidentEvent": shape(
        {
            **_ABOUT,
            "name": _TEXT,
            "kind": one_of("opened", "acknowledged", "closed"),
            **INCIDENT_SHOWN,
        }
    ),
    "ChangeEvent": shape(
        {
            **_ABOUT,
            "changeId": IDENTIFIER,
            "action": one_of("created", "updated", "deleted"),
            "changedAt": TIMESTAMP,
            "actor": ACTOR,
            "fields": {
                "type": "array",
                "items": _TEXT,
                "description": "Their names; the change itself has the values.",
            },
        }
    ),
}
_DESCRIPTION = """\
Three kinds, whose data is JSON: `state` (`StateEvent`: how it is now), `incident` (`IncidentEvent`), `change`
(`ChangeEvent`). After events comes the `id` of the place after them all. Whoever sends it as `Last-Event-ID` goes on
from there: nothing is missed for 23 hours, and a little may be told again. `reset` says that something was missed, or
is too much to tell: read anew. Something is sent every 15 seconds. The stream ends with the session, when what the
caller may do changes, when a client takes events too slowly, and when the server ends: then come again. Without `AUDIT`
there are no changes.
"""
_EXAMPLE = (
    "event: change\n"
    'data: {"smtpMonitorId":"33333333-3333-4333-8333-333333333333","customerId":10,"changeId":2,"action":"updated",'
    '"changedAt":"2026-01-01T12:00:00.000Z","actor":{"userId":1,"email":"admin@example.com","tokenName":null},'
    '"fields":["port"]}\n\n'
    ":\nid: MC43NDIuMTc2NzI2ODgwMA\n\n"
)
_STREAM: Schema = {
    "description": "Events, for as long as the client listens.",
    "headers": named(),
    "content": {"text/event-stream": {"schema": {"type": "string"}, "examples": {"change": {"value": _EXAMPLE}}}},
}
PATHS: dict[str, dict[str, Operation]] = {
    "/api/events": {
        "get": operation(
            "listen",
            TAG,
            "Listen to states, incidents and changes of monitors",
            {200: _STREAM},
            errors=LIST_ERRORS,
            parameters=(
                *queried(
                    FILTERS,
                    organizationId="Of this organization only. Global roles name one if there are several databases.",
                    customerId="Of this customer only.",
                    lastEventId="As `Last-Event-ID`, which comes before it.",
                ),
                in_header(LAST_EVENT_ID, "The last `id` that was sent: go on from there.", "MC43NDIuMTc2NzI2ODgwMA"),
            ),
            description=_DESCRIPTION,
        )
    }
}
