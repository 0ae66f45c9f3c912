"""Keeps what servers show that seldom changes, so that nearly no check writes it.

What was stored last is remembered here, and compared with by the database where it is not. Losing one loses no result:
it is stored after the results, and the next check shows it again.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import asyncpg
import orjson

import sql
from server.agent.record import Checked
from server.checks.outcome import Verdict
from server.resources.smtp_checks import represent_tls
from sql.connection import FAILURES
from sql.rows import Key
from sql.smtp_monitor_sightings import CAPABILITIES, FLOOR, TLS, Sighting

logger = logging.getLogger(__name__)

REMEMBERED = 200_000  # monitors and kinds, of about 200 bytes each
AGAIN_SECONDS = FLOOR.total_seconds()  # another agent may have stored something else, or it was too soon to store it


class Sightings:
    """Those at one location."""

    def __init__(self) -> None:
        self._known: dict[tuple[Key, str], tuple[bytes, float]] = {}

    async def keep(self, pool: asyncpg.Pool, location_id: int, batch: Sequence[Checked]) -> None:
        """Store what is new in a batch of different monitors."""
        new = {key: found for checked in batch for key, found in self._new(checked)}
        if not new:
            return
        try:
            await sql.smtp_monitor_sightings.insert(pool, location_id, [found for found, _ in new.values()])
        except FAILURES as error:
            logger.warning("what servers showed was not stored: %s", error)
            return
        now = time.monotonic()
        for key, (_, digest) in new.items():
            self._known.pop(key, None)
            self._known[key] = digest, now
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _new(self, checked: Checked) -> Iterable[tuple[tuple[Key, str], tuple[Sighting, bytes]]]:
        monitor, outcome = checked.monitor, checked.outcome
        shown: list[tuple[str, Any]] = []
        if outcome.tls is not None:
            shown.append((TLS, undated(represent_tls(outcome.tls))))
        if outcome.capabilities is not None and outcome.verdict is not Verdict.FAILURE:
            shown.append((CAPABILITIES, sorted(outcome.capabilities)))
        for kind, facts in shown:
            text = orjson.dumps(facts)
            digest = blake2b(text, digest_size=16).digest()
            if not self._is_known((monitor, kind), digest):
                found = Sighting(monitor.organization_id, monitor.id, kind, outcome.checked_at, text.decode())
                yield (monitor, kind), (found, digest)

    def _is_known(self, key: tuple[Key, str], digest: bytes) -> bool:
        known, at = self._known.get(key, (b"", 0.0))
        return known == digest and time.monotonic() - at < AGAIN_SECONDS


def undated(tls: dict[str, Any]) -> dict[str, Any]:
    """Without the days left, which are others every day."""
    certificate = tls["certificate"]
    return {
        **tls,
        "certificate": certificate and _undated(certificate),
        "chain": [_undated(issuer) for issuer in tls["chain"]],
    }


def _undated(certificate: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in certificate.items() if name != "daysLeft"}
