"""The audit of administration: who did what, from where, and with what before and after."""

from server.fields.parser import or_null
from server.openapi.operations import listed, operation, queried
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, one_of, page, shape
from server.resources.audit import ACTIONS, FILTERS, RESOURCES

TAG = "Audit"
_SHOWN = {"type": ["object", "null"]}
_TEXT = {"type": ["string", "null"]}
SCHEMAS = {
    "AuditEvent": shape(
        {
            "id": IDENTIFIER,
            "organizationId": {**or_null(IDENTIFIER), "description": "null for what belongs to no organization."},
            "happenedAt": TIMESTAMP,
            "actor": {
                **shape({"userId": or_null(IDENTIFIER), "email": _TEXT, "tokenName": _TEXT}),
                "description": "All null for an operator's command, and for a log-in at an address that nobody has.",
            },
            "address": {"type": "string", "description": "The client's, or `command line`."},
            "action": one_of(*ACTIONS),
            "resource": one_of(*RESOURCES),
            "resourceId": _TEXT,
            "before": {**_SHOWN, "description": "What was shown of it; of an update, only what differs."},
            "after": {**_SHOWN, "description": "What is shown of it since. A secret that was changed is null in both."},
        }
    ),
    "AuditEventPage": page({"$ref": "#/components/schemas/AuditEvent"}),
}
_EVENT = {
    "id": 4711,
    "organizationId": 1,
    "happenedAt": "2026-01-01T12:01:00.000Z",
    "actor": {"userId": 1, "email": "admin@example.com", "tokenName": None},
    "address": "192.0.2.1",
    "action": "updated",
    "resource": "user",
    "resourceId": "7",
    "before": {"role": "user"},
    "after": {"role": "readonly"},
}
_FROM_TO = {"from": "Not before this moment.", "to": "Before this moment."}

PATHS = {
    "/api/audit": {
        "get": operation(
            "listAuditEvents",
            TAG,
            "A page of events, the newest first; for administrators, and for global roles those of all",
            {200: listed("AuditEventPage", _EVENT)},
            errors=(400, 401, 403, 429, 500, 503),
            parameters=queried(
                FILTERS,
                defaults={},
                actor="A user's number or e-mail address.",
                action="What was done.",
                resource="To what.",
                resourceId="To which of them.",
                **_FROM_TO,
            ),
            description=(
                "An event is written together with the change that it tells of, and never changed. "
                "Operators say how long they are kept."
            ),
        )
    },
}
