"""From a claimed row to what is to be probed."""

import asyncpg
import orjson

from server.access.key_ring import KeyRing
from server.checks.target import Target, from_config
from server.fields import smtp_config


def to_target(row: asyncpg.Record, ring: KeyRing) -> Target:
    """The monitor as it was when it was claimed, with its password in clear. Undecryptable if no key opens it."""
    config: str = row["smtp_config"]
    if row["smtp_password"] is not None:
        config = smtp_config.with_password(
            row["smtp_config"], ring.decrypt(row["smtp_password"], row["public_id"].bytes)
        )
    return from_config(
        row["hostname"],
        row["port"],
        row["timeout_seconds"],
        orjson.loads(config),
        known_capabilities=tuple(orjson.loads(row["capabilities"] or "[]")),
    )
