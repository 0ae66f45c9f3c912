"""The smtpConfig object of a monitor: judged whole, kept as sent, its password apart."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import orjson

from server.fields import Invalid, boolean, merge, text

AUTH: dict[str, Callable[[object], object]] = {"user": text(0, 320), "pass": text(0, 1024)}


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """*json* has null for auth.pass if there is one; *password* is what stood there."""

    json: str = "{}"
    password: str | None = field(default=None, repr=False)


def parse(value: object) -> SmtpConfig:
    """The config to store; null is the empty one."""
    if value is None:
        return SmtpConfig()
    if type(value) is not dict:
        raise Invalid("not_object")
    auth = value.get("auth")
    merge([*_checks(value, CONFIG), ("", partial(_check_tls, value))])
    if type(auth) is not dict or "pass" not in auth:
        return SmtpConfig(orjson.dumps(value).decode())
    return SmtpConfig(orjson.dumps({**value, "auth": {**auth, "pass": None}}).decode(), auth["pass"])


def with_password(config: str, password: str) -> bytes:
    """The config as it was sent."""
    value = orjson.loads(config)
    value["auth"]["pass"] = password
    return orjson.dumps(value)


def _check_tls(value: dict[str, object]) -> None:
    if value.get("ignoreTls") is True and (value.get("requireTls") is True or value.get("secure") is True):
        raise Invalid("tls_conflict")


def _check_auth(auth: object) -> None:
    if auth is None:
        return
    if type(auth) is not dict:
        raise Invalid("not_object")
    merge(_checks(auth, AUTH))


CONFIG: dict[str, Callable[[object], object]] = {
    "secure": boolean,
    "ignoreTls": boolean,
    "requireTls": boolean,
    "auth": _check_auth,
}


def _checks(
    value: dict[str, object], known: Mapping[str, Callable[[object], object]]
) -> Iterator[tuple[str, Callable[[], object]]]:
    for key, part in value.items():
        yield f".{key}", partial(known.get(key, _unknown), part)


def _unknown(_: object) -> None:
    raise Invalid("unknown_field")
