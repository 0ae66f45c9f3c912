"""What happens, as server-sent events: what listeners may ask for, and how they are told."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import orjson

from server.access.event_facts import Event
from server.access.listener_queues import Position
from server.fields.parser import Parameter, described
from server.fields.values import Invalid
from server.http import query
from server.http.times import timestamp_of
from server.resources.incidents import represent as represent_incident
from server.resources.smtp_monitor_changes import FIELDS
from server.resources.smtp_monitor_states import represent as represent_state
from sql.connection import Reach

HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}  # nginx holds nothing back
RETRY_MS = 2000  # after which a client comes again
BEGIN = b"retry: %d\n\n" % RETRY_MS
LAST_EVENT_ID = "Last-Event-ID"
NOWHERE = Position(-1, 0, 0)  # nobody can go on from it
PLACE = re.compile(r"([0-9]{1,3})\.([0-9]{1,19})\.([0-9]{1,12})")


def place_of(position: Position) -> str:
    """Opaque to clients. It gives no access: whoever sends it sees what he may see."""
    text = f"{position.cell}.{position.xid}.{position.seconds}"
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def position_of(place: str) -> Position:
    """NOWHERE for what is no place of ours: whoever sends it has to read anew."""
    try:
        found = PLACE.fullmatch(urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode())
    except ValueError:
        return NOWHERE
    return Position(*map(int, found.groups())) if found else NOWHERE


@described({"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"})
def last_event_id(value: str) -> Position:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise Invalid("invalid_event_id")
    return position_of(value)


FILTERS: dict[str, Parameter] = {
    "organizationId": query.identifier,
    "customerId": query.identifier,
    "lastEventId": last_event_id,
}


def within(reach: Reach, asked: Mapping[str, Any]) -> tuple[int | None, frozenset[int] | None]:
    """The organization to listen to, and its customers; None is all. Where nothing asked for is in reach, nobody's."""
    organization_id = asked.get("organizationId", reach.organization_id)
    customers = None if reach.customer_ids is None else frozenset(reach.customer_ids)
    if "customerId" in asked:
        wanted = frozenset({asked["customerId"]})
        customers = wanted if customers is None else customers & wanted
    if reach.organization_id is not None and organization_id != reach.organization_id:
        return reach.organization_id, frozenset()
    return organization_id, customers


def frame(events: Sequence[Event], position: Position | None, language: str) -> bytes:
    """Those events, and then the place after them all; or the place alone, which tells that we are alive."""
    told = b"".join([_text(event, language) for event in events])
    return told + (b":\n\n" if position is None else f":\nid: {place_of(position)}\n\n".encode())


def _text(event: Event, language: str) -> bytes:
    if language not in event.rendered:
        name = "incident" if event.incident is not None else event.kind
        event.rendered[language] = (
            f"event: {name}\ndata: ".encode() + orjson.dumps(represent(event, language)) + b"\n\n"
        )
    return event.rendered[language]


def represent(event: Event, language: str) -> dict[str, object]:
    """The data of an event. There is no value of a field in it, and so no password and no address of a webhook."""
    if event.kind == "reset":
        return {}
    about = {"smtpMonitorId": str(event.public_id), "customerId": event.customer_id}
    if event.incident is not None:
        return about | {"name": event.name, "kind": event.kind} | represent_incident(event.incident, language)
    if event.change is not None:
        return about | _change(event.change)
    assert event.monitor is not None
    return about | {"name": event.name} | represent_state(event.monitor, language)


def _change(row: asyncpg.Record) -> dict[str, object]:
    return {
        "changeId": row["version"],
        "action": "created" if row["made"] else "deleted" if row["gone"] else "updated",
        "changedAt": timestamp_of(row["changed_at"]),
        "actor": orjson.Fragment(row["actor"]),
        "fields": [FIELDS[column] for column in row["columns"]],
    }
