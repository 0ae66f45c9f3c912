"""A monitor: its fields on the way in, its keys on the way out, and who may change what of it.

The presence of a key is the signal: absent is unchanged, null clears the column or is refused. The password stands
apart from its config, encrypted. ``null`` as ``auth.pass`` is refused: a client that has read a masked password
and sends it back would erase it (``tests/api/test_smtp_config.py``).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from aiohttp import web

from server.access.caller import Caller
from server.access.key_ring import KeyRing, Undecryptable
from server.fields import smtp_config
from server.fields.contacts import email, phone_number
from server.fields.objects import parse_object
from server.fields.parser import Field, Parameter
from server.fields.references import customer
from server.fields.smtp_config import SmtpConfig
from server.fields.values import choice, country_codes, hostname, integer, nullable, trimmed
from server.http import query
from server.http.answers import Answer, entity_tag
from server.http.errors import ApiError, forbidden, not_found, unavailable
from server.http.preferences import APPLIED, prefers_minimal
from server.http.requests import none_match
from server.http.times import timestamp_of
from server.resources import smtp_monitor_states
from sql.smtp_monitor_lists import Filters, Page, Window

STATUSES = ("active", "maintenance", "disabled")
STATUS = choice(*STATUSES, paused="disabled", inactive="disabled")
PORT = integer(1, 65535)
FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "hostname": hostname,
    "port": nullable(PORT),
    "status": STATUS,
    "checkInterval": integer(10, 86400),
    "timeoutSeconds": integer(1, 120),
    "allowedCheckCountryCodes": nullable(country_codes),
    "notificationEmail": nullable(email),
    "notificationPhoneNumber": nullable(phone_number),
    "smtpConfig": smtp_config.parse,
    "config": smtp_config.parse,
}
CREATE_FIELDS: dict[str, Field] = {**FIELDS, "customerId": customer}
REQUIRED = ("customerId", "name", "hostname")  # to create one
FILTERS: dict[str, Parameter] = {
    "organizationId": query.identifier,
    "customerId": query.identifier,
    "search": query.search,
    "status": STATUS,
    "state": smtp_monitor_states.states,
    "sort": smtp_monitor_states.SORT,
    "after": query.cursor,
    **query.PAGING,
}
# a client may send these back: it edits what it has read
SERVER_SET = frozenset(
    {
        "id",
        "publicId",
        "organizationId",
        "customerId",
        "customerName",
        "lastCheckedAt",
        "createdAt",
        "updatedAt",
    }
)
COLUMNS = {
    "name": "name",
    "hostname": "hostname",
    "port": "port",
    "status": "status",
    "checkInterval": "check_interval",
    "timeoutSeconds": "timeout_seconds",
    "allowedCheckCountryCodes": "allowed_check_country_codes",
    "notificationEmail": "notification_email",
    "notificationPhoneNumber": "notification_phone_number",
}


def require_patcher(caller: Caller) -> None:
    """ApiError 403 for those who change no monitor at all. It is judged before the body is read."""
    if caller.supporter:
        raise forbidden("supporter_forbidden")


def judge_patch(body: dict[str, object], caller: Caller, public_id: UUID, ring: KeyRing) -> dict[str, object]:
    """The columns that the *body* of a PATCH changes.

    ApiError 403 for a field that *caller* may not change, Invalid for wrong fields.
    """
    if caller.readonly and body.keys() - {"status"}:
        raise forbidden("readonly_status_only")
    return to_columns(parse_object(without_alias(body), FIELDS, ignored=SERVER_SET), public_id, ring)


def without_alias(body: dict[str, object]) -> dict[str, object]:
    """Drop ``config``, the alias, if ``smtpConfig`` is there: a client may send back both."""
    if "smtpConfig" in body:
        body.pop("config", None)
    return body


def to_columns(fields: Mapping[str, object], public_id: UUID, ring: KeyRing) -> dict[str, object]:
    """The columns that parsed *fields* change. The password is encrypted for this monitor alone."""
    columns: dict[str, object] = {}
    for name, value in fields.items():
        if isinstance(value, SmtpConfig):
            columns["smtp_config"] = value.json
            password = value.password
            columns["smtp_password"] = None if password is None else ring.encrypt(password, public_id.bytes)
        else:
            columns[COLUMNS[name]] = value
    return columns


def represent(row: asyncpg.Record, ring: KeyRing, *, passwords: bool) -> dict[str, object]:
    """The keys of a monitor in the contract's order; auth.pass in clear only with *passwords*."""
    password = row["smtp_password"] if passwords else None
    config = orjson.Fragment(with_password(row["smtp_config"], password, ring, row["public_id"]))
    return {
        "id": row["id"],
        "organizationId": row["organization_id"],
        "customerId": row["customer_id"],
        "name": row["name"],
        "hostname": row["hostname"],
        "port": row["port"],
        "status": row["status"],
        "checkInterval": row["check_interval"],
        "timeoutSeconds": row["timeout_seconds"],
        "notificationEmail": row["notification_email"],
        "notificationPhoneNumber": row["notification_phone_number"],
        "lastCheckedAt": timestamp_of(row["last_checked_at"]),
        "createdAt": timestamp_of(row["created_at"]),
        "updatedAt": timestamp_of(row["updated_at"]),
        "config": config,
        "smtpConfig": config,
        "publicId": str(row["public_id"]),
        "allowedCheckCountryCodes": row["allowed_check_country_codes"],
    }


