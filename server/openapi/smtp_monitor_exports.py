"""Exports: all monitors of a list in one file."""

from server.fields.parser import Schema
from server.openapi.error_responses import named
from server.openapi.operations import LIST_ERRORS, operation, queried
from server.resources.smtp_monitor_exports import CONTENT_TYPES, DEFAULT_FORMAT, FILTERS

TAG = "Exports"
SCHEMAS: dict[str, Schema] = {}
_FILE: Schema = {
    "description": "The file.",
    "headers": named(),
    "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in CONTENT_TYPES.values()},
}

PATHS = {
    "/api/smtp-monitors/export": {
        "get": operation(
            "exportSmtpMonitors",
            TAG,
            "All monitors of a list, as lines of JSON or as CSV",
            {200: _FILE},
            errors=LIST_ERRORS,
            parameters=queried(
                FILTERS,
                defaults={"format": DEFAULT_FORMAT},
                format="Each line of `ndjson` is an item of the list.",
                customerId="Of this customer only.",
                status="Only those; `paused` and `inactive` mean `disabled`.",
                state="Only those; several with commas between them.",
            ),
            description=(
                "In the order of organizations and ids, written while it is read: a monitor that is made meanwhile may "
                "be in it or not. If it breaks off, the last chunk of the answer is missing. Passwords are never in "
                "it. In CSV, what a spreadsheet would take for a formula begins with an apostrophe."
            ),
        )
    }
}
