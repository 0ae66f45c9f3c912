"""What servers showed that seldom changes, as details tell it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from server.checks.certificates import days_left
from server.http.times import timestamp

READ = 50  # rows of a kind
SHOWN = 20


def represent_certificates(rows: Sequence[asyncpg.Record], now: datetime) -> list[dict[str, object]]:
    """Certificates and protocols, the newest first; the days left are those of today."""
    return [{**_seen(row), "tls": _dated(orjson.loads(row["facts"]), now)} for row in rows[:SHOWN]]


def represent_capabilities(rows: Sequence[asyncpg.Record]) -> list[dict[str, object]]:
    """What a server gained and lost at a location, the newest first; what it began with is no change."""
    changes = []
    for index, row in enumerate(rows):
        older = (one for one in rows[index + 1 :] if one["location_code"] == row["location_code"])
        if (before := next(older, None)) is not None:
            now, then = orjson.loads(row["facts"]), orjson.loads(before["facts"])
            gained = [line for line in now if line not in then]
            lost = [line for line in then if line not in now]
            changes.append({**_seen(row), "gained": gained, "lost": lost})
    return changes[:SHOWN]


def _seen(row: asyncpg.Record) -> dict[str, object]:
    return {
        "seenAt": timestamp(row["seen_at"]),
        "locationCode": row["location_code"],
        "locationName": row["location_name"],
    }


def _dated(tls: dict[str, Any], now: datetime) -> dict[str, object]:
    certificate = tls["certificate"]
    return {
        **tls,
        "certificate": certificate and _with_days(certificate, now),
        "chain": [_with_days(issuer, now) for issuer in tls["chain"]],
    }


def _with_days(certificate: Mapping[str, Any], now: datetime) -> dict[str, object]:
    return {**certificate, "daysLeft": days_left(datetime.fromisoformat(certificate["notAfter"]), now)}
