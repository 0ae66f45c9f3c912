"""Incidents of all monitors: find, read with what happened around them, take over."""

from typing import Any

from server.fields.parser import Schema, or_null
from server.openapi.operations import (
    LIST_ERRORS,
    READ_ERRORS,
    WRITE_ERRORS,
    Operation,
    in_path,
    listed,
    operation,
    queried,
    request,
    shown,
)
from server.openapi.schemas import ACTOR, IDENTIFIER, TIMESTAMP, UUID, accepted, one_of, page, properties, shape
from server.openapi.smtp_checks import CHECK
from server.openapi.smtp_monitor_checks import INCIDENT, INCIDENT_SHOWN
from server.resources.incident_timelines import KINDS
from server.resources.incidents import ACKNOWLEDGEMENT, FILTERS

TAG = "Incidents"
_TEXT: Schema = {"type": "string"}
_LISTED: dict[str, Schema] = {
    **INCIDENT_SHOWN,
    "organizationId": IDENTIFIER,
    "customerId": IDENTIFIER,
    "customerName": _TEXT,
    "smtpMonitorId": IDENTIFIER,
    "smtpMonitorPublicId": UUID,
    "smtpMonitorName": _TEXT,
    "hostname": _TEXT,
}
_SEEN = ("verdict", "phase", "code", "message", "replyCode", "replyText", "address")
_DETAILS: dict[str, Schema] = {
    "locationCode": _TEXT,
    "locationName": _TEXT,
    **{name: CHECK[name] for name in _SEEN},
    "alertKind": _TEXT,
    "channel": _TEXT,
    "status": _TEXT,
    "attempts": {"type": "integer", "minimum": 0},
    "changeId": IDENTIFIER,
    "actor": or_null(ACTOR),
    "fields": {"type": "array", "items": {"type": "object"}, "description": "As a change shows them."},
    "reason": or_null(_TEXT),
}
_ENTRY = {
    **shape({"at": TIMESTAMP, "kind": one_of(*KINDS), **_DETAILS}, optional=_DETAILS),
    "description": "What else is there depends on `kind`. Checks are those that confirmed it and its end.",
}
SCHEMAS: dict[str, Schema] = {
    "ListedIncident": shape(_LISTED),
    "IncidentPage": page({"$ref": "#/components/schemas/ListedIncident"}),
    "WholeIncident": shape({**_LISTED, "timeline": {"type": "array", "items": _ENTRY}}),
    "Acknowledgement": accepted(properties(ACKNOWLEDGEMENT, reason="What is known, or being done.")),
}
_ONE: dict[str, Any] = {
    **INCIDENT,
    "organizationId": 1,
    "customerId": 10,
    "customerName": "Example customer",
    "smtpMonitorId": 200,
    "smtpMonitorPublicId": "33333333-3333-4333-8333-333333333333",
    "smtpMonitorName": "Outbound SMTP (Primary)",
    "hostname": "smtp.example.com",
}
_BEGUN = {"at": INCIDENT["openedAt"], "kind": "opened"}
_ID = in_path("incidentId", IDENTIFIER, "The incident's number.", 1)
PATHS: dict[str, dict[str, Operation]] = {
    "/api/incidents": {
        "get": operation(
            "listAllIncidents",
            TAG,
            "A page of incidents, the newest first",
            {200: listed("IncidentPage", _ONE)},
            errors=LIST_ERRORS,
            parameters=queried(
                FILTERS,
                defaults={},
                status="Only those.",
                customerId="Of this customer only.",
                smtpMonitorId="Of this monitor only: its public UUID.",
                **{"from": "Not closed before this moment.", "to": "Opened before this moment."},
            ),
        )
    },
    "/api/incidents/{incidentId}": {
        "get": operation(
            "getIncident",
            TAG,
            "An incident, and what happened around it in the order of time",
            {200: shown("The incident.", "WholeIncident", incident={**_ONE, "timeline": [_BEGUN]})},
            errors=READ_ERRORS,
            parameters=(_ID,),
        )
    },
    "/api/incidents/{incidentId}/acknowledge": {
        "post": operation(
            "acknowledgeIncident",
            TAG,
            "Take over an open incident: nobody is reminded of it any more",
            {200: shown("The incident. Whoever was first stays it.", "ListedIncident", incident=_ONE)},
            errors=(*WRITE_ERRORS, 409),
            parameters=(_ID,),
            body=request("Acknowledgement", reason={"reason": "The provider knows"}, nothing={}),
            description="409 if it is over and nobody had taken it over.",
        )
    },
}
