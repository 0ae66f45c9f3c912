"""Parsers of field values: the value to store, or Invalid."""

import ipaddress
import re
from collections.abc import Iterable
from itertools import groupby

import idna

from server.fields.countries import COUNTRY_CODES
from server.fields.parser import Parser, Schema, Value, described, or_null

# as OpenAPI and Python both read it: what text does not contain, and what stripping takes away
CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
NO_TEXT = re.compile(rf"[{CONTROL}\ud800-\udfff]")
CANONICAL_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UUID_SCHEMA: Schema = {"type": "string", "format": "uuid", "pattern": f"^{CANONICAL_UUID.pattern}$"}
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# some resolvers take a last label that is a number for an address
NAME = re.compile(rf"(?:{LABEL}\.)*(?!(?:[0-9]+|0x[0-9a-f]*)\Z){LABEL}")
# an IPv6 address has a colon and no name has one; a zone id means something on one machine only
ADDRESS = re.compile("[0-9.]+|[^%]*:[^%]*")
MAX_BIGINT = 2**63 - 1

Reason = tuple[str, str, dict[str, object]]


class Invalid(ValueError):
    """What is wrong with a value: a path below the field, a code, and the words' parameters, each."""

    def __init__(self, code: str = "", /, **parameters: object) -> None:
        super().__init__(code)
        self.reasons: list[Reason] = [("", code, parameters)] if code else []

    @classmethod
    def of(cls, reasons: list[Reason]) -> "Invalid":
        invalid = cls()
        invalid.reasons = reasons
        return invalid


def wrong_type(value: object, code: str) -> Invalid:
    """Why *value* is refused: it is null, or *code*."""
    return Invalid("not_nullable" if value is None else code)


def nullable(parse: Parser[object, Value]) -> Parser[object, Value | None]:
    @described(or_null(parse.schema))
    def parse_or_null(value: object) -> Value | None:
        return None if value is None else parse(value)

    return parse_or_null


def text(low: int, high: int) -> Parser[object, str]:
    """A string of *low* to *high* characters, none of them a control character."""
    return _text(low, high, f"^[^{CONTROL}]*$", strip=False)


def trimmed(low: int, high: int) -> Parser[object, str]:
    """As text, the spaces around it taken away before it is measured."""
    visible = f"[^{CONTROL}{SPACE}]"
    return _text(low, high, f"^[{SPACE}]*{visible}(?:[^{CONTROL}]*{visible})?[{SPACE}]*$", strip=True)


def paragraphs(low: int, high: int) -> Parser[object, str]:
    """As text, but with line breaks, which are stored as line feeds."""

    @described({"type": "string", "minLength": low, "maxLength": high, "pattern": rf"^(?:[^{CONTROL}]|\r?\n)*$"})
    def parse(value: object) -> str:
        if type(value) is not str:
            raise wrong_type(value, "not_a_string")
        string = value.replace("\r\n", "\n")
        if NO_TEXT.search(string.replace("\n", "")):
            raise Invalid("control_character")
        if not low <= len(string) <= high:
            raise Invalid("wrong_length", low=low, high=high)
        return string

    return parse


def _text(low: int, high: int, pattern: str, *, strip: bool) -> Parser[object, str]:
    @described({"type": "string", "minLength": low, "maxLength": high, "pattern": pattern})
    def parse(value: object) -> str:
        if type(value) is not str:
            raise wrong_type(value, "not_a_string")
        string = value.strip() if strip else value
        if NO_TEXT.search(string):
            raise Invalid("control_character")
        if not low <= len(string) <= high:
            raise Invalid("wrong_length", low=low, high=high)
        return string

    return parse


def integer(low: int, high: int, **more: object) -> Parser[object, int]:
    """An integer from *low* to *high*; its schema says *more*."""

    @described({"type": "integer", "minimum": low, "maximum": high, **more})
    def parse(value: object) -> int:
        if type(value) is not int:  # a JSON true is not the integer 1
            raise wrong_type(value, "not_an_integer")
        if not low <= value <= high:
            raise Invalid("out_of_range", low=low, high=high)
        return value

    return parse


identifier = integer(1, MAX_BIGINT, format="int64")


@described({"type": "boolean"})
def boolean(value: object) -> bool:
    if type(value) is not bool:
        raise Invalid("not_a_boolean")
    return value


def choice(*names: str, **aliases: str) -> Parser[object, str]:
    """One of *names*, or one of *aliases*, which is stored as the name that it stands for."""
    stored = {name: name for name in names} | aliases

    @described({"type": "string", "enum": list(stored)})
    def parse(value: object) -> str:
        if type(value) is not str:
            raise wrong_type(value, "not_a_string")
        if value not in stored:
            raise Invalid("invalid_choice", choices=", ".join(stored))
        return stored[value]

    return parse


@described(
    {
        "anyOf": [
            {"type": "string", "format": "idn-hostname", "minLength": 1, "maxLength": 253},
            {"type": "string", "format": "ipv4"},
            {"type": "string", "format": "ipv6"},
        ],
        "description": "A host name, internationalized ones included, or an IP address; no scheme, port, path or user.",
        "examples": ["smtp.example.com"],
    }
)
def hostname(value: object) -> str:
    """A host name as lower-case A-labels without trailing dot, or an IP address in its shortest form."""
    if type(value) is not str:
        raise wrong_type(value, "not_a_string")
    if len(value) > 1024:
        raise Invalid("invalid_hostname")
    try:
        return str(ipaddress.ip_address(value)) if ADDRESS.fullmatch(value) else to_a_labels(value)
    except (ValueError, UnicodeError) as error:
        raise Invalid("invalid_hostname") from error


def to_a_labels(string: str) -> str:
    """A host name in lower case without trailing dot; ValueError if it is none."""
    name = string if string.isascii() else idna.encode(string, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    if len(name) > 253 or not NAME.fullmatch(name):
        raise ValueError(string)
    if ".xn--" in f".{name}":
        idna.decode(name)
    return name


def _any_case(codes: Iterable[str]) -> str:
    """A pattern of two-letter *codes* in any case, grouped by their first letter."""
    groups = [
        f"[{first}{first.lower()}][{''.join(code[1] + code[1].lower() for code in same)}]"
        for first, same in groupby(sorted(codes), key=lambda code: code[0])
    ]
    return f"^(?:{'|'.join(groups)})$"


@described({"type": "string", "pattern": _any_case(COUNTRY_CODES), "description": "ISO 3166-1 alpha-2, in any case"})
def country_code(value: object) -> str:
    if type(value) is not str:
        raise wrong_type(value, "not_a_string")
    if not value.isascii() or value.upper() not in COUNTRY_CODES:  # ß.upper() is SS
        raise Invalid("invalid_country_code", value=value[:20])
    return value.upper()


@described({"type": "array", "items": country_code.schema})
def country_codes(value: object) -> list[str] | None:
    """Upper-case ISO 3166-1 alpha-2 codes, the first of equals kept; an empty list is None."""
    if type(value) is not list:
        raise Invalid("not_a_list")
    codes: dict[str, None] = {}
    for code in value:
        if type(code) is not str or not code.isascii() or code.upper() not in COUNTRY_CODES:
            raise Invalid("invalid_country_code", value=str(code)[:20])
        codes[code.upper()] = None
    return list(codes) or None
