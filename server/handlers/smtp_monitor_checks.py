"""What is known about a monitor: checks, incidents, alerts, and all of them together."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import asyncpg
from aiohttp import web

import sql
from server.access import merged_lists
from server.access.permissions import require_writer
from server.handlers.keys import CALLER, CELL, KEY_RING, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import ApiError, not_found, unavailable
from server.http.times import timestamp
from server.resources import (
    alerts,
    histories,
    incidents,
    response_times,
    smtp_checks,
    smtp_monitor_details,
    smtp_monitor_sightings,
    smtp_monitor_states,
)
from server.resources.maintenance_windows import represent as represent_window
from server.resources.smtp_monitors import represent_with_customer


async def trigger_check(request: web.Request) -> Answer:
    public_id = requests.monitor_id(request)
    require_writer(request[CALLER])
    row = await sql.smtp_monitor_locations.trigger(request[CELL].pool, request[CALLER].reach, public_id)
    if row is None:
        raise not_found()
    if not row["active_locations"]:
        raise unavailable("no_location_active")
    if not row["location_codes"]:
        raise ApiError(400, "no_location_allowed")
    return Answer.json(
        {
            "success": True,
            "message": "Checks triggered successfully",
            "smtpMonitorId": row["id"],
            "locationCodes": row["location_codes"],
            "queueNames": [f"smtp-monitor-checks-{code}" for code in row["location_codes"]],
            "alreadyQueued": row["waiting_codes"],
            "dueAt": dict(zip(row["location_codes"], map(timestamp, row["may_begin_at"]), strict=True)),
        }
    )


async def get_check_history(request: web.Request) -> Answer:
    language = requests.language(request)
    return await _history(
        request, sql.smtp_checks.select_history, lambda row: smtp_checks.represent_stored(row, language)
    )


async def get_incident_history(request: web.Request) -> Answer:
    language = requests.language(request)
    return await _history(request, sql.incidents.select_history, lambda row: incidents.represent(row, language))


async def get_alert_history(request: web.Request) -> Answer:
    language, secrets = requests.language(request), request[CALLER].administers
    return await _history(
        request, sql.alerts.select_history, lambda row: alerts.represent(row, language, secrets=secrets)
    )


async def get_details(request: web.Request) -> Answer:
    now = datetime.now(UTC)
    monitor = await _monitor(request)
    span = smtp_monitor_details.to_span(query.parse_query(request, smtp_monitor_details.FILTERS), now)
    pool, language, caller = request[CELL].pool, requests.language(request), request[CALLER]
    key = monitor["organization_id"], monitor["id"]
    bounds: dict[str, Any] = {"since": span.since, "before": span.before}
    series = sql.smtp_check_rollups.select_series
    limit = smtp_monitor_details.MAX_POINTS if span.granularity == "raw" else histories.DEFAULT_LIMIT
    checks = await sql.smtp_checks.select_history(pool, *key, limit=limit, **bounds)
    latest = await sql.smtp_checks.select_history(pool, *key, limit=1)
    day, year = span.start_of("day"), span.start_of("year")
    hours = [] if span.dated else await series(pool, *key, since=day, before=span.before, granularity="hour")
    days = await series(pool, *key, since=year, before=span.before, granularity="day")
    state = await sql.smtp_monitor_states.select_one(pool, *key)
    stats, meta = smtp_monitor_details.uptime(span, hours, days)
    if span.granularity == "raw":
        data = smtp_monitor_details.represent_points(checks)
    else:
        figures = await series(pool, *key, granularity=span.granularity, **bounds)
        data = smtp_monitor_details.represent_figures(figures)
    outages = await sql.incidents.select_history(pool, *key, limit=200, **bounds)
    told = await sql.alerts.select_history(pool, *key, limit=200, **bounds)
    windows = await sql.maintenance_windows.select_of_monitor(pool, *key, limit=histories.DEFAULT_LIMIT)
    places = await sql.smtp_monitor_locations.select_of_monitor(pool, *key)
    return Answer.json(
        {
            "smtpMonitorId": monitor["id"],
            "monitor": represent_with_customer(monitor, request.app[KEY_RING], passwords=caller.sees_passwords),
            "latestCheck": smtp_checks.represent_latest(latest[0]) if latest else None,
            "locations": [smtp_monitor_details.represent_location(row) for row in places],
            **await _sightings(pool, key, now),
            "uptimeStats": stats,
            "uptimeStatsMeta": meta,
            "monitoringData": data,
            "incidents": [incidents.represent(row, language) for row in outages],
            "alerts": [alerts.represent(row, language, secrets=caller.administers) for row in told],
            "testResultLog": [smtp_checks.represent_stored(row, language) for row in checks[: histories.DEFAULT_LIMIT]],
            "maintenance": {
                "active": monitor["status"] == "maintenance" or any(row["open_now"] for row in windows),
                "windows": [represent_window(row) for row in windows],
            },
            **smtp_monitor_states.represent(state, language),
        }
    )


async def _sightings(pool: asyncpg.Pool, key: tuple[int, int], now: datetime) -> dict[str, object]:
    seen, limit = sql.smtp_monitor_sightings, smtp_monitor_sightings.READ
    certificates = await seen.select_newest(pool, *key, kind=seen.TLS, limit=limit)
    capabilities = await seen.select_newest(pool, *key, kind=seen.CAPABILITIES, limit=limit)
    return {
        "certificates": smtp_monitor_sightings.represent_certificates(certificates, now),
        "capabilityChanges": smtp_monitor_sightings.represent_capabilities(capabilities),
    }


async def get_response_times(request: web.Request) -> Answer:
    """Of several monitors. One that is out of reach looks like one that was never checked."""
    filters = query.parse_query(request, response_times.FILTERS)
    ids = filters.get("ids", [])
    hours = response_times.hours_of(datetime.now(UTC), filters.get("hours", response_times.DEFAULT_HOURS))
    select = sql.smtp_check_rollups.select_response_times
    reach = request[CALLER].reach
    answers, away = await merged_lists.select_all(
        reached(request), lambda pool: select(pool, reach, ids, since=hours[0])
    )
    items = response_times.represent(ids, hours, chain.from_iterable(answers))
    return Answer.json({"since": timestamp(hours[0]), "items": items, **query.unavailable_cells(away)})


async def _history(
    request: web.Request,
    select: Callable[..., Awaitable[Iterable[asyncpg.Record]]],
    represent_one: Callable[[asyncpg.Record], dict[str, object]],
) -> Answer:
    monitor = await _monitor(request)
    limit = query.parse_query(request, histories.FILTERS).get("limit", histories.DEFAULT_LIMIT)
    rows = await select(request[CELL].pool, monitor["organization_id"], monitor["id"], limit=limit)
    return Answer.json({"items": [represent_one(row) for row in rows]})


async def _monitor(request: web.Request) -> asyncpg.Record:
    pool, reads = request[CELL].pool, request[CELL].lookups
    row = await sql.smtp_monitors.select_one(pool, reads, request[CALLER].reach, requests.monitor_id(request))
    if row is None:
        raise not_found()
    return row
