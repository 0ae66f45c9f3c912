"""What was found out about a monitor: checks, incidents, alerts, figures."""

from typing import Any

from server.fields.parser import Schema, or_null
from server.openapi.operations import READ_ERRORS, REMOVE_ERRORS, Operation, operation, queried, shown
from server.openapi.schemas import ACTOR, BOOLEAN, IDENTIFIER, TIMESTAMP, UUID, one_of, shape
from server.openapi.smtp_checks import CHECK, CODE, SEEN, WARNINGS
from server.resources.histories import DEFAULT_LIMIT, FILTERS

TAG = "Histories"
_TEXT: Schema = {"type": "string"}
_PLACE = {"locationCode": _TEXT, "locationName": _TEXT}
_ALERT_KINDS = ("incident_opened", "incident_reminder", "incident_closed", "certificate_expires")
_NUMBER = {"type": "integer", "minimum": 0, "description": "0: no agent has the channel, so none was made yet."}
_ATTEMPT = shape({"number": _NUMBER, "endedAt": TIMESTAMP, "delivered": BOOLEAN, "detail": _TEXT})
_CHECK_RECORD = shape({**CHECK, "warnings": WARNINGS, **_PLACE})
INCIDENT_SHOWN: dict[str, Schema] = {
    "id": IDENTIFIER,
    "status": one_of("open", "closed"),
    "openedAt": TIMESTAMP,
    "closedAt": or_null(TIMESTAMP),
    "durationSeconds": {"type": ["integer", "null"], "minimum": 0},
    "closeReason": or_null(one_of("recovered", "disabled")),
    "phase": CHECK["phase"],
    "code": CODE,
    "message": _TEXT,
    "locationCodes": {"type": "array", "items": _TEXT},
    "acknowledgedAt": or_null(TIMESTAMP),
    "acknowledgedBy": or_null(ACTOR),
    "acknowledgeReason": or_null(_TEXT),
}
_ALERT = shape(
    {
        "id": UUID,
        "incidentId": or_null(IDENTIFIER),
        "kind": one_of(*_ALERT_KINDS),
        "channel": one_of("email", "webhook", "sms"),
        "recipient": {"type": ["string", "null"], "description": "The URL of a webhook is shown to admins alone."},
        "status": one_of("pending", "delivered", "given_up"),
        "createdAt": TIMESTAMP,
        "endedAt": or_null(TIMESTAMP),
        "attempts": {"type": "array", "items": _ATTEMPT},
    }
)
_KINDS = {"CheckRecord": _CHECK_RECORD, "Incident": shape(INCIDENT_SHOWN), "Alert": _ALERT}
SCHEMAS: dict[str, Schema] = {
    **_KINDS,
    **{
        f"{name}History": shape({"items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}})
        for name in _KINDS
    },
    "TriggeredCheck": shape(
        {
            "success": {"const": True},
            "message": _TEXT,
            "smtpMonitorId": IDENTIFIER,
            "locationCodes": {"type": "array", "items": _TEXT},
            "queueNames": {"type": "array", "items": _TEXT},
            "alreadyQueued": {
                "type": "array",
                "items": _TEXT,
                "description": "Those of the locations where a check was waiting already.",
            },
            "dueAt": {
                "type": "object",
                "additionalProperties": TIMESTAMP,
                "description": "When a check may begin at each location: now, or 10 s after the one before began.",
            },
        }
    ),
}
_LIMIT = queried(FILTERS, defaults={"limit": DEFAULT_LIMIT}, limit="How many, the newest first.")
_TRIGGERED = {
    "success": True,
    "message": "Checks triggered successfully",
    "smtpMonitorId": 200,
    "locationCodes": ["de-nbg"],
    "queueNames": ["smtp-monitor-checks-de-nbg"],
    "alreadyQueued": [],
    "dueAt": {"de-nbg": "2026-01-01T12:00:00.000Z"},
}
CHECKED = {**SEEN, "locationCode": "de-nbg", "locationName": "Nuremberg"}
INCIDENT = {
    "id": 1,
    "status": "closed",
    "openedAt": "2026-01-01T12:00:00.000Z",
    "closedAt": "2026-01-01T12:05:00.000Z",
    "durationSeconds": 300,
    "closeReason": "recovered",
    "phase": "connect",
    "code": "connect_refused",
    "message": "Die Verbindung wurde abgelehnt",
    "locationCodes": ["de-nbg"],
    "acknowledgedAt": None,
    "acknowledgedBy": None,
    "acknowledgeReason": None,
}
ALERT = {
    "id": "99999999-9999-4999-8999-999999999999",
    "incidentId": 1,
    "kind": "incident_opened",
    "channel": "email",
    "recipient": "ops@example.com",
    "status": "delivered",
    "createdAt": "2026-01-01T12:00:00.000Z",
    "endedAt": "2026-01-01T12:00:01.000Z",
    "attempts": [{"number": 1, "endedAt": "2026-01-01T12:00:01.000Z", "delivered": True, "detail": ""}],
}


def _history(name: str, summary: str, schema: str, example: object) -> dict[str, Operation]:
    history: dict[str, Any] = {"items": [example]}
    answers = {200: shown("The newest first.", schema, history=history)}
    parameters = ("smtpMonitorPublicId", *_LIMIT)
    return {"get": operation(name, TAG, summary, answers, errors=READ_ERRORS, parameters=parameters)}


_ONE = "/api/smtp-monitors/{smtpMonitorPublicId}"
PATHS = {
    f"{_ONE}/trigger-check": {
        "post": operation(
            "triggerCheck",
            TAG,
            "Check now, from every location that is allowed",
            {200: shown("A check waits at each of the locations.", "TriggeredCheck", triggered=_TRIGGERED)},
            errors=REMOVE_ERRORS,
            parameters=("smtpMonitorPublicId",),
            description=(
                "One check at most is under way and one waits for a monitor and location: asking again while one "
                "waits adds none, and is 200 all the same. A check that was asked for begins at least 10 s after the "
                "one before began. 400 if the allowed countries leave no location, 503 if no location is active."
            ),
        )
    },
    f"{_ONE}/check-history": _history("listChecks", "The checks of a monitor", "CheckRecordHistory", CHECKED),
    f"{_ONE}/incident-history": _history("listIncidents", "Its incidents", "IncidentHistory", INCIDENT),
    f"{_ONE}/alert-history": _history("listAlerts", "Its alerts", "AlertHistory", ALERT),
}
