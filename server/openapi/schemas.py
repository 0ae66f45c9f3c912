"""Schemas of field values, each named like the parser in server.fields that judges it."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from server.fields.countries import COUNTRY_CODES
from server.fields.values import CANONICAL_UUID, E164, MAX_BIGINT

Schema = dict[str, Any]

CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
LOCAL_PART = r"[^\s@\"(),:;<>\[\\\]" + CONTROL + "]"
MAX_CUSTOMERS = 1000

BOOLEAN: Schema = {"type": "boolean"}
IDENTIFIER: Schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_BIGINT}
UUID: Schema = {"type": "string", "format": "uuid", "pattern": f"^{CANONICAL_UUID.pattern}$"}
TIMESTAMP: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
    "examples": ["2026-01-01T12:00:00.000Z"],
}
HOSTNAME: Schema = {
    "anyOf": [
        {"type": "string", "format": "idn-hostname", "minLength": 1, "maxLength": 253},
        {"type": "string", "format": "ipv4"},
        {"type": "string", "format": "ipv6"},
    ],
    "description": "A host name, internationalized ones included, or an IP address; no scheme, port, path or user.",
    "examples": ["smtp.example.com"],
}
EMAIL: Schema = {"type": "string", "format": "idn-email", "minLength": 3, "maxLength": 320}
PHONE_NUMBER: Schema = {
    "type": "string",
    "pattern": rf"^{E164.pattern}$",
    "description": "E.164",
    "examples": ["+4930123456"],
}
CUSTOMER: Schema = {"anyOf": [IDENTIFIER, UUID], "description": "A customer's number or public UUID."}
CUSTOMERS: Schema = {"type": "array", "items": CUSTOMER, "maxItems": MAX_CUSTOMERS}


def nullable(schema: Schema) -> Schema:
    if "enum" in schema:
        return {**schema, "type": ["string", "null"], "enum": [*schema["enum"], None]}
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def text(low: int, high: int) -> Schema:
    return {"type": "string", "minLength": low, "maxLength": high, "pattern": f"^[^{CONTROL}]*$"}


def trimmed(low: int, high: int) -> Schema:
    """Spaces around it are taken away before it is measured."""
    visible = f"[^{CONTROL}{SPACE}]"
    pattern = f"^[{SPACE}]*{visible}(?:[^{CONTROL}]*{visible})?[{SPACE}]*$"
    return {"type": "string", "minLength": low, "maxLength": high, "pattern": pattern}


def integer(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def choice(accepted: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(accepted)}


def country_code() -> Schema:
    """The codes in any case, grouped by their first letter."""
    groups = [
        f"[{first}{first.lower()}][{''.join(code[1] + code[1].lower() for code in codes)}]"
        for first, codes in groupby(sorted(COUNTRY_CODES), key=lambda code: code[0])
    ]
    return {"type": "string", "pattern": f"^(?:{'|'.join(groups)})$", "description": "ISO 3166-1 alpha-2, in any case"}


def accepted(fields: dict[str, Schema], *, required: Iterable[str] = (), ignored: Iterable[str] = ()) -> Schema:
    """What a request may send: unknown keys are refused, those that only the server sets are ignored."""
    by_server = {"readOnly": True, "description": "Set by the server; ignored where it is sent back."}
    schema: Schema = {
        "type": "object",
        "properties": {**fields, **dict.fromkeys(sorted(ignored), by_server)},
        "additionalProperties": False,
    }
    if required := list(required):
        schema["required"] = required
    return schema


def shape(fields: dict[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    """What an answer holds: these keys, all of them but the *optional* ones."""
    left = set(optional)
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in left],
        "additionalProperties": False,
    }


def page(of: Schema) -> Schema:
    return shape(
        {
            "items": {"type": "array", "items": of},
            "total": {"type": "integer", "minimum": 0},
            "page": {"type": "integer", "minimum": 1},
            "perPage": {"type": "integer", "minimum": 1},
        }
    )
