"""Schemas and examples of a monitor; the examples are the reference page's own."""

from server.openapi import smtp_config_options
from server.openapi.schemas import (
    BOOLEAN,
    CUSTOMER,
    EMAIL,
    HOSTNAME,
    IDENTIFIER,
    PHONE_NUMBER,
    TIMESTAMP,
    UUID,
    Schema,
    accepted,
    choice,
    country_code,
    integer,
    nullable,
    page,
    shape,
    text,
    trimmed,
)
from server.resources.smtp_monitor_batches import MAX_IDS
from server.resources.smtp_monitors import SERVER_SET, STATUS

CONFIG: Schema = {"$ref": "#/components/schemas/SmtpConfig"}
KEPT_CONFIG: Schema = {"$ref": "#/components/schemas/KeptSmtpConfig"}
MONITOR: Schema = {"$ref": "#/components/schemas/SmtpMonitor"}
STORED = sorted(set(STATUS.values()))
FIELDS: dict[str, Schema] = {
    "name": trimmed(1, 255),
    "hostname": HOSTNAME,
    "port": {**nullable(integer(1, 65535)), "description": "null: 465 if `secure`, else 25"},
    "status": {**choice(STATUS), "description": "`paused` and `inactive` become `disabled`."},
    "checkInterval": {**integer(10, 86400), "description": "seconds"},
    "timeoutSeconds": integer(1, 120),
    "allowedCheckCountryCodes": {
        "type": ["array", "null"],
        "items": country_code(),
        "description": "Stored in upper case, the first of equals kept; an empty list becomes null.",
    },
    "notificationEmail": nullable(EMAIL),
    "notificationPhoneNumber": nullable(PHONE_NUMBER),
    "smtpConfig": {
        **nullable(CONFIG),
        "description": "Replaces the stored one whole; null is the empty one. Absent, like `config`: it stays.",
    },
    "config": {"description": "Alias of `smtpConfig`, which counts if both are there."},
}
# what stands in the alias matters only where it counts
ALIAS = {"anyOf": [{"required": ["smtpConfig"]}, {"properties": {"config": nullable(CONFIG)}}]}
SWITCHES = ("secure", "ignoreTls", "requireTls")


def _on(*switches: str) -> Schema:
    return {"properties": {name: {"const": True} for name in switches}, "required": list(switches)}


SHOWN: dict[str, Schema] = {
    "id": IDENTIFIER,
    "organizationId": IDENTIFIER,
    "customerId": IDENTIFIER,
    "name": {"type": "string"},
    "hostname": {"type": "string"},
    "port": FIELDS["port"],
    "status": choice(STORED),
    "checkInterval": FIELDS["checkInterval"],
    "timeoutSeconds": FIELDS["timeoutSeconds"],
    "notificationEmail": {"type": ["string", "null"]},
    "notificationPhoneNumber": {"type": ["string", "null"]},
    "lastCheckedAt": nullable(TIMESTAMP),
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
    "config": KEPT_CONFIG,
    "smtpConfig": KEPT_CONFIG,
    "publicId": UUID,
    "allowedCheckCountryCodes": {"type": ["array", "null"], "items": {"type": "string", "pattern": "^[A-Z]{2}$"}},
    "customerName": {"type": "string", "description": "Only where monitors are read, not where they are written."},
}
SCHEMAS: dict[str, Schema] = {
    "SmtpConfig": {
        "type": "object",
        "properties": {
            **dict.fromkeys(SWITCHES, BOOLEAN),
            **smtp_config_options.FIELDS,
            "auth": {
                "type": ["object", "null"],
                "properties": {"user": text(0, 320), "pass": text(0, 1024)},
                "additionalProperties": False,
                "description": "Credentials are used only when both parts are set.",
            },
        },
        "additionalProperties": False,
        "description": "`ignoreTls` excludes `requireTls` and `secure`.",
        "not": {"anyOf": [_on("ignoreTls", "requireTls"), _on("ignoreTls", "secure")]},
        **smtp_config_options.NEEDS,
    },
    "KeptSmtpConfig": {
        "type": "object",
        "properties": {
            **dict.fromkeys(SWITCHES, BOOLEAN),
            **smtp_config_options.FIELDS,
            "auth": {
                "type": ["object", "null"],
                "properties": {
                    "user": {"type": "string"},
                    "pass": {"type": ["string", "null"], "description": "null for who may not change it"},
                },
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
        "description": "As it was sent.",
    },
    "SmtpMonitorPatch": {**accepted(FIELDS, ignored=SERVER_SET), **ALIAS},
    "NewSmtpMonitor": {
        **accepted(
            {"customerId": CUSTOMER, **FIELDS},
            required=("customerId", "name", "hostname"),
            ignored=SERVER_SET - {"customerId"},
        ),
        **ALIAS,
    },
    "SmtpMonitorsPatch": accepted(
        {
            "ids": {"type": "array", "items": UUID, "minItems": 1, "maxItems": MAX_IDS},
            "changes": {"$ref": "#/components/schemas/SmtpMonitorPatch"},
        },
        required=("ids", "changes"),
    ),
    "SmtpMonitor": shape(SHOWN, optional=("customerName",)),
    "SmtpMonitorPage": page(MONITOR),
    "PatchedSmtpMonitors": shape(
        {
            "updated": {"type": "integer", "minimum": 0, "maximum": MAX_IDS, "description": "0 if `changes` is empty"},
            "items": {"type": "array", "items": MONITOR},
        }
    ),
}
PUBLIC_ID = "33333333-3333-4333-8333-333333333333"
_CONFIG = {"secure": False, "requireTls": True, "auth": {"user": "username", "pass": "password"}}
SENT = {
    "name": "Outbound SMTP (Primary)",
    "hostname": "smtp.example.com",
    "port": 587,
    "status": "paused",
    "checkInterval": 60,
    "timeoutSeconds": 30,
    "allowedCheckCountryCodes": ["de", "us"],
    "smtpConfig": _CONFIG,
}
ANSWERED = {
    "id": 200,
    "organizationId": 1,
    "customerId": 10,
    "name": "Outbound SMTP (Primary)",
    "hostname": "smtp.example.com",
    "port": 587,
    "status": "disabled",
    "checkInterval": 60,
    "timeoutSeconds": 30,
    "notificationEmail": None,
    "notificationPhoneNumber": None,
    "lastCheckedAt": "2026-01-01T12:00:00.000Z",
    "createdAt": "2026-01-01T12:00:00.000Z",
    "updatedAt": "2026-01-01T12:01:00.000Z",
    "config": _CONFIG,
    "smtpConfig": _CONFIG,
    "publicId": PUBLIC_ID,
    "allowedCheckCountryCodes": None,
}
READ = {**ANSWERED, "customerName": "Example customer"}
