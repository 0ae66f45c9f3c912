"""Records a batch of checks: results, states, incidents and alerts, in one transaction.

Agents of other locations wait for each other at the state row of the monitor. So the agent that confirms an outage
sees the results of all, and a unique index admits one open incident (``tests/fleet/test_results.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import orjson

import sql
from server.agent.incidents import Decision, Rules, Standing, certificate_occasion, decide
from server.checks.outcome import Outcome, Phase, WarningCode
from sql.connection import Executor
from sql.smtp_checks import Found
from sql.text import storable

MAX_TEXT = 500  # characters of what a server said that are kept


@dataclass(frozen=True, slots=True)
class Checked:
    organization_id: int
    smtp_monitor_id: int
    outcome: Outcome


async def record(pool: asyncpg.Pool, location_id: int, batch: Sequence[Checked]) -> None:
    """Store results of different monitors and what follows from them; all or nothing."""
    async with pool.acquire() as connection, connection.transaction():
        concerned = await sql.smtp_checks.insert(connection, location_id, [_found(checked) for checked in batch])
        if concerned:
            await _judge(connection, batch, [(row["organization_id"], row["smtp_monitor_id"]) for row in concerned])
        expiring = list(_expiring(batch))
        if expiring:
            await sql.alerts.insert_of_certificates(connection, expiring)


async def _judge(db: Executor, batch: Sequence[Checked], monitors: Sequence[tuple[int, int]]) -> None:
    outcomes = {(checked.organization_id, checked.smtp_monitor_id): checked.outcome for checked in batch}
    opening, closing = [], []
    for row in await sql.incidents.select_standings(db, monitors):
        key = row["organization_id"], row["smtp_monitor_id"]
        decision = decide(_standing(row), _rules(row))
        if decision is Decision.OPEN:
            outcome = outcomes[key]
            detail = storable(outcome.detail or outcome.reply_text or "", MAX_TEXT)
            failed = [code for code, count in zip(row["codes"], row["failures"], strict=True) if count]
            opening.append((*key, outcome.phase.value, outcome.code.value, detail, failed))
        elif decision is Decision.CLOSE:
            closing.append((row["organization_id"], row["incident_id"]))
    if opening:
        await _tell(db, "incident_opened", await sql.incidents.insert(db, opening))
    if closing:
        await _tell(db, "incident_closed", await sql.incidents.close(db, closing))


async def _tell(db: Executor, kind: str, incidents: Sequence[asyncpg.Record]) -> None:
    await sql.alerts.insert_of_incidents(db, kind, [(row["organization_id"], row["id"]) for row in incidents])


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


def _expiring(batch: Iterable[Checked]) -> Iterable[tuple[int, int, str, datetime, int]]:
    for checked in batch:
        tls = checked.outcome.tls
        codes = [warned.code for warned in checked.outcome.warnings]
        if WarningCode.CERTIFICATE_EXPIRES_SOON in codes and tls is not None and tls.certificate is not None:
            found = tls.certificate
            occasion = certificate_occasion(found.fingerprint_sha256, found.days_left)
            yield checked.organization_id, checked.smtp_monitor_id, occasion, found.not_after, found.days_left


def _found(checked: Checked) -> Found:
    outcome = checked.outcome
    warnings = [{"code": warned.code.value, "detail": warned.detail} for warned in outcome.warnings]
    timings = {f"{phase.value}_ms": outcome.timings.get(phase) for phase in Phase}
    return Found(
        organization_id=checked.organization_id,
        smtp_monitor_id=checked.smtp_monitor_id,
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
