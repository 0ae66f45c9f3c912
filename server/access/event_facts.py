"""What happened, as listeners may be told: rows of events, with the monitors and incidents that they are about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import asyncpg

import sql
from sql.connection import Executor
from sql.events import Named


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Of whom it is, and its facts; without *customer_id* it is of all customers.

    *rendered* is its text by language: all listeners are sent the same.
    """

    organization_id: int
    customer_id: int | None
    kind: str
    monitor: asyncpg.Record | None = None  # None if it is gone
    incident: asyncpg.Record | None = None
    change: asyncpg.Record | None = None
    public_id: object = None
    rendered: dict[str, bytes] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """Of the monitor."""
        return None if self.monitor is None else self.monitor["name"]


def reset(organization_id: int) -> Event:
    """Something was missed, or is too much to tell: whoever listens has to read anew."""
    return Event(organization_id, None, "reset")


async def find(db: Executor, rows: Sequence[asyncpg.Record]) -> list[Event]:
    """The events that *rows* stand for, in their order."""
    monitors = _by_key(await sql.events.select_monitors(db, {key for row in rows for key in _monitors(row)}))
    incidents = _by_key(await sql.events.select_incidents(db, {key for row in rows for key in _incidents(row)}))
    changes = await sql.events.select_changes(db, {key for row in rows for key in _changes(row)})
    versions = {Named(row["organization_id"], row["id"], row["version"]): row for row in changes}
    found: list[Event] = []
    stated: set[asyncpg.Record] = set()  # a state is told as it is now, so once
    for row in rows:
        for key in _changes(row) or _monitors(row):
            monitor = monitors.get(Named(key.organization_id, key.id))
            customer_id = row["customer_id"] if monitor is None else monitor["customer_id"]
            if customer_id is None:
                continue  # the monitor is gone, which a later event tells of
            public_id = row["public_id"] if monitor is None else monitor["public_id"]
            incident = incidents.get(Named(key.organization_id, row["incident_id"] or 0))
            change = versions.get(key)
            event = Event(key.organization_id, customer_id, row["kind"], monitor, incident, change, public_id)
            if _whole(event) and event.kind != "state":
                found.append(event)
            changes_state = event.kind == "state" or (change is not None and "status" in change["columns"])
            if monitor is not None and changes_state and monitor not in stated:
                stated.add(monitor)
                found.append(Event(key.organization_id, customer_id, "state", monitor, public_id=public_id))
    return found


def count(rows: Iterable[asyncpg.Record]) -> int:
    return sum(len(row["smtp_monitor_ids"]) for row in rows)


def _whole(event: Event) -> bool:
    """Whether what it is about is still there."""
    return event.change is not None if event.kind == "change" else None not in (event.incident, event.monitor)


def _monitors(row: asyncpg.Record) -> list[Named]:
    return [Named(row["organization_id"], monitor_id) for monitor_id in row["smtp_monitor_ids"]]


def _incidents(row: asyncpg.Record) -> list[Named]:
    return [] if row["incident_id"] is None else [Named(row["organization_id"], row["incident_id"])]


def _changes(row: asyncpg.Record) -> list[Named]:
    if row["versions"] is None:
        return []
    pairs = zip(row["smtp_monitor_ids"], row["versions"], strict=True)
    return [Named(row["organization_id"], monitor_id, version) for monitor_id, version in pairs]


def _by_key(rows: Sequence[asyncpg.Record]) -> dict[Named, asyncpg.Record]:
    return {Named(row["organization_id"], row["id"]): row for row in rows}
