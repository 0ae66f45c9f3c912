"""What a probe can be told in smtpConfig beside how it connects."""

from server.openapi.schemas import BOOLEAN, EMAIL, HOSTNAME, Schema, choice, integer, nullable, text

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
# in ASCII, as every server understands it
MAILBOX: Schema = {**EMAIL, "format": "email"}
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = "[0-9a-fA-F]{1,4}"
_LAST = f"(?:{_GROUP}:{_GROUP}|{_IPV4})"
# as in RFC 3986: whole, or with :: for at least one group of zeros
_IPV6 = "|".join(
    [
        f"(?:{_GROUP}:){{6}}{_LAST}",
        f"::(?:{_GROUP}:){{5}}{_LAST}",
        *(f"(?:{_GROUP}(?::{_GROUP}){{0,{n}}})?::(?:{_GROUP}:){{{4 - n}}}{_LAST}" for n in range(5)),
        f"(?:{_GROUP}(?::{_GROUP}){{0,5}})?::{_GROUP}",
        f"(?:{_GROUP}(?::{_GROUP}){{0,6}})?::",
    ]
)
ADDRESS_LITERAL: Schema = {"type": "string", "pattern": rf"^\[(?:{_IPV4}|IPv6:(?:{_IPV6}))\]$"}
FIELDS: dict[str, Schema] = {
    "tls": nullable(TLS),
    "ehloName": {
        "anyOf": [HOSTNAME, ADDRESS_LITERAL, {"type": "null"}],
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
