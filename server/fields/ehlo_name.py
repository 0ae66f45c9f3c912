"""The name that a client introduces itself with: a host name or an address literal (RFC 5321, 4.1.3)."""

import re

from server.fields.parser import Schema, described
from server.fields.values import hostname

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
LITERAL = re.compile(rf"\[(?:{_IPV4}|IPv6:(?:{_IPV6}))\]")
_SCHEMA: Schema = {"type": "string", "pattern": f"^{LITERAL.pattern}$"}


@described({"anyOf": [hostname.schema, _SCHEMA]})
def ehlo_name(value: object) -> str:
    """A host name, or an address literal: ``[192.0.2.1]``, ``[IPv6:2001:db8::1]``."""
    return value if type(value) is str and LITERAL.fullmatch(value) else hostname(value)
