"""Checks: probe a config without saving it."""

from server.checks.outcome import Phase, Verdict
from server.fields.parser import Schema, or_null
from server.openapi.operations import MAKE_ERRORS, operation, request, shown
from server.openapi.schemas import BOOLEAN, TIMESTAMP, accepted, one_of, shape
from server.openapi.smtp_monitor import ALIAS, SENT_TO_CREATE
from server.resources.smtp_checks import REQUIRED
from server.resources.smtp_monitors import PORT, SERVER_SET

TAG = "Checks"
PHASES = [phase.value for phase in Phase]
MILLISECONDS: Schema = {"type": ["number", "null"], "minimum": 0, "description": "null: not reached"}
CODE: Schema = {
    "type": "string",
    "pattern": "^[a-z0-9_]+$",
    "description": (
        "The words never change; new ones may come. `secrets_unavailable` is a stored password that no key of the "
        "server opens, `internal_error` a mistake of the server; both are failures, and logged."
    ),
}
WARNING = shape({"code": CODE, "message": {"type": "string"}})
CHECK: dict[str, Schema] = {
    "verdict": one_of(*(verdict.value for verdict in Verdict)),
    "phase": {**one_of(*PHASES), "description": "The last phase entered; `quit` after a success."},
    "code": CODE,
    "message": {"type": "string"},
    "replyCode": {"type": ["integer", "null"]},
    "replyText": {"type": ["string", "null"]},
    "hostname": {"type": "string"},
    "address": {"type": ["string", "null"]},
    "port": PORT.schema,
    "checkedAt": TIMESTAMP,
    "timings": shape(dict.fromkeys((*PHASES, "total"), MILLISECONDS)),
}
WARNINGS: Schema = {"type": "array", "items": WARNING}
_TEXT: Schema = {"type": "string"}
CERTIFICATE = shape(
    {
        "subject": _TEXT,
        "issuer": _TEXT,
        "sans": {"type": "array", "items": _TEXT},
        "serialNumber": _TEXT,
        "fingerprintSha256": _TEXT,
        "notBefore": TIMESTAMP,
        "notAfter": TIMESTAMP,
        "daysLeft": {"type": "integer"},
    }
)
ISSUER = shape(
    {
        "subject": _TEXT,
        "issuer": _TEXT,
        "fingerprintSha256": _TEXT,
        "notBefore": TIMESTAMP,
        "notAfter": TIMESTAMP,
        "daysLeft": {"type": "integer"},
    }
)
CHAIN: Schema = {
    "type": "array",
    "items": ISSUER,
    "description": "What the server sent after its own certificate: its issuers, if it is set up well.",
}
TLS = shape(
    {
        "version": _TEXT,
        "cipher": _TEXT,
        "verified": BOOLEAN,
        "certificate": or_null(CERTIFICATE),
        "chain": CHAIN,
    }
)
SCHEMAS = {
    "SmtpProbe": {
        **accepted(SENT_TO_CREATE, required=REQUIRED, ignored=SERVER_SET),
        **ALIAS,
    },
    "ProbeResult": shape(
        {
            **CHECK,
            "tls": or_null(TLS),
            "capabilities": {"type": ["array", "null"], "items": _TEXT},
            "warnings": WARNINGS,
        }
    ),
}
SEEN: dict[str, object] = {
    "verdict": "failure",
    "phase": "starttls",
    "code": "tls_certificate_expired",
    "message": "Das Zertifikat ist abgelaufen",
    "replyCode": None,
    "replyText": None,
    "hostname": "mail.example.com",
    "address": "192.0.2.7",
    "port": 587,
    "checkedAt": "2026-01-01T12:00:00.000Z",
    "timings": {
        "dns": 1.2,
        "connect": 9.8,
        "tls": None,
        "greeting": 12.1,
        "ehlo": 3.0,
        "starttls": 21.4,
        "auth": None,
        "mail": None,
        "quit": None,
        "total": 47.5,
    },
    "warnings": [],
}
TLS_SEEN = {
    "version": "TLSv1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "verified": False,
    "certificate": {
        "subject": "CN=mail.example.com",
        "issuer": "CN=Example CA",
        "sans": ["mail.example.com"],
        "serialNumber": "1f",
        "fingerprintSha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "notBefore": "2025-09-30T12:00:00.000Z",
        "notAfter": "2025-12-29T12:00:00.000Z",
        "daysLeft": -3,
    },
    "chain": [
        {
            "subject": "CN=Example CA",
            "issuer": "CN=Example root",
            "fingerprintSha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            "notBefore": "2025-01-01T12:00:00.000Z",
            "notAfter": "2030-01-01T12:00:00.000Z",
            "daysLeft": 1461,
        }
    ],
}
_RESULT = {**SEEN, "tls": TLS_SEEN, "capabilities": ["PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN"]}

PATHS = {
    "/api/smtp-monitors/test": {
        "post": operation(
            "probeSmtpServer",
            TAG,
            "Probe a server without making a monitor",
            {
                200: shown(
                    "What the probe found; a failure too is 200.", "ProbeResult", "Content-Language", found=_RESULT
                )
            },
            errors=MAKE_ERRORS,
            body=request(
                "SmtpProbe", tls={"hostname": "mail.example.com", "port": 587, "smtpConfig": {"requireTls": True}}
            ),
            description=(
                "The fields of a monitor; `hostname` is required, what a probe does not need is not used. The answer "
                "takes as long as the probe, up to `timeoutSeconds`; a client that leaves ends it. Few run at once: "
                "an organization has at most half of them, waits a short time for one more, and then gets 503."
            ),
        )
    }
}
