"""Records a batch of checks: results, states, incidents and alerts, in one transaction.

Agents of other locations wait for each other at the state row of the monitor. So the agent that confirms an outage
sees the results of all, and a unique index admits one open incident (``tests/fleet/test_results.py``).
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC

import asyncpg
import orjson

import sql
from server.agent import states
from server.agent.incidents import Decision, Rules, Standing, certificate_occasion, decide
from server.checks.outcome import Outcome, Phase, Verdict, WarningCode
from sql.alerts import ExpiringCertificate
from sql.connection import Executor
from sql.incidents import Opened
from sql.rows import Key
from sql.smtp_checks import Found
from sql.text import storable

logger = logging.getLogger(__name__)

MAX_TEXT = 500  # characters of what a server said that are kept


@dataclass(frozen=True, slots=True)
class Checked:
    monitor: Key
    outcome: Outcome


async def record(pool: asyncpg.Pool, location_id: int, batch: Sequence[Checked]) -> None:
    """Store results of different monitors and what follows from them; all or nothing.

    A day that has no partition, because upkeep failed or somebody dropped it, gets one.
    """
    try:
        await _record(pool, location_id, batch)
    except asyncpg.PostgresError as error:
        if not sql.partitions.is_missing(error):
            raise
        days = {checked.outcome.checked_at.astimezone(UTC).date() for checked in batch}
        logger.warning("results of %s have no partition; it is made", ", ".join(map(str, sorted(days))))
        async with pool.acquire() as connection:
            await sql.partitions.ensure(connection, days)
        await _record(pool, location_id, batch)


async def _record(pool: asyncpg.Pool, location_id: int, batch: Sequence[Checked]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        concerned = await sql.smtp_checks.insert(connection, location_id, [_found(checked) for checked in batch])
        if concerned:
            await _judge(connection, batch, concerned)
        expiring = list(_expiring(batch))
        if expiring:
            await sql.alerts.insert_of_certificates(connection, expiring)


async def _judge(db: Executor, batch: Sequence[Checked], monitors: Collection[Key]) -> None:
    outcomes = {checked.monitor: checked.outcome for checked in batch}
    opening, closing, down = [], [], set()
    rows = await sql.incidents.select_standings(db, monitors)
    for row in rows:
        key = Key(row["organization_id"], row["smtp_monitor_id"])
        decision = decide(_standing(row), _rules(row)) if row["codes"] else Decision.NOTHING
        if decision is Decision.OPEN and outcomes[key].verdict is Verdict.FAILURE:
            opening.append(_opened(row, outcomes[key]))
            down.add(key)
        elif decision is Decision.CLOSE:
            closing.append(Key(row["organization_id"], row["incident_id"]))
        elif row["incident_id"] is not None:
            down.add(key)
    if opening:
        await sql.alerts.insert_of_incidents(db, "incident_opened", await sql.incidents.insert(db, opening))
    if closing:
        await sql.alerts.insert_of_incidents(db, "incident_closed", await sql.incidents.close(db, closing))
    await states.write(db, rows, down)


def _opened(row: asyncpg.Record, outcome: Outcome) -> Opened:
    return Opened(
        organization_id=row["organization_id"],
        smtp_monitor_id=row["smtp_monitor_id"],
        phase=outcome.phase.value,
        code=outcome.code.value,
        detail=storable(outcome.detail or outcome.reply_text or "", MAX_TEXT),
        location_codes=[code for code, count in zip(row["codes"], row["failures"], strict=True) if count],
    )


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(
        failures=row["failures"],
        successes=row["successes"],
        incident_open=row["incident_id"] is not None,
        disabled=row["status"] == "disabled",
        silent=row["silent"],
    )


def _rules(row: asyncpg.Record) -> Rules:
    return Rules(row["failure_confirmations"], row["recovery_confirmations"], row["location_share_percent"])


def _expiring(batch: Iterable[Checked]) -> Iterable[ExpiringCertificate]:
    for checked in batch:
        tls = checked.outcome.tls
        codes = [warned.code for warned in checked.outcome.warnings]
        if WarningCode.CERTIFICATE_EXPIRES_SOON in codes and tls is not None and tls.certificate is not None:
            found = tls.certificate
            yield ExpiringCertificate(
                organization_id=checked.monitor.organization_id,
                smtp_monitor_id=checked.monitor.id,
                occasion=certificate_occasion(found.fingerprint_sha256, found.days_left),
                not_after=found.not_after,
                days_left=found.days_left,
            )


def _found(checked: Checked) -> Found:
    outcome = checked.outcome
    warnings = [{"code": warned.code.value, "detail": warned.detail} for warned in outcome.warnings]
    timings = {f"{phase.value}_ms": outcome.timings.get(phase) for phase in Phase}
    return Found(
        organization_id=checked.monitor.organization_id,
        smtp_monitor_id=checked.monitor.id,
        checked_at=outcome.checked_at,
        verdict=outcome.verdict.value,
        phase=outcome.phase.value,
        code=outcome.code.value,
        detail=storable(outcome.detail, MAX_TEXT),
        reply_code=outcome.reply_code,
        reply_text=None if outcome.reply_text is None else storable(outcome.reply_text, MAX_TEXT),
        hostname=outcome.hostname,
        address=outcome.address,
        port=outcome.port,
        warnings=_json(warnings) if warnings else None,
        capabilities=None if outcome.capabilities is None else _json([*outcome.capabilities]),
        total_ms=outcome.total,
        **timings,
    )


def _json(value: Sequence[object]) -> str:
    """Stored as json, which may be read with functions that refuse an escaped NUL."""
    return orjson.dumps(value).decode().replace("\\u0000", "")
