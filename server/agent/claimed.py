"""From a claimed row to an outcome."""

import logging

import asyncpg
import orjson

from server.access.key_ring import KeyRing, Undecryptable
from server.checks.connect import Resolve
from server.checks.failure import Failed
from server.checks.networks import Networks
from server.checks.outcome import Code, Outcome
from server.checks.probe import probe
from server.checks.progress import Progress
from server.checks.target import Target, from_config
from server.fields import smtp_config

logger = logging.getLogger(__name__)


async def check(row: asyncpg.Record, ring: KeyRing, *, resolve: Resolve, allowed: Networks) -> Outcome:
    """Probe the monitor of *row*. If that cannot even begin, the outcome is a failure, so that an incident opens."""
    try:
        return await probe(to_target(row, ring), resolve=resolve, allowed=allowed)
    except Undecryptable as error:
        logger.error("the password of monitor %s cannot be read: %s", row["public_id"], error)  # noqa: TRY400
        code = Code.SECRETS_UNAVAILABLE
    except Exception:
        logger.exception("internal error in a check of monitor %s", row["public_id"])
        code = Code.INTERNAL_ERROR
    return Progress(Target(row["hostname"], row["port"])).outcome(Failed(code))


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
