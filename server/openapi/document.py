"""The OpenAPI document: what the resources' modules say, put together."""

from functools import cache
from typing import Any

import orjson

from server.openapi import (
    audit,
    customers,
    error_responses,
    events,
    incidents,
    locations,
    maintenance_windows,
    operators,
    organizations,
    response_times,
    sessions,
    smtp_checks,
    smtp_monitor_changes,
    smtp_monitor_checks,
    smtp_monitor_details,
    smtp_monitor_exports,
    smtp_monitors,
    status_page_messages,
    status_pages,
    summaries,
    tokens,
    two_factor,
    users,
)
from server.openapi.operations import PARAMETERS

RESOURCES = (
    smtp_monitors,
    smtp_monitor_exports,
    smtp_monitor_changes,
    smtp_monitor_checks,
    smtp_monitor_details,
    response_times,
    incidents,
    summaries,
    smtp_checks,
    locations,
    maintenance_windows,
    status_pages,
    status_page_messages,
    sessions,
    two_factor,
    tokens,
    organizations,
    users,
    customers,
    audit,
    events,
    operators,
)
DESCRIPTION = """\
Watches SMTP servers. JSON in UTF-8; times are UTC with milliseconds. Every error has the shape of `Error`, with words
in German or, with `Accept-Language: en`, in English; also 404 for an unknown path and 405 (with `Allow`) for a method
that a path does not have. `If-Match` is for a single monitor; other changes refuse it with 400. What a caller may not
see answers like what is not there. Roles: `admin` and `user` write, `readonly` changes `status` only, a global
`supporter` reads every organization, a global `admin` writes to every one.
"""


@cache
def document() -> bytes:
    return orjson.dumps(describe())


def describe() -> dict[str, Any]:
    return {
        "openapi": "3.1.1",
        "info": {"title": "SMTP monitors", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": module.TAG, "description": module.__doc__} for module in RESOURCES],
        "security": [{"bearer": []}],
        "paths": {path: operations for module in RESOURCES for path, operations in module.PATHS.items()},
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {
                **{name: schema for module in RESOURCES for name, schema in module.SCHEMAS.items()},
                **error_responses.SCHEMAS,
            },
            "parameters": PARAMETERS,
            "headers": error_responses.HEADERS,
            "responses": error_responses.responses(),
        },
    }
