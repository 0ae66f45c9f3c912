"""Schemas and examples of a monitor; the examples are the reference page's own."""

from server.fields import smtp_config
from server.fields.parser import Schema, or_null
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, UUID, accepted, one_of, page_with_cursor, properties, shape
from server.openapi.smtp_monitor_states import STATE, STATE_SEEN
from server.resources import smtp_monitor_batches
from server.resources.smtp_monitor_batches import MAX_IDS
from server.resources.smtp_monitors import CREATE_FIELDS, FIELDS, REQUIRED, SERVER_SET, STATUSES

CONFIG: Schema = {"$ref": "#/components/schemas/SmtpConfig"}
KEPT_CONFIG: Schema = {"$ref": "#/components/schemas/KeptSmtpConfig"}
MONITOR: Schema = {"$ref": "#/components/schemas/SmtpMonitor"}
SENT: dict[str, Schema] = {
    **properties(
        FIELDS,
        port="null: 465 if `secure`, else 25",
        status="`paused` and `inactive` become `disabled`.",
        checkInterval="seconds",
        allowedCheckCountryCodes="Stored in upper case, the first of equals kept; an empty list becomes null.",
    ),
    "smtpConfig": {
        **or_null(CONFIG),
        "description": "Replaces the stored one whole; null is the empty one. Absent, like `config`: it stays.",
    },
    "config": {"description": "Alias of `smtpConfig`, which counts if both are there."},
}
SENT_TO_CREATE = {**properties(CREATE_FIELDS), **SENT}
# what stands in the alias matters only where it counts
ALIAS = {"anyOf": [{"required": ["smtpConfig"]}, {"properties": {"config": or_null(CONFIG)}}]}
SHOWN: dict[str, Schema] = {
    "id": IDENTIFIER,
    "organizationId": IDENTIFIER,
    "customerId": IDENTIFIER,
    "name": {"type": "string"},
    "hostname": {"type": "string"},
    "port": SENT["port"],
    "status": one_of(*sorted(STATUSES)),
    "checkInterval": SENT["checkInterval"],
    "timeoutSeconds": SENT["timeoutSeconds"],
    "notificationEmail": {"type": ["string", "null"]},
    "notificationPhoneNumber": {"type": ["string", "null"]},
    "lastCheckedAt": or_null(TIMESTAMP),
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
    "config": KEPT_CONFIG,
    "smtpConfig": KEPT_CONFIG,
    "publicId": UUID,
    "allowedCheckCountryCodes": {"type": ["array", "null"], "items": {"type": "string", "pattern": "^[A-Z]{2}$"}},
    "customerName": {"type": "string", "description": "Only where monitors are read, not where they are written."},
}
_TLS_SENT = {
    **smtp_config.TLS.schema,
    "properties": properties(
        smtp_config.TLS_FIELDS,
        warnDays="Days left of the certificate that are a warning.",
        criticalDays="Days left of the certificate that are a failure.",
    ),
}
_CONFIG_SENT: dict[str, Schema] = {
    **properties(
        smtp_config.FIELDS,
        auth="Credentials are used only when both parts are set.",
        ehloName="A host name or an address literal, such as `[192.0.2.1]` or `[IPv6:2001:db8::1]`.",
        mailFrom="Empty: the null sender.",
        expect="Of `rcptTo`, which it needs.",
        warnMs="Milliseconds from which a check is slow.",
    ),
    "tls": or_null(_TLS_SENT),
}
_AUTH_KEPT: Schema = {
    "type": ["object", "null"],
    "properties": {
        "user": {"type": "string"},
        "pass": {"type": ["string", "null"], "description": "null for who may not change it"},
    },
    "additionalProperties": False,
}
SCHEMAS: dict[str, Schema] = {
    "SmtpConfig": {
        **smtp_config.CONFIG.schema,
        "properties": _CONFIG_SENT,
        "description": "`ignoreTls` excludes `requireTls` and `secure`.",
    },
    "KeptSmtpConfig": {
        "type": "object",
        "properties": {**_CONFIG_SENT, "auth": _AUTH_KEPT},
        "additionalProperties": False,
        "description": "As it was sent.",
    },
    "SmtpMonitorPatch": {**accepted(SENT, ignored=SERVER_SET), **ALIAS},
    "NewSmtpMonitor": {**accepted(SENT_TO_CREATE, required=REQUIRED, ignored=SERVER_SET), **ALIAS},
    "SmtpMonitorsPatch": accepted(
        {
            **properties(smtp_monitor_batches.FIELDS),
            "changes": {"$ref": "#/components/schemas/SmtpMonitorPatch"},
        },
        required=smtp_monitor_batches.REQUIRED,
    ),
    "SmtpMonitor": shape(SHOWN, optional=("customerName",)),
    "ListedSmtpMonitor": shape({**SHOWN, **STATE}),
    "SmtpMonitorPage": page_with_cursor({"$ref": "#/components/schemas/ListedSmtpMonitor"}),
    "PatchedSmtpMonitors": shape(
        {
            "updated": {"type": "integer", "minimum": 0, "maximum": MAX_IDS, "description": "0 if `changes` is empty"},
            "items": {"type": "array", "items": MONITOR},
        }
    ),
}
PUBLIC_ID = "33333333-3333-4333-8333-333333333333"
_CONFIG = {"secure": False, "requireTls": True, "auth": {"user": "username", "pass": "password"}}
SENT_EXAMPLE = {
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
LISTED = {**READ, **STATE_SEEN}
