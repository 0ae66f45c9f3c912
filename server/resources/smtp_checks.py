"""A check: what is to be probed, and what was found, just now or earlier."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from server.checks.outcome import Code, Outcome, Phase, TlsFacts, Warned, WarningCode
from server.checks.target import DEFAULT_TIMEOUT_SECONDS, Target, from_config
from server.checks.words import describe
from server.fields.smtp_config import SmtpConfig
from server.http.times import timestamp

if TYPE_CHECKING:
    import asyncpg  # which the command check does not need

REQUIRED = ("hostname",)

Probe = Callable[[Target], Awaitable[Outcome]]


def to_target(fields: Mapping[str, Any]) -> Target:
    """What the parsed *fields* of a monitor say is to be probed."""
    config = fields.get("smtpConfig", fields.get("config", SmtpConfig()))
    timeout_seconds = fields.get("timeoutSeconds", DEFAULT_TIMEOUT_SECONDS)
    return from_config(fields["hostname"], fields.get("port"), timeout_seconds, config.whole())


def represent(outcome: Outcome, language: str) -> dict[str, object]:
    """The keys of a check in the contract's order, its messages in ``de`` or ``en``."""
    timings: dict[str, float | None] = {phase.value: milliseconds(outcome.timings.get(phase)) for phase in Phase}
    return {
        "verdict": outcome.verdict.value,
        "phase": outcome.phase.value,
        "code": outcome.code.value,
        "message": describe(outcome.code, language, outcome.detail),
        "replyCode": outcome.reply_code,
        "replyText": outcome.reply_text,
        "hostname": outcome.hostname,
        "address": outcome.address,
        "port": outcome.port,
        "checkedAt": timestamp(outcome.checked_at),
        "timings": {**timings, "total": milliseconds(outcome.total)},
        "tls": None if outcome.tls is None else represent_tls(outcome.tls),
        "capabilities": None if outcome.capabilities is None else list(outcome.capabilities),
        "warnings": [
            {"code": warned.code.value, "message": describe(warned.code, language, warned.detail)}
            for warned in outcome.warnings
        ],
    }


def represent_stored(row: "asyncpg.Record", language: str) -> dict[str, object]:
    """What is stored of a check: all but TLS and capabilities, and where it was made."""
    check = represent(_outcome(row), language)
    del check["tls"], check["capabilities"]
    return {**check, "locationCode": row["location_code"], "locationName": row["location_name"]}


def represent_latest(row: "asyncpg.Record") -> dict[str, object]:
    return {
        "status": row["verdict"],
        "checkedAt": timestamp(row["checked_at"]),
        "timingSmtp": milliseconds(row["total_ms"]),
        "locationCode": row["location_code"],
        "locationName": row["location_name"],
    }


def represent_tls(tls: TlsFacts) -> dict[str, Any]:
    found = tls.certificate
    certificate = found and {
        "subject": found.subject,
        "issuer": found.issuer,
        "sans": list(found.sans),
        "serialNumber": found.serial_number,
        "fingerprintSha256": found.fingerprint_sha256,
        "notBefore": timestamp(found.not_before),
        "notAfter": timestamp(found.not_after),
        "daysLeft": found.days_left,
    }
    return {
        "version": tls.version,
        "cipher": tls.cipher,
        "verified": tls.verified,
        "certificate": certificate,
        "chain": [
            {
                "subject": issuer.subject,
                "issuer": issuer.issuer,
                "fingerprintSha256": issuer.fingerprint_sha256,
                "notBefore": timestamp(issuer.not_before),
                "notAfter": timestamp(issuer.not_after),
                "daysLeft": issuer.days_left,
            }
            for issuer in tls.chain
        ],
    }


def milliseconds(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _outcome(row: "asyncpg.Record") -> Outcome:
    warnings = orjson.loads(row["warnings"] or "[]")
    return Outcome(
        phase=Phase(row["phase"]),
        code=Code(row["code"]),
        hostname=row["hostname"],
        port=row["port"],
        checked_at=row["checked_at"],
        timings={phase: taken for phase in Phase if (taken := row[f"{phase.value}_ms"]) is not None},
        total=row["total_ms"],
        detail=row["detail"],
        address=row["address"],
        reply_code=row["reply_code"],
        reply_text=row["reply_text"],
        warnings=tuple(Warned(WarningCode(warned["code"]), warned["detail"]) for warned in warnings),
    )
