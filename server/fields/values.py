"""Parsers of field values: the value to store, or Invalid."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from uuid import UUID

import idna

from server.fields.countries import COUNTRY_CODES

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
CANONICAL_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
E164 = re.compile(r"\+[1-9][0-9]{1,14}")
LOCAL_PART = re.compile(r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,64}")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LOCATION_CODE = re.compile("[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
MAX_BIGINT = 2**63 - 1


class Invalid(ValueError):
    """What is wrong with a value: a path below the field, a code, and the words' parameters, each."""

    def __init__(self, code: str = "", /, **parameters: object) -> None:
        super().__init__(code)
        self.reasons: list[tuple[str, str, dict[str, object]]] = [("", code, parameters)] if code else []


def nullable(parse: Callable[[object], object]) -> Callable[[object], object]:
    return lambda value: None if value is None else parse(value)


def text(low: int, high: int) -> Callable[[object], str]:
    """A string of *low* to *high* characters, none of them a control character."""

    def parse(value: object) -> str:
        string = _string(value)
        if CONTROL.search(string):
            raise Invalid("control_character")
        if not low <= len(string) <= high:
            raise Invalid("wrong_length", low=low, high=high)
        return string

    return parse


def trimmed(low: int, high: int) -> Callable[[object], str]:
    parse = text(low, high)
    return lambda value: parse(_string(value).strip())


def integer(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if value is None:
            raise Invalid("not_nullable")
        if type(value) is not int:  # a JSON true is not the integer 1
            raise Invalid("not_an_integer")
        if not low <= value <= high:
            raise Invalid("out_of_range", low=low, high=high)
        return value

    return parse


def identifier(value: object) -> int:
    return integer(1, MAX_BIGINT)(value)


def boolean(value: object) -> bool:
    if type(value) is not bool:
        raise Invalid("not_a_boolean")
    return value


def choice(accepted: dict[str, str]) -> Callable[[object], str]:
    """One of the keys of *accepted*, stored as its value."""

    def parse(value: object) -> str:
        string = _string(value)
        if string not in accepted:
            raise Invalid("invalid_choice", choices=", ".join(accepted))
        return accepted[string]

    return parse


def hostname(value: object) -> str:
    """A host name as lower-case A-labels without trailing dot, or an IP address in its shortest form."""
    string = _string(value)
    if not string or len(string) > 1024:
        raise Invalid("invalid_hostname")
    try:
        return _address(string) or _name(string)
    except (ValueError, UnicodeError) as error:
        raise Invalid("invalid_hostname") from error


def email(value: object) -> str:
    string = _string(value)
    local, at, domain = string.rpartition("@")
    if not at or not LOCAL_PART.fullmatch(local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise Invalid("invalid_email")
    if len(string) > 320:
        raise Invalid("wrong_length", low=3, high=320)
    try:
        _name(domain)
    except (ValueError, UnicodeError) as error:
        raise Invalid("invalid_email") from error
    return string


def phone_number(value: object) -> str:
    string = _string(value)
    if not E164.fullmatch(string):
        raise Invalid("invalid_phone_number")
    return string


def country_code(value: object) -> str:
    string = _string(value)
    if not string.isascii() or string.upper() not in COUNTRY_CODES:
        raise Invalid("invalid_country_code", value=string[:20])
    return string.upper()


def location_code(value: object) -> str:
    string = _string(value)
    if not LOCATION_CODE.fullmatch(string):
        raise Invalid("invalid_location_code")
    return string


def country_codes(value: object) -> list[str] | None:
    """Upper-case ISO 3166-1 alpha-2 codes, the first of equals kept; an empty list is None."""
    if type(value) is not list:
        raise Invalid("not_a_list")
    codes: dict[str, None] = {}
    for code in value:
        if type(code) is not str or not code.isascii() or code.upper() not in COUNTRY_CODES:  # ß.upper() is SS
            raise Invalid("invalid_country_code", value=str(code)[:20])
        codes[code.upper()] = None
    return list(codes) or None


def customer(value: object) -> int | UUID:
    """A customer's number or public UUID."""
    if type(value) is int and 1 <= value <= MAX_BIGINT:
        return value
    if type(value) is str and CANONICAL_UUID.fullmatch(value):
        return UUID(value)
    raise Invalid("invalid_customer")


def customers(value: object) -> list[int | UUID]:
    """Customers by number or public UUID, the first of equals kept."""
    if type(value) is not list:
        raise Invalid("not_a_list")
    if len(value) > 1000:
        raise Invalid("too_many", limit=1000)
    return list(dict.fromkeys(map(customer, value)))


def merge(parts: Iterable[tuple[str, Callable[[], object]]]) -> None:
    """Run every part; one Invalid with the reasons of all that refuse, each below its path."""
    merged = Invalid()
    for path, part in parts:
        try:
            part()
        except Invalid as error:
            merged.reasons.extend((path + below, code, words) for below, code, words in error.reasons)
    if merged.reasons:
        raise merged


def _string(value: object) -> str:
    if value is None:
        raise Invalid("not_nullable")
    if type(value) is not str:
        raise Invalid("not_a_string")
    return value


def _address(string: str) -> str | None:
    if "%" in string:  # a zone id means something on one machine only
        raise ValueError(string)
    try:
        return str(ipaddress.ip_address(string))
    except ValueError:
        return None


def _name(string: str) -> str:
    name = string if string.isascii() else idna.encode(string, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError(string)
    if labels[-1].isdigit() or re.fullmatch("0x[0-9a-f]*", labels[-1]):
        raise ValueError(string)  # some resolvers take such a name for an address
    if any(label.startswith("xn--") for label in labels):
        idna.decode(name)
    return name
