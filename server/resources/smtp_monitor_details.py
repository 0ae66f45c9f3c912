"""The figures of a monitor over a span of time: which span the query asks for, and how they are shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import asyncpg
import orjson

from server.checks.outcome import Phase
from server.fields.moments import day
from server.fields.parser import Parameter
from server.fields.values import choice
from server.http.errors import FieldError, invalid_fields
from server.http.times import timestamp
from server.resources.smtp_checks import milliseconds

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
DEFAULT_RANGE = "day"
STATS = ("day", "month", "year")
GRANULARITY = {"day": "raw", "week": "hour", "month": "hour", "year": "day"}
MAX_DAYS = {"raw": 7, "minutes": 7, "hour": 62, "day": 366}
MAX_POINTS = 10_000  # the newest raw points
FILTERS: dict[str, Parameter] = {
    "range": choice(*DAYS),
    "date": day,
    "startDate": day,
    "endDate": day,
    "granularity": choice(*MAX_DAYS),
}


@dataclass(frozen=True, slots=True)
class Span:
    """*dated* if the query names a day. Otherwise *before* is now."""

    since: datetime
    before: datetime
    granularity: str
    dated: bool

    def start_of(self, name: str) -> datetime:
        """When the last ``day``, ``month`` or ``year`` of the span begins; none begins before the dates do.

        A span without dates ends now, and its day, month and year are whole ones.
        """
        if not self.dated:
            return self.before - timedelta(days=DAYS[name])
        return self.since if name == "year" else max(self.since, self.before - timedelta(days=DAYS[name]))


def to_span(parsed: Mapping[str, Any], now: datetime) -> Span:
    """The days from startDate to endDate, or the range's that end with date; without dates, those until *now*.

    ApiError 400 if that is no span, or too long for its granularity.
    """
    name = parsed.get("range", DEFAULT_RANGE)
    length = timedelta(days=DAYS[name])
    start, end = parsed.get("startDate"), parsed.get("endDate", parsed.get("date"))
    before = _midnight(end) + timedelta(days=1) if end else _midnight(start) + length if start else now
    since = _midnight(start) if start else before - length
    if since >= before:
        raise invalid_fields([FieldError("endDate", "ends_before_start", {})])
    granularity = parsed.get("granularity", _fitting(name, before - since))
    if before - since > timedelta(days=MAX_DAYS[granularity]):
        limit = f"{granularity} ≤ {MAX_DAYS[granularity]} d"
        raise invalid_fields([FieldError("granularity", "span_too_long", {"limit": limit})])
    return Span(since, before, granularity, dated=bool(start or end))


def represent_figures(rows: Iterable[asyncpg.Record]) -> list[dict[str, object]]:
    """Sums and means, oldest first. The mean of a phase is of all checks that succeeded, so that phases add up."""
    return [{"startsAt": timestamp(row["starts_at"]), **_summary([row]), "timings": _phases(row)} for row in rows]


def represent_points(rows: Iterable[asyncpg.Record]) -> list[dict[str, object]]:
    """Each check, oldest first."""
    points = [
        {
            "checkedAt": timestamp(row["checked_at"]),
            "status": row["verdict"],
            "timingSmtp": milliseconds(row["total_ms"]),
            "locationCode": row["location_code"],
        }
        for row in rows
    ]
    return points[::-1]


def represent_location(row: asyncpg.Record) -> dict[str, object]:
    """One place where the monitor is checked; capabilities are those of the last check that did not fail."""
    return {
        "locationCode": row["code"],
        "locationName": row["name"],
        "country": row["country"],
        "checkedAt": timestamp(row["checked_at"]),
        "capabilities": None if row["capabilities"] is None else orjson.loads(row["capabilities"]),
    }


def uptime(
    span: Span, hours: list[asyncpg.Record], days: list[asyncpg.Record]
) -> tuple[dict[str, object], dict[str, object]]:
    """``uptimeStats`` and ``uptimeStatsMeta``, from the *hours* of a span without dates and the *days* of each."""
    starts = {name: span.start_of(name) for name in STATS}
    rows = {name: [row for row in days if row["starts_at"] >= start] for name, start in starts.items()}
    if not span.dated:
        rows = {**rows, "day": hours, "year": days}
    found = {name: _summary(rows[name]) for name in STATS}
    stats = {name: figures["uptime"] for name, figures in found.items()}
    averages = {f"{name}AvgResponse": figures["avgResponse"] for name, figures in found.items()}
    meta: dict[str, object] = {
        name: {
            "since": timestamp(starts[name]),
            "before": timestamp(span.before),
            **{count: figures[count] for count in ("checks", "failures", "warnings")},
        }
        for name, figures in found.items()
    }
    return {**stats, **averages}, meta


def _summary(rows: Sequence[asyncpg.Record]) -> dict[str, object]:
    """Uptime in percent, null if nothing was checked. Response times are those of successful checks."""
    checks = sum(row["checks"] for row in rows)
    failures = sum(row["failures"] for row in rows)
    answered = sum(row["answered"] for row in rows)
    total = sum(row["total_ms_sum"] for row in rows)
    return {
        "checks": checks,
        "failures": failures,
        "warnings": sum(row["warnings"] for row in rows),
        "uptime": round(100 * (checks - failures) / checks, 3) if checks else None,
        "avgResponse": milliseconds(total / answered) if answered else None,
        "minResponse": milliseconds(min((row["total_ms_min"] for row in rows if row["answered"]), default=None)),
        "maxResponse": milliseconds(max((row["total_ms_max"] for row in rows if row["answered"]), default=None)),
    }


def _phases(row: asyncpg.Record) -> dict[str, float | None]:
    sums = {phase.value: row[f"{phase.value}_ms_sum"] for phase in Phase}
    return {phase: None if total is None else milliseconds(total / row["answered"]) for phase, total in sums.items()}


def _fitting(name: str, length: timedelta) -> str:
    """The range's granularity, or a coarser one if dates make the span longer."""
    preferred = list(MAX_DAYS)[list(MAX_DAYS).index(GRANULARITY[name]) :]
    return next((one for one in preferred if length <= timedelta(days=MAX_DAYS[one])), "day")


def _midnight(of: date) -> datetime:
    return datetime.combine(of, time(), UTC)
