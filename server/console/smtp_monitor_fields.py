"""A monitor as a form shows it, and what of it a form changes.

A form keeps what was read beside what is sent, as the same text. So what differs was changed by this visitor, whatever
others have changed meanwhile. smtpConfig is taken apart for the form and put together for the API, which replaces it
whole: the members that nobody touched, and the password that no form shows, are those that are stored.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from server.console.smtp_monitor_facts import flat

GROUPS: dict[str, dict[str, str]] = {
    "server": {"name": "text", "hostname": "text", "port": "number", "status": "choice"},
    "times": {"checkInterval": "number", "timeoutSeconds": "number", "allowedCheckCountryCodes": "codes"},
    "told": {"notificationEmail": "text", "notificationPhoneNumber": "text"},
    "encryption": {
        "smtpConfig.secure": "flag",
        "smtpConfig.requireTls": "flag",
        "smtpConfig.ignoreTls": "flag",
        "smtpConfig.tls.verify": "choice",
        "smtpConfig.tls.servername": "text",
        "smtpConfig.tls.minVersion": "choice",
        "smtpConfig.tls.warnDays": "number",
        "smtpConfig.tls.criticalDays": "number",
    },
    "log_in": {"smtpConfig.auth.user": "text"},
    "dialogue": {
        "smtpConfig.ehloName": "text",
        "smtpConfig.mailFrom": "sender",
        "smtpConfig.rcptTo": "text",
        "smtpConfig.expect": "choice",
        "smtpConfig.expectGreeting": "text",
        "smtpConfig.warnMs": "number",
    },
}
KINDS = {name: kind for group in GROUPS.values() for name, kind in group.items()}
CHOICES = {
    "status": ("active", "maintenance", "disabled"),
    "smtpConfig.tls.verify": ("", "true", "false"),
    "smtpConfig.tls.minVersion": ("", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"),
    "smtpConfig.expect": ("", "accepted", "refused"),
}
PASSWORD = "smtpConfig.auth.pass"  # noqa: S105
CONFIG = "smtpConfig."
NULL_SENDER = "<>"
EMPTY = {name: {"flag": "false"}.get(kind, "") for name, kind in KINDS.items()} | {"status": "active"}


def texts_of(monitor: Mapping[str, Any]) -> dict[str, str]:
    """Each field as a form's text."""
    values = {**monitor, **{CONFIG + name: value for name, value in flat(monitor["smtpConfig"]).items()}}
    return {name: _text(kind, values.get(name)) for name, kind in KINDS.items()}


def _text(kind: str, value: Any) -> str:
    if kind == "sender" and value == "":
        return NULL_SENDER
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None and kind != "flag" else "false" if value is None else str(value)


def read_and_sent(form: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What the form was filled with, and what came back. A box that is not ticked is not sent by a browser."""
    read = {name: form.get(f"read.{name}", EMPTY[name]) for name in KINDS}
    unticked = {name: "false" for name, kind in KINDS.items() if kind == "flag" and "whole" in form}
    return read, {name: form.get(name, unticked.get(name, read[name])).strip() for name in KINDS}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return [name for name in KINDS if one[name] != other[name]]


def body_of(
    names: Iterable[str], sent: Mapping[str, str], stored: Mapping[str, Any], password: str | None
) -> dict[str, Any]:
    """The body of the PATCH or POST that changes the fields *names*, on top of the *stored* smtpConfig."""
    body: dict[str, Any] = {}
    config: dict[str, Any] = {key: {**one} if isinstance(one, dict) else one for key, one in stored.items()}
    touched = bool(password)
    for name in names:
        value = _value(KINDS[name], sent[name])
        if name.startswith(CONFIG):
            _put(config, name.removeprefix(CONFIG).split("."), value)
            touched = True
        else:
            body[name] = value
    if password:
        config["auth"] = {**(config.get("auth") or {}), "pass": password}
    return {**body, "smtpConfig": config} if touched else body


def _put(config: dict[str, Any], path: list[str], value: Any) -> None:
    """Nothing takes a member out; without a user name there is no log-in at all."""
    *outer, last = path
    if path == ["auth", "user"] and value is None:
        config.pop("auth", None)
        return
    within = config
    for name in outer:
        within[name] = {**(within.get(name) or {})}
        within = within[name]
    if value is None:
        within.pop(last, None)
    else:
        within[last] = value


def _value(kind: str, text: str) -> Any:
    """What the API gets; what is no number is sent as it is, so that the API says what is wrong with it."""
    if text == "" and kind != "flag":
        return None
    if kind == "sender" and text == NULL_SENDER:
        return ""
    if kind == "codes":
        return [code.strip() for code in text.replace(";", ",").split(",") if code.strip()]
    if text in ("true", "false") and kind in ("flag", "choice"):
        return text == "true"
    return int(text) if kind == "number" and text.isascii() and text.isdigit() and len(text) < 16 else text
