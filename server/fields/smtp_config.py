"""The smtpConfig object of a monitor: judged whole, kept as sent, its password apart."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import orjson

from server.fields.values import Invalid, boolean, choice, email, hostname, integer, merge, nullable, text

Known = Mapping[str, Callable[[object], object]]
MAX_DAYS = 3650
ADDRESS_LITERAL = re.compile(r"\[(?:IPv6:([0-9a-fA-F:.]+)|([0-9.]+))\]")
AUTH: Known = {"user": text(0, 320), "pass": text(0, 1024)}
TLS: Known = {
    "verify": boolean,
    "servername": nullable(hostname),
    "minVersion": nullable(choice({name: name for name in ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")})),
    "warnDays": integer(0, MAX_DAYS),
    "criticalDays": integer(0, MAX_DAYS),
}


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """*json* has null for auth.pass if there is one; *password* is what stood there."""

    json: str = "{}"
    password: str | None = field(default=None, repr=False)

    def whole(self) -> dict[str, Any]:
        """The config as it was sent."""
        value: dict[str, Any] = orjson.loads(self.json)
        if self.password is not None:
            value["auth"]["pass"] = self.password
        return value


def parse(value: object) -> SmtpConfig:
    """The config to store; null is the empty one."""
    if value is None:
        return SmtpConfig()
    if type(value) is not dict:
        raise Invalid("not_object")
    auth = value.get("auth")
    merge([*_checks(value, CONFIG), ("", partial(_check_tls, value)), (".expect", partial(_check_expect, value))])
    if type(auth) is not dict or "pass" not in auth:
        return SmtpConfig(orjson.dumps(value).decode())
    return SmtpConfig(orjson.dumps({**value, "auth": {**auth, "pass": None}}).decode(), auth["pass"])


def with_password(config: str, password: str) -> str:
    """The stored *config* as it was sent: its one ``"pass":null`` stands for *password*."""
    return config.replace('"pass":null', f'"pass":{orjson.dumps(password).decode()}', 1)


def _check_tls(value: dict[str, object]) -> None:
    if value.get("ignoreTls") is True and (value.get("requireTls") is True or value.get("secure") is True):
        raise Invalid("tls_conflict")


def _check_expect(value: dict[str, object]) -> None:
    if value.get("expect") is not None and value.get("rcptTo") is None:
        raise Invalid("needs_rcpt_to")


def ehlo_name(value: object) -> str:
    """A host name, or an address literal: ``[192.0.2.1]``, ``[IPv6:2001:db8::1]``."""
    literal = ADDRESS_LITERAL.fullmatch(value) if type(value) is str else None
    if literal is None:
        return hostname(value)
    try:
        IPv6Address(literal[1]) if literal[1] else IPv4Address(literal[2])
    except ValueError as error:
        raise Invalid("invalid_hostname") from error
    return literal[0]


def mailbox(value: object) -> str:
    """An address that every server understands: one in ASCII, its domain in A-labels."""
    address = email(value)
    if not address.isascii():
        raise Invalid("not_ascii")
    return address


def _check_object(known: Known, value: object) -> None:
    if type(value) is not dict:
        raise Invalid("not_object")
    merge(_checks(value, known))


CONFIG: Known = {
    "secure": boolean,
    "ignoreTls": boolean,
    "requireTls": boolean,
    "auth": nullable(partial(_check_object, AUTH)),
    "tls": nullable(partial(_check_object, TLS)),
    "ehloName": nullable(ehlo_name),
    "mailFrom": nullable(lambda value: value == "" or mailbox(value)),
    "rcptTo": nullable(mailbox),
    "expect": nullable(choice({"accepted": "accepted", "refused": "refused"})),
    "expectGreeting": nullable(text(1, 255)),
    "warnMs": nullable(integer(1, 120_000)),
}


def _checks(value: dict[str, object], known: Known) -> Iterator[tuple[str, Callable[[], object]]]:
    for key, part in value.items():
        yield f".{key}", partial(known.get(key, _unknown), part)


def _unknown(_: object) -> None:
    raise Invalid("unknown_field")