def represent_with_customer(row: asyncpg.Record, ring: KeyRing, *, passwords: bool) -> dict[str, object]:
    """As the details show it, without its state."""
    return {**represent(row, ring, passwords=passwords), "customerName": row["customer_name"]}


def with_password(config: str, encrypted: bytes | None, ring: KeyRing, public_id: UUID) -> str:
    """The stored *config* as it was sent; ApiError 503 if no key opens its password."""
    if encrypted is None:
        return config
    try:
        password = ring.decrypt(encrypted, public_id.bytes)
    except Undecryptable as error:
        raise unavailable("secrets_unavailable") from error
    return smtp_config.with_password(config, password)


def to_answer(
    request: web.Request,
    row: asyncpg.Record,
    ring: KeyRing,
    *,
    passwords: bool,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One monitor with its entity tag; 304 or 204 if If-None-Match or Prefer asks for less."""
    monitor = represent(row, ring, passwords=passwords)
    # the tag covers what every answer shows: a PATCH and the GET after it have the same tag
    body = orjson.dumps(monitor)
    tag = entity_tag(row["version"], body)
    headers = {"ETag": tag, **(headers or {})}
    if request.method in ("GET", "HEAD"):
        if none_match(request, tag):
            return Answer(status=304, headers=headers)
        body = orjson.dumps({**monitor, "customerName": row["customer_name"]})
    elif status == 200 and "Prefer" in request.headers and prefers_minimal(request.headers.getall("Prefer")):
        return Answer(status=204, headers=headers | APPLIED)
    return Answer.json(body, status=status, headers=headers)


def to_parts(filters: Mapping[str, Any]) -> tuple[Filters, Window]:
    """What a list's query asks for: which monitors, and which part of them."""
    page = query.page_of(filters)
    wanted = Filters(
        organization_id=filters.get("organizationId"),
        customer_id=filters.get("customerId"),
        status=filters.get("status"),
        search=filters.get("search"),
        states=filters.get("state"),
        sort=smtp_monitor_states.SORTS.get(filters.get("sort", "")),
    )
    return wanted, Window(limit=page.size, offset=page.offset, after=filters.get("after"))


def listing(
    filters: Mapping[str, Any], page: Page, items: list[dict[str, object]], away: Sequence[int]
) -> dict[str, object]:
    """The answer to a list: ``next`` is what ``after`` takes, null at the end."""
    asked, last = query.page_of(filters), page.rows[-1] if page.more else None
    following = {"next": None if last is None else query.cursor_of((last["organization_id"], last["id"]))}
    if page.total is None:
        return {"items": items, "perPage": asked.size, **following, **query.unavailable_cells(away)}
    return {**asked.listing(page.total, items, away), **following}


def missing(request: web.Request) -> ApiError:
    """404, or 412 under If-Match: a monitor that is not there cannot match."""
    return ApiError(412, "precondition_failed") if "If-Match" in request.headers else not_found()
