"""Parsers of what somebody is written to or called at."""

import re

from server.fields.parser import described
from server.fields.values import Invalid, to_a_labels, wrong_type

LOCAL_PART = re.compile(r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,64}")
# RFC 2047: programs read in it another text, and so another address
ENCODED_WORD = re.compile(r"=\?[^?]*\?[^?]*\?.*\?=")
MIN_EMAIL, MAX_EMAIL = 3, 320
E164 = re.compile(r"\+[1-9][0-9]{1,14}")


@described({"type": "string", "format": "idn-email", "minLength": MIN_EMAIL, "maxLength": MAX_EMAIL})
def email(value: object) -> str:
    if type(value) is not str:
        raise wrong_type(value, "not_a_string")
    local, at, domain = value.rpartition("@")
    if not at or not LOCAL_PART.fullmatch(local) or local[0] == "." or local[-1] == "." or ".." in local:
        raise Invalid("invalid_email")
    # Characters that nobody sees make two addresses look like one.
    if ENCODED_WORD.search(local) or not local.isprintable():
        raise Invalid("invalid_email")
    if len(value) > MAX_EMAIL:
        raise Invalid("wrong_length", low=MIN_EMAIL, high=MAX_EMAIL)
    try:
        to_a_labels(domain)
    except (ValueError, UnicodeError) as error:
        raise Invalid("invalid_email") from error
    return value


@described({**email.schema, "format": "email"})
def mailbox(value: object) -> str:
    """An address that every server understands: one in ASCII, its domain in A-labels."""
    address = email(value)
    if not address.isascii():
        raise Invalid("not_ascii")
    return address


@described({"anyOf": [{"const": ""}, mailbox.schema]})
def sender(value: object) -> str:
    """A mailbox, or the empty string that stands for the null sender."""
    return "" if value == "" else mailbox(value)


@described({"type": "string", "pattern": f"^{E164.pattern}$", "description": "E.164", "examples": ["+4930123456"]})
def phone_number(value: object) -> str:
    if type(value) is not str:
        raise wrong_type(value, "not_a_string")
    if not E164.fullmatch(value):
        raise Invalid("invalid_phone_number")
    return value
