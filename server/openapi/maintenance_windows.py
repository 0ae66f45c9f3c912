"""Maintenance windows: when an outage is no news."""

from server.openapi.operations import (
    LIST_ERRORS,
    MAKE_ERRORS,
    READ_ERRORS,
    REMOVE_ERRORS,
    WRITE_ERRORS,
    empty,
    in_path,
    linked,
    listed,
    made,
    operation,
    request,
    shown,
)
from server.openapi.schemas import (
    BOOLEAN,
    CUSTOMER,
    IDENTIFIER,
    TIMESTAMP,
    UUID,
    Schema,
    accepted,
    choice,
    nullable,
    page,
    shape,
    trimmed,
)

TAG = "Maintenance windows"
# RFC 3339, and what it leaves to an agreement: a space for the T, seconds left out
MOMENT: Schema = {
    "type": "string",
    "format": "moment",
    "description": "RFC 3339 with a zone, from 2000 to 2199.",
    "examples": ["2026-01-01T22:00:00+01:00"],
}
TIME_ZONE: Schema = {"type": "string", "format": "time-zone", "examples": ["Europe/Berlin"]}
REPEAT = nullable(choice(("daily", "weekly")))
FIELDS: dict[str, Schema] = {
    "name": trimmed(1, 255),
    "startsAt": MOMENT,
    "endsAt": MOMENT,
    "repeat": REPEAT,
    "repeatUntil": nullable(MOMENT),
    "timeZone": {**TIME_ZONE, "description": "Whose clock a repeated window keeps to."},
}
_BY_SERVER = ("id", "active", "createdAt", "updatedAt")
_SCOPE = ("organizationId", "customerId", "smtpMonitorId")
SCHEMAS = {
    "NewMaintenanceWindow": accepted(
        {
            **FIELDS,
            "organizationId": IDENTIFIER,
            "customerId": nullable(CUSTOMER),
            "smtpMonitorId": {**nullable(UUID), "description": "The public UUID; excludes `customerId`."},
        },
        required=("name", "startsAt", "endsAt"),
        ignored=_BY_SERVER,
    ),
    "MaintenanceWindowPatch": accepted(FIELDS, ignored=(*_BY_SERVER, *_SCOPE)),
    "MaintenanceWindow": shape(
        {
            "id": IDENTIFIER,
            "organizationId": IDENTIFIER,
            "customerId": nullable(IDENTIFIER),
            "smtpMonitorId": nullable(UUID),
            "name": {"type": "string"},
            "startsAt": TIMESTAMP,
            "endsAt": TIMESTAMP,
            "repeat": REPEAT,
            "repeatUntil": nullable(TIMESTAMP),
            "timeZone": {"type": "string"},
            "active": {**BOOLEAN, "description": "Whether it is open now."},
            "createdAt": TIMESTAMP,
            "updatedAt": TIMESTAMP,
        }
    ),
    "MaintenanceWindowPage": page({"$ref": "#/components/schemas/MaintenanceWindow"}),
}
_SENT = {
    "name": "Move",
    "startsAt": "2026-01-01T21:00:00.000Z",
    "endsAt": "2026-01-01T23:00:00.000Z",
    "repeat": "weekly",
    "repeatUntil": None,
    "timeZone": "Europe/Berlin",
}
_WINDOW = {
    "id": 1,
    "organizationId": 1,
    "customerId": 10,
    "smtpMonitorId": None,
    **_SENT,
    "active": False,
    "createdAt": "2026-01-01T12:00:00.000Z",
    "updatedAt": "2026-01-01T12:00:00.000Z",
}
_NAMED = in_path("windowId", IDENTIFIER, "The window's number.", 1)
_SHOWN = shown("The window.", "MaintenanceWindow", window=_WINDOW)
_LINKS = linked("windowId", "id", "getMaintenanceWindow", "patchMaintenanceWindow", "removeMaintenanceWindow")

PATHS = {
    "/api/maintenance-windows": {
        "get": operation(
            "listMaintenanceWindows",
            TAG,
            "A page of windows",
            {200: listed("MaintenanceWindowPage", _WINDOW)},
            errors=LIST_ERRORS,
            parameters=("organizationId", "page", "perPage"),
        ),
        "post": operation(
            "makeMaintenanceWindow",
            TAG,
            "Make a window for a monitor, a customer or the organization",
            {201: made("The window.", "MaintenanceWindow", links=_LINKS, window=_WINDOW)},
            errors=MAKE_ERRORS,
            body=request("NewMaintenanceWindow", window={**_SENT, "customerId": 10}),
        ),
    },
    "/api/maintenance-windows/{windowId}": {
        "get": operation(
            "getMaintenanceWindow", TAG, "A window", {200: _SHOWN}, errors=READ_ERRORS, parameters=(_NAMED,)
        ),
        "patch": operation(
            "patchMaintenanceWindow",
            TAG,
            "Change a window",
            {200: _SHOWN},
            errors=WRITE_ERRORS,
            parameters=(_NAMED,),
            body=request("MaintenanceWindowPatch", later={"endsAt": "2026-01-02T00:00:00.000Z"}),
        ),
        "delete": operation(
            "removeMaintenanceWindow",
            TAG,
            "Remove a window",
            {204: empty("It is gone.")},
            errors=REMOVE_ERRORS,
            parameters=(_NAMED,),
        ),
    },
}
