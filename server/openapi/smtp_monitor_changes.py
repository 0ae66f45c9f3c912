"""Changes of a monitor: who changed what, and taking a change back."""

from server.fields.parser import or_null
from server.http.query import PAGING
from server.openapi.operations import READ_ERRORS, REMOVE_ERRORS, empty, in_path, listed, operation, queried, shown
from server.openapi.schemas import ACTOR, IDENTIFIER, TIMESTAMP, one_of, page_of_one, shape
from server.openapi.smtp_monitor import ANSWERED
from server.resources.smtp_monitor_changes import FIELDS

TAG = "Changes"
SCHEMAS = {
    "Change": shape(
        {
            "id": IDENTIFIER,
            "action": one_of("created", "updated", "deleted"),
            "changedAt": TIMESTAMP,
            "actor": ACTOR,
            "address": or_null({"type": "string"}),
            "fields": {
                "type": "array",
                "items": shape(
                    {
                        "field": one_of(*FIELDS.values()),
                        "before": {"description": "null if it was made here"},
                        "after": {"description": "null if it was removed"},
                    }
                ),
                "description": "Each field that was named; passwords are null before and after.",
            },
        }
    ),
    "ChangePage": page_of_one({"$ref": "#/components/schemas/Change"}),
}
_CHANGE = {
    "id": 2,
    "action": "updated",
    "changedAt": "2026-01-01T12:01:00.000Z",
    "actor": {"userId": 1, "email": "admin@example.com", "tokenName": None},
    "address": "192.0.2.1",
    "fields": [{"field": "status", "before": "active", "after": "disabled"}],
}

PATHS = {
    "/api/smtp-monitors/{smtpMonitorPublicId}/changes": {
        "get": operation(
            "listChanges",
            TAG,
            "A page of changes, the newest first",
            {200: listed("ChangePage", _CHANGE)},
            errors=READ_ERRORS,
            parameters=("smtpMonitorPublicId", *queried(PAGING)),
            description="Also of a monitor that is deleted, for administrators and supporters.",
        )
    },
    "/api/smtp-monitors/{smtpMonitorPublicId}/changes/{changeId}/revert": {
        "post": operation(
            "revertChange",
            TAG,
            "Patch the monitor to what a change replaced",
            {
                200: shown("The monitor as it is now.", "SmtpMonitor", "ETag", monitor=ANSWERED),
                204: empty("Done; `Prefer: return=minimal` was asked for.", "ETag", "Preference-Applied"),
            },
            errors=(*REMOVE_ERRORS, 409, 412),
            parameters=(
                "smtpMonitorPublicId",
                in_path("changeId", IDENTIFIER, "The change's number.", 2),
                "If-Match",
                "Prefer",
            ),
            description="By the rules of a PATCH. The change that made the monitor replaced nothing: 409.",
        )
    },
}
