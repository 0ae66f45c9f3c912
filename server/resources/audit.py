"""The audit of administration: what is recorded of a change, and how it is shown.

An event is written in the transaction of what it tells of, so that there is never one without the other. It holds what
the API shows of the resource before and after, never a secret. Triggers refuse to change an event or to remove one;
only retention does. Log-ins that fail are recorded for every user with the address; at an address that nobody has,
without it, because people type passwords there (``tests/api/test_audit.py``).
"""

import contextlib
import functools
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import orjson

import sql
from server.access.caller import Caller
from server.fields.moments import moment
from server.fields.parser import Parameter, described
from server.fields.values import choice, text
from server.http import query
from server.http.times import timestamp
from sql.audit_events import NO_ORGANIZATION
from sql.connection import Connection, Executor

Shown = Mapping[str, object]

ACTIONS = ("created", "updated", "deleted", "logged_in", "log_in_failed", "logged_out")
RESOURCES = (
    "cell",
    "customer",
    "incident",
    "location",
    "maintenance_window",
    "organization",
    "session",
    "smtp_monitor",
    "status_page",
    "status_page_message",
    "token",
    "user",
    "webhook",
)
UNTOLD = frozenset({"updatedAt", "lastUsedAt"})  # these change by themselves
NUMBER = re.compile("[1-9][0-9]{0,17}")
_words = text(1, 320)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and from which client address; an operator at the command line has no user."""

    address: str
    user_id: int | None = None
    email: str | None = None
    token_name: str | None = None

    @classmethod
    def of(cls, caller: Caller, address: str) -> "Actor":
        return cls(address, caller.id, caller.email, caller.token_name)


OPERATOR = Actor("command line")


@described(_words.schema)
def _actor(value: str) -> int | str:
    """A user's number or e-mail address."""
    words = _words(value)
    return int(words) if NUMBER.fullmatch(words) else words.lower()


FILTERS: dict[str, Parameter] = {
    "organizationId": query.identifier,
    "actor": _actor,
    "action": choice(*ACTIONS),
    "resource": choice(*RESOURCES),
    "resourceId": text(1, 64),
    "from": moment,
    "to": moment,
    **query.PAGING,
}


class Record(Protocol):
    """Records what a change made of a resource, or nothing if it made nothing of it.

    *before* and *after* are what the API shows of it, *id_key* which of their keys names it. *secrets* were changed,
    and are not told.
    """

    async def __call__(
        self,
        resource: str,
        organization_id: int,
        /,
        *,
        before: Shown | None = None,
        after: Shown | None = None,
        id_key: str = "id",
        secrets: tuple[str, ...] = (),
    ) -> None: ...


@contextlib.asynccontextmanager
async def recording(pool: asyncpg.Pool, actor: Actor) -> AsyncIterator[tuple[Connection, Record]]:
    """A transaction, and what records in it what *actor* does."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection, functools.partial(record, connection, actor)


async def record(
    connection: Executor,
    actor: Actor,
    resource: str,
    organization_id: int,
    /,
    *,
    before: Shown | None = None,
    after: Shown | None = None,
    id_key: str = "id",
    secrets: tuple[str, ...] = (),
) -> None:
    """A Record, of what *actor* does in the transaction of that connection."""
    resource_id = str((after or before or {})[id_key])
    action = "created" if before is None else "deleted" if after is None else "updated"
    if before is not None and after is not None:
        changed = [key for key in after if after[key] != before[key] and key not in UNTOLD]
        if not changed and not secrets:
            return
        before = {key: before[key] for key in changed} | dict.fromkeys(secrets)
        after = {key: after[key] for key in changed} | dict.fromkeys(secrets)
    await _insert(connection, actor, action, resource, organization_id, resource_id, before=before, after=after)


async def record_session(connection: Executor, actor: Actor, action: str, caller: Caller) -> None:
    await _insert(connection, actor, action, "session", caller.organization_id, str(caller.session_id))


def to_condition(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The events that *filters* ask for."""
    who = filters.get("actor")
    return {
        "organization_id": filters.get("organizationId"),
        "actor_id": who if isinstance(who, int) else None,
        "actor_email": who if isinstance(who, str) else None,
        "action": filters.get("action"),
        "resource": filters.get("resource"),
        "resource_id": filters.get("resourceId"),
        "since": filters.get("from"),
        "before": filters.get("to"),
    }


def represent(row: asyncpg.Record) -> dict[str, object]:
    organization_id, before, after = row["organization_id"], row["before"], row["after"]
    return {
        "id": row["id"],
        "organizationId": None if organization_id == NO_ORGANIZATION else organization_id,
        "happenedAt": timestamp(row["happened_at"]),
        "actor": {"userId": row["actor_id"], "email": row["actor_email"], "tokenName": row["token_name"]},
        "address": row["address"],
        "action": row["action"],
        "resource": row["resource"],
        "resourceId": row["resource_id"],
        "before": None if before is None else orjson.Fragment(before),
        "after": None if after is None else orjson.Fragment(after),
    }


async def _insert(
    connection: Executor,
    actor: Actor,
    action: str,
    resource: str,
    organization_id: int,
    resource_id: str,
    *,
    before: Shown | None = None,
    after: Shown | None = None,
) -> None:
    await sql.audit_events.insert(
        connection,
        organization_id,
        address=actor.address,
        actor_id=actor.user_id,
        actor_email=actor.email,
        token_name=actor.token_name,
        action=action,
        resource=resource,
        resource_id=resource_id,
        before=None if before is None else orjson.dumps(before).decode(),
        after=None if after is None else orjson.dumps(after).decode(),
    )
