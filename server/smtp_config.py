"""The smtpConfig object of a monitor: judged whole, kept as sent, its password apart."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from server.fields import Invalid, boolean, merge, text

FLAGS = ("secure", "ignoreTls", "requireTls")
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
    known = {flag: boolean for flag in FLAGS if flag in value}
    merge(
        [
            *((f".{flag}", lambda flag=flag, check=check: check(value[flag])) for flag, check in known.items()),
            *((f".{key}", _unknown) for key in value if key not in FLAGS and key != "auth"),
            ("", lambda: _check_tls(value)),
            (".auth", lambda: _check_auth(auth)),
        ]
    )
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
    merge(
        (f".{key}", (lambda key=key, value=value: AUTH[key](value)) if key in AUTH else _unknown)
        for key, value in auth.items()
    )


def _unknown() -> None:
    raise Invalid("unknown_field")
