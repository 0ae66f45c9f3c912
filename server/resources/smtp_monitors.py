"""A monitor as JSON: its fields on the way in, its keys on the way out."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import orjson

from server.access.key_ring import KeyRing, Undecryptable
from server.fields import smtp_config
from server.fields.smtp_config import SmtpConfig
from server.fields.values import (
    choice,
    country_codes,
    customer,
    email,
    hostname,
    integer,
    nullable,
    phone_number,
    text,
    trimmed,
)
from server.http.answers import timestamp
from server.http.body import Parser
from server.http.errors import unavailable
from server.http.query import PAGING, identifier

STATUS = {
    "active": "active",
    "maintenance": "maintenance",
    "disabled": "disabled",
    "paused": "disabled",
    "inactive": "disabled",
}
FIELDS: dict[str, Parser] = {
    "name": trimmed(1, 255),
    "hostname": hostname,
    "port": nullable(integer(1, 65535)),
    "status": choice(STATUS),
    "checkInterval": integer(10, 86400),
    "timeoutSeconds": integer(1, 120),
    "allowedCheckCountryCodes": nullable(country_codes),
    "notificationEmail": nullable(email),
    "notificationPhoneNumber": nullable(phone_number),
    "smtpConfig": smtp_config.parse,
    "config": smtp_config.parse,
}
CREATE_FIELDS: dict[str, Parser] = {**FIELDS, "customerId": customer}
FILTERS = {
    **PAGING,
    "organizationId": identifier,
    "customerId": identifier,
    "search": text(0, 255),
    "status": choice(STATUS),
}
# sent back by a client that edits what it has read
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


def without_alias(body: dict[str, object]) -> dict[str, object]:
    """Of ``smtpConfig`` and its alias ``config`` the first counts, for a client that sends back both."""
    if "smtpConfig" in body:
        body.pop("config", None)
    return body


def to_columns(fields: Mapping[str, object], public_id: UUID, ring: KeyRing) -> dict[str, object]:
    """The columns that parsed *fields* change, the password encrypted for this monitor alone."""
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
    config = orjson.Fragment(_config(row, ring) if passwords else row["smtp_config"])
    monitor = {
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
        "lastCheckedAt": timestamp(row["last_checked_at"]),
        "createdAt": timestamp(row["created_at"]),
        "updatedAt": timestamp(row["updated_at"]),
        "config": config,
        "smtpConfig": config,
        "publicId": str(row["public_id"]),
        "allowedCheckCountryCodes": row["allowed_check_country_codes"],
    }
    if "customer_name" in row:
        monitor["customerName"] = row["customer_name"]
    return monitor


def config_with_password(config: str, encrypted: bytes, ring: KeyRing, public_id: UUID) -> bytes:
    """The config as it was sent; ApiError 503 if no key opens its password."""
    try:
        password = ring.decrypt(encrypted, public_id.bytes)
    except Undecryptable as error:
        raise unavailable("secrets_unavailable") from error
    return smtp_config.with_password(config, password)


def _config(row: asyncpg.Record, ring: KeyRing) -> bytes | str:
    config: str = row["smtp_config"]
    if row["smtp_password"] is None:
        return config
    return config_with_password(config, row["smtp_password"], ring, row["public_id"])
