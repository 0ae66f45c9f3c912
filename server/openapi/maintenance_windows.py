"""Maintenance windows: when an outage is no news."""

from server.fields.parser import or_null
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
    queried,
    request,
    shown,
)
from server.openapi.schemas import BOOLEAN, IDENTIFIER, TIMESTAMP, UUID, accepted, page, properties, shape
from server.resources.maintenance_windows import CREATE_FIELDS, FIELDS, FILTERS, REQUIRED, SCOPE, SERVER_SET

TAG = "Maintenance windows"
_SENT_TO_CREATE = properties(
    CREATE_FIELDS,
    timeZone="Whose clock a repeated window keeps to.",
    smtpMonitorId="The public UUID; excludes `customerId`.",
)
SCHEMAS = {
    "NewMaintenanceWindow": accepted(_SENT_TO_CREATE, required=REQUIRED, ignored=SERVER_SET),
    "MaintenanceWindowPatch": accepted({name: _SENT_TO_CREATE[name] for name in FIELDS}, ignored=SERVER_SET | SCOPE),
    "MaintenanceWindow": shape(
        {
            "id": IDENTIFIER,
            "organizationId": IDENTIFIER,
            "customerId": or_null(IDENTIFIER),
            "smtpMonitorId": or_null(UUID),
            "name": {"type": "string"},
            "startsAt": TIMESTAMP,
            "endsAt": TIMESTAMP,
            "repeat": FIELDS["repeat"].schema,
            "repeatUntil": or_null(TIMESTAMP),
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
            parameters=queried(FILTERS),
        ),
        "post": operation(
            "makeMaintenanceWindow",
            TAG,
            "Make a window for a monitor, a customer or the organization",
            {201: made("The window.", "MaintenanceWindow", links=_LINKS, window=_WINDOW)},
            errors=(*MAKE_ERRORS, 409),
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
