"""What a probe can be told in smtpConfig beside how it connects."""

from server.openapi.fields import BOOLEAN, CONTROL, EMAIL, HOSTNAME, Schema, choice, integer, nullable, text

MAX_DAYS = 3650
TLS: Schema = {
    "type": "object",
    "properties": {
        "verify": BOOLEAN,
        "servername": nullable(HOSTNAME),
        "minVersion": nullable(choice(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"))),
        "warnDays": {**integer(0, MAX_DAYS), "description": "Days left of the certificate that are a warning."},
        "criticalDays": {**integer(0, MAX_DAYS), "description": "Days left of the certificate that are a failure."},
    },
    "additionalProperties": False,
}
# an address that every server understands: in ASCII, its domain in A-labels
MAILBOX: Schema = {**EMAIL, "format": "email", "pattern": f"^[^\\u0080-\\uffff{CONTROL}]*$"}
FIELDS: dict[str, Schema] = {
    "tls": nullable(TLS),
    "ehloName": {
        "anyOf": [HOSTNAME, {"type": "string", "pattern": r"^\[(?:IPv6:[0-9a-fA-F:.]+|[0-9.]+)\]$"}, {"type": "null"}],
        "description": "A host name or an address literal, such as `[192.0.2.1]` or `[IPv6:2001:db8::1]`.",
    },
    "mailFrom": {"anyOf": [{"const": ""}, MAILBOX, {"type": "null"}], "description": "Empty: the null sender."},
    "rcptTo": nullable(MAILBOX),
    "expect": {**nullable(choice(("accepted", "refused"))), "description": "Of `rcptTo`, which it needs."},
    "expectGreeting": nullable(text(1, 255)),
    "warnMs": {**nullable(integer(1, 120_000)), "description": "Milliseconds from which a check is slow."},
}
NEEDS: Schema = {
    "anyOf": [
        {"properties": {"expect": {"type": "null"}}},
        {"properties": {"rcptTo": {"type": "string"}}, "required": ["rcptTo"]},
    ]
}
