"""A change of a monitor: what is kept of it, how it is shown, and what it replaced."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import orjson
from aiohttp import web

from server.access.key_ring import KeyRing
from server.handlers.keys import CALLER
from server.http.answers import timestamp
from server.http.client_address import client_address
from server.resources.smtp_monitors import COLUMNS, config_with_password
from server.serving.config import Config
from sql.smtp_monitor_patches import Change

FIELDS = {column: field for field, column in COLUMNS.items()} | {"smtp_config": "smtpConfig"}


def change_of(request: web.Request, config: Config, columns: Mapping[str, object]) -> Change | None:
    """Who makes this request changes *columns*; None where changes are not kept."""
    if not config.audit:
        return None
    caller = request[CALLER]
    actor = {"userId": caller.id, "email": caller.email, "tokenName": caller.token_name}
    shown = {column: value for column, value in columns.items() if column in FIELDS}
    if "smtp_config" in shown:
        shown["smtp_config"] = orjson.Fragment(str(shown["smtp_config"]))
    return Change(orjson.dumps(actor).decode(), client_address(request), orjson.dumps(shown).decode())


def represent(row: asyncpg.Record) -> dict[str, object]:
    """Each field that was named, before and after; passwords are null in both."""
    before, after = _columns(row["before"]), _columns(row["after"])
    named = before if row["after"] is None else after
    return {
        "id": row["version"],
        "action": "created" if row["before"] is None else "deleted" if row["after"] is None else "updated",
        "changedAt": timestamp(row["changed_at"]),
        "actor": orjson.Fragment(row["actor"]),
        "address": row["address"],
        "fields": [
            {"field": FIELDS[column], "before": before.get(column), "after": after.get(column)} for column in named
        ],
    }


def body_before(row: asyncpg.Record, ring: KeyRing, public_id: UUID) -> dict[str, object]:
    """The body of the PATCH that brings back what a change replaced."""
    before = _columns(row["before"])
    body = {FIELDS[column]: before[column] for column in _columns(row["after"])}
    if row["before_password"] is not None:
        config = orjson.dumps(before["smtp_config"]).decode()
        body["smtpConfig"] = orjson.loads(config_with_password(config, row["before_password"], ring, public_id))
    return body


def _columns(json: str | None) -> dict[str, object]:
    columns: dict[str, object] = {} if json is None else orjson.loads(json)
    return columns
