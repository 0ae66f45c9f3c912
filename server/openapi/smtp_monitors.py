"""Monitors: find, make, patch one or many, remove."""

from server.openapi import smtp_monitor
from server.openapi.operations import (
    LIST_ERRORS,
    MAKE_ERRORS,
    READ_ERRORS,
    REMOVE_ERRORS,
    WRITE_ERRORS,
    empty,
    linked,
    listed,
    made,
    operation,
    queried,
    request,
    shown,
)
from server.openapi.smtp_monitor import ANSWERED, LISTED, PUBLIC_ID, READ, SENT_EXAMPLE
from server.resources.smtp_monitors import FILTERS

TAG = "SMTP monitors"
SCHEMAS = smtp_monitor.SCHEMAS
_ONE = "smtpMonitorPublicId"
_MINIMAL = empty("Done; `Prefer: return=minimal` was asked for.", "ETag", "Preference-Applied")
_NEW = {"customerId": 10, "name": "Inbound", "hostname": "mx.example.com", "port": 25}
_LINKS = linked(
    "smtpMonitorPublicId", "publicId", "getSmtpMonitor", "patchSmtpMonitor", "removeSmtpMonitor", "listChanges"
)

PATHS = {
    "/api/smtp-monitors/{smtpMonitorPublicId}": {
        "get": operation(
            "getSmtpMonitor",
            TAG,
            "A monitor",
            {
                200: shown("The monitor.", "SmtpMonitor", "ETag", monitor=READ),
                304: empty("It still has the entity tag of If-None-Match.", "ETag"),
            },
            errors=READ_ERRORS,
            parameters=(_ONE, "If-None-Match"),
        ),
        "patch": operation(
            "patchSmtpMonitor",
            TAG,
            "Change what the body names of a monitor, and nothing else",
            {200: shown("The monitor as it is now.", "SmtpMonitor", "ETag", monitor=ANSWERED), 204: _MINIMAL},
            errors=(*WRITE_ERRORS, 412),
            parameters=(_ONE, "If-Match", "Prefer"),
            body=request("SmtpMonitorPatch", all=SENT_EXAMPLE, status={"status": "disabled"}),
            description="All fields are optional; `{}` changes nothing. `readonly` users change `status` only.",
        ),
        "delete": operation(
            "removeSmtpMonitor",
            TAG,
            "Remove a monitor",
            {204: empty("It is gone.")},
            errors=(*REMOVE_ERRORS, 412),
            parameters=(_ONE, "If-Match"),
        ),
    },
    "/api/smtp-monitors": {
        "get": operation(
            "listSmtpMonitors",
            TAG,
            "A page of monitors",
            {200: listed("SmtpMonitorPage", LISTED, next=None)},
            errors=LIST_ERRORS,
            parameters=queried(
                FILTERS,
                customerId="Of this customer only.",
                status="Only those; `paused` and `inactive` mean `disabled`.",
                state="Only those; several with commas between them.",
                sort="Within one organization: `state` is the worst first, then the latest change. Excludes `after`.",
                after="The `next` of an answer: what follows it, even if monitors come and go. Excludes `page`.",
            ),
            description=(
                "In the order of organizations and ids, unless `sort` says otherwise. With `after`, nothing is counted "
                "or numbered."
            ),
        ),
        "post": operation(
            "makeSmtpMonitor",
            TAG,
            "Make a monitor",
            {201: made("The monitor.", "SmtpMonitor", "ETag", links=_LINKS, monitor=ANSWERED)},
            errors=(*MAKE_ERRORS, 409, 422),
            parameters=("Idempotency-Key",),
            body=request("NewSmtpMonitor", least=_NEW, all={"customerId": 10, **SENT_EXAMPLE}),
            description="Defaults: `status` active, `checkInterval` 60, `timeoutSeconds` 30, no config, the rest null.",
        ),
        "patch": operation(
            "patchSmtpMonitors",
            TAG,
            "The same changes for many monitors, all or none",
            {
                200: shown(
                    "The monitors as they are now.", "PatchedSmtpMonitors", done={"updated": 1, "items": [ANSWERED]}
                ),
                204: empty("Done; `Prefer: return=minimal` was asked for.", "Preference-Applied"),
            },
            errors=WRITE_ERRORS,
            parameters=("Prefer",),
            body=request("SmtpMonitorsPatch", disable={"ids": [PUBLIC_ID], "changes": {"status": "disabled"}}),
            description=(
                "400 under `If-Match`, which is for a single monitor, and for monitors of organizations that live in "
                "different databases."
            ),
        ),
    },
}
