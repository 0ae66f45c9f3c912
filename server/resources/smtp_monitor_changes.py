"""A change of a monitor: what is kept of it, how it is shown, and how it is taken back."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import orjson
from aiohttp import web

from server.access.caller import Caller
from server.access.key_ring import KeyRing
from server.http.requests import ADDRESS
from server.http.times import timestamp
from server.resources.smtp_monitors import COLUMNS, with_password
from sql.smtp_monitor_patches import Change

FIELDS = {column: field for field, column in COLUMNS.items()} | {"smtp_config": "smtpConfig"}


class ChangeKeeper:
    """Describes changes, if the server *keeps* them."""

    def __init__(self, *, keeps: bool) -> None:
        self._keeps = keeps

    def describe(self, request: web.Request, caller: Caller, columns: Mapping[str, object]) -> Change | None:
        """What is kept when *caller* changes *columns*; None if nothing is. Passwords are kept apart, encrypted."""
        if not self._keeps:
            return None
        after = columns
        if "smtp_config" in columns:
            config = orjson.Fragment(str(columns["smtp_config"]))
            after = {column: value for column, value in columns.items() if column in FIELDS} | {"smtp_config": config}
        return Change(caller.actor, request[ADDRESS], orjson.dumps(after).decode())


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
    """The body of the PATCH that restores what a change replaced."""
    before = _columns(row["before"])
    body = {FIELDS[column]: before[column] for column in _columns(row["after"])}
    if row["before_password"] is not None:
        config = orjson.dumps(before["smtp_config"]).decode()
        body["smtpConfig"] = orjson.loads(with_password(config, row["before_password"], ring, public_id))
    return body


def _columns(json: str | None) -> dict[str, object]:
    columns: dict[str, object] = {} if json is None else orjson.loads(json)
    return columns
