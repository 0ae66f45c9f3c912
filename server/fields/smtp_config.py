"""The smtpConfig object of a monitor: judged whole, kept as sent, its password apart."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from server.fields.contacts import mailbox, sender
from server.fields.ehlo_name import ehlo_name
from server.fields.objects import members
from server.fields.parser import Field, Schema, described, or_null
from server.fields.values import Reason, boolean, choice, hostname, integer, nullable, text

MAX_DAYS = 3650


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


def _contradictions(config: dict[str, Any]) -> list[Reason]:
    found: list[Reason] = []
    if config.get("ignoreTls") is True and (config.get("requireTls") is True or config.get("secure") is True):
        found.append(("", "tls_conflict", {}))
    if config.get("expect") is not None and config.get("rcptTo") is None:
        found.append((".expect", "needs_rcpt_to", {}))
    return found


def _all_true(*names: str) -> Schema:
    return {"properties": {name: {"const": True} for name in names}, "required": list(names)}


# what _contradictions finds, as a schema
_RULES: Schema = {
    "not": {"anyOf": [_all_true("ignoreTls", "requireTls"), _all_true("ignoreTls", "secure")]},
    "anyOf": [
        {"properties": {"expect": {"type": "null"}}},
        {"properties": {"rcptTo": {"type": "string"}}, "required": ["rcptTo"]},
    ],
}
AUTH = members({"user": text(0, 320), "pass": text(0, 1024)})
TLS_FIELDS: dict[str, Field] = {
    "verify": boolean,
    "servername": nullable(hostname),
    "minVersion": nullable(choice("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
    "warnDays": integer(0, MAX_DAYS),
    "criticalDays": integer(0, MAX_DAYS),
}
TLS = members(TLS_FIELDS)
FIELDS: dict[str, Field] = {
    "secure": boolean,
    "ignoreTls": boolean,
    "requireTls": boolean,
    "auth": nullable(AUTH),
    "tls": nullable(TLS),
    "ehloName": nullable(ehlo_name),
    "mailFrom": nullable(sender),
    "rcptTo": nullable(mailbox),
    "expect": nullable(choice("accepted", "refused")),
    "expectGreeting": nullable(text(1, 255)),
    "warnMs": nullable(integer(1, 120_000)),
}
CONFIG = members(FIELDS, _contradictions, **_RULES)


@described(or_null(CONFIG.schema))
def parse(value: object) -> SmtpConfig:
    """The config to store; null is the empty one."""
    if value is None:
        return SmtpConfig()
    config = CONFIG(value)
    auth = config.get("auth")
    if auth is None or "pass" not in auth:
        return SmtpConfig(orjson.dumps(config).decode())
    return SmtpConfig(orjson.dumps({**config, "auth": {**auth, "pass": None}}).decode(), auth["pass"])


def with_password(config: str, password: str) -> str:
    """The stored *config* as it was sent: its one ``"pass":null`` stands for *password*."""
    return config.replace('"pass":null', f'"pass":{orjson.dumps(password).decode()}', 1)
