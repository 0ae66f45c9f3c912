"""A status page: which monitors it shows, under which names, and to whom."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from server.fields.objects import below, parse_object
from server.fields.parser import Field, Parameter, described
from server.fields.references import customer
from server.fields.values import (
    CANONICAL_UUID,
    UUID_SCHEMA,
    Invalid,
    Reason,
    boolean,
    choice,
    identifier,
    nullable,
    paragraphs,
    trimmed,
    wrong_type,
)
from server.http import query
from server.http.times import timestamp

MAX_MONITORS = 500
MAX_TOLD = 50  # reasons why monitors are wrong
SLUG = re.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
# a path that names no other host, whatever a browser makes of it
OWN_PATH = re.compile("/[A-Za-z0-9._~-][A-Za-z0-9._~/-]{0,253}")


@described({"type": "string", "pattern": f"^{SLUG.pattern}$", "examples": ["example-mail"]})
def slug(value: object) -> str:
    if type(value) is not str or not SLUG.fullmatch(value):
        raise wrong_type(value, "invalid_slug")
    return value


@described({"type": "string", "pattern": f"^{OWN_PATH.pattern}$", "examples": ["/logos/company.svg"]})
def own_path(value: object) -> str:
    if type(value) is not str or not OWN_PATH.fullmatch(value):
        raise wrong_type(value, "invalid_own_path")
    return value


@described(UUID_SCHEMA)
def _monitor(value: object) -> UUID:
    if type(value) is not str or not CANONICAL_UUID.fullmatch(value):
        raise Invalid("invalid_monitor")
    return UUID(value)


MONITOR_FIELDS: dict[str, Field] = {"smtpMonitorId": _monitor, "name": trimmed(1, 100)}
_MONITOR = {
    "type": "object",
    "properties": {name: parse.schema for name, parse in MONITOR_FIELDS.items()},
    "required": list(MONITOR_FIELDS),
    "additionalProperties": False,
}


@described({"type": "array", "items": _MONITOR, "maxItems": MAX_MONITORS})
def monitors(value: object) -> list[tuple[UUID, str]]:
    """Monitors with the names that the page gives them, each once."""
    if type(value) is not list:
        raise wrong_type(value, "not_a_list")
    if len(value) > MAX_MONITORS:
        raise Invalid("too_many", limit=MAX_MONITORS)
    named: dict[UUID, str] = {}
    wrong: list[Reason] = []
    for position, item in enumerate(value):
        try:
            public_id, name = _parse_monitor(item)
            if public_id in named:
                raise Invalid.of([(".smtpMonitorId", "listed_twice", {})])
            named[public_id] = name
        except Invalid as error:
            wrong += below(f"[{position}]", error).reasons
    if wrong:
        raise Invalid.of(wrong[:MAX_TOLD])
    return list(named.items())


FIELDS: dict[str, Field] = {
    "slug": slug,
    "title": trimmed(1, 100),
    "description": paragraphs(0, 2000),
    "logoUrl": nullable(own_path),
    "language": choice("de", "en"),
    "visibility": choice("off", "members", "public"),
    "showHostnames": boolean,
    "showResponseTimes": boolean,
    "monitors": monitors,
}
# whose a page is does not change
SCOPE = frozenset({"organizationId", "customerId"})
CREATE_FIELDS: dict[str, Field] = {**FIELDS, "organizationId": identifier, "customerId": nullable(customer)}
REQUIRED = ("slug", "title")  # to create one
FILTERS: dict[str, Parameter] = {
    "organizationId": query.identifier,
    "customerId": query.identifier,
    **query.PAGING,
}
SERVER_SET = frozenset({"id", "monitorCount", "url", "createdAt", "updatedAt"})
COLUMNS = {
    "slug": "slug",
    "title": "title",
    "description": "description",
    "logoUrl": "logo_url",
    "language": "language",
    "visibility": "visibility",
    "showHostnames": "shows_hostnames",
    "showResponseTimes": "shows_response_times",
}


def to_columns(fields: Mapping[str, Any]) -> dict[str, object]:
    return {COLUMNS[name]: value for name, value in fields.items() if name in COLUMNS}


def represent(row: asyncpg.Record) -> dict[str, object]:
    """Of a list; one page alone also says which monitors it shows."""
    return {
        "id": row["id"],
        "organizationId": row["organization_id"],
        "customerId": row["customer_id"],
        **{name: row[column] for name, column in COLUMNS.items()},
        "url": f"/status/{row['slug']}",
        "monitorCount": row["smtp_monitors"],
        "createdAt": timestamp(row["created_at"]),
        "updatedAt": timestamp(row["updated_at"]),
    }


def represent_whole(row: asyncpg.Record) -> dict[str, object]:
    shown = zip(row["smtp_monitor_public_ids"], row["smtp_monitor_names"], strict=True)
    return {
        **represent(row),
        "monitors": [{"smtpMonitorId": str(public_id), "name": name} for public_id, name in shown],
    }


def require_all(wanted: Sequence[tuple[UUID, str]], shown: set[UUID]) -> None:
    """Invalid, naming those of the wanted monitors that the page cannot show."""
    missing = [position for position, (public_id, _) in enumerate(wanted) if public_id not in shown]
    if missing:
        named: list[Reason] = [(f"monitors[{position}].smtpMonitorId", "unknown_monitor", {}) for position in missing]
        raise Invalid.of(named[:MAX_TOLD])


def _parse_monitor(item: object) -> tuple[UUID, str]:
    if type(item) is not dict:
        raise Invalid("not_object")
    try:
        parsed = parse_object(item, MONITOR_FIELDS, required=tuple(MONITOR_FIELDS))
    except Invalid as error:
        raise below(".", error) from error
    return parsed["smtpMonitorId"], parsed["name"]
