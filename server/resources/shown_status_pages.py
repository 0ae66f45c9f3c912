"""What everybody reads of a status page: chosen names, states, days, outages, messages, planned maintenance."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

import sql
from server.access.cells import Cells
from server.http.times import timestamp, timestamp_of
from server.resources.smtp_checks import milliseconds
from server.resources.status_page_messages import represent_words

DAYS = 90
DAYS_AHEAD = 14  # for which planned maintenance is shown
MOST = 50  # incidents, messages and times of maintenance, each
BYTES = 4096  # that a monitor takes, and the page without them
HISTORY_SECONDS = 60.0  # for which the figures of days are not read again
# of a page: what is paused says something of it only if all is paused
WORST_FIRST = ("down", "warning", "maintenance", "unknown", "up", "paused")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """Uptime in percent, of all days and of each, and the mean of yesterday's and today's response times in ms."""

    uptime: float | None
    by_day: Sequence[float | None]
    response_time: float | None


NONE = Figures(None, [None] * DAYS, None)


@dataclass(frozen=True, slots=True)
class History:
    """The figures of monitors by their numbers. *read_at* is monotonic."""

    ids: Sequence[int]
    since: datetime
    figures: Mapping[int, Figures]
    read_at: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it was read once, and what was made of it since, by form."""

    page_id: int
    public: bool
    document: Document
    history: History
    forms: dict[object, tuple[bytes, str]] = field(default_factory=dict)
    making: dict[object, asyncio.Task[tuple[bytes, str]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return BYTES + BYTES * len(self.document["monitors"]) + sum(len(body) for body, _ in self.forms.values())


async def read(cells: Cells, slug: str, before: Shown | None) -> Shown | None:
    """The page with that slug; None if there is none, or it is off. *before* is how it was read last."""
    organization_id = await sql.status_page_slugs.select_organization(cells.home.pool, slug)
    if organization_id is None:
        return None
    pool = (await cells.of_organization(organization_id)).pool
    page = await sql.shown_status_pages.select_page(pool, organization_id, slug)
    if page is None:
        return None
    now = datetime.now(UTC)
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    monitors = await sql.shown_status_pages.select_monitors(pool, organization_id, page["id"])
    ids = [monitor["id"] for monitor in monitors]
    bounds: dict[str, Any] = {"since": since, "limit": MOST}
    incidents = await sql.shown_status_pages.select_incidents(pool, organization_id, ids, **bounds)
    messages = await sql.shown_status_pages.select_messages(pool, organization_id, page["id"], **bounds)
    windows = await sql.shown_status_pages.select_windows(pool, organization_id, ids, limit=1000)
    history = None if before is None else before.history
    if history is None or history.ids != ids or history.since != since or _is_old(history):
        history = await _read_history(pool, organization_id, ids, since)
    document = {
        **_head(page, monitors, now, since),
        "monitors": [_monitor(page, monitor, history) for monitor in monitors],
        "incidents": list(_incidents(monitors, incidents)),
        "messages": [{"id": row["id"], **represent_words(row)} for row in messages],
        "maintenance": _maintenance(monitors, windows, now),
    }
    return Shown(page["id"], page["visibility"] == "public", document, history)


def _is_old(history: History) -> bool:
    return history.read_at < time.monotonic() - HISTORY_SECONDS


async def _read_history(pool: asyncpg.Pool, organization_id: int, ids: Sequence[int], since: datetime) -> History:
    days: dict[int, dict[datetime, asyncpg.Record]] = {}
    for row in await sql.shown_status_pages.select_days(pool, organization_id, ids, since=since):
        days.setdefault(row["smtp_monitor_id"], {})[row["day"]] = row
    return History(ids, since, {number: _figures(found, since) for number, found in days.items()}, time.monotonic())


def _figures(days: Mapping[datetime, asyncpg.Record], since: datetime) -> Figures:
    each = [days.get(since + timedelta(days=n)) for n in range(DAYS)]
    return Figures(_uptime(each), [_uptime([day]) for day in each], _response_time(each[-2:]))


def _head(page: asyncpg.Record, monitors: Sequence[asyncpg.Record], now: datetime, since: datetime) -> Document:
    states = {monitor["state"] for monitor in monitors}
    return {
        "slug": page["slug"],
        "title": page["title"],
        "description": page["description"],
        "logoUrl": page["logo_url"],
        "language": page["language"],
        "state": next((state for state in WORST_FIRST if state in states), "unknown"),
        "readAt": timestamp(now),
        "firstDay": since.date().isoformat(),
    }


def _monitor(page: asyncpg.Record, monitor: asyncpg.Record, history: History) -> Document:
    """A monitor with its figures; null where nothing was checked."""
    figures = history.figures.get(monitor["id"], NONE)
    shown: Document = {
        "id": str(monitor["public_id"]),
        "name": monitor["name"],
        "state": monitor["state"],
        "stateSince": timestamp_of(monitor["state_since"]),
        "uptime": figures.uptime,
        "uptimeByDay": figures.by_day,
    }
    if page["shows_hostnames"]:
        shown["hostname"] = monitor["hostname"]
    if page["shows_response_times"]:
        shown["responseTime"] = figures.response_time
    return shown


def _uptime(days: Iterable[asyncpg.Record | None]) -> float | None:
    found = [day for day in days if day is not None]
    checks = sum(day["checks"] for day in found)
    return round(100 * (checks - sum(day["failures"] for day in found)) / checks, 3) if checks else None


def _response_time(days: Iterable[asyncpg.Record | None]) -> float | None:
    found = [day for day in days if day is not None]
    answered = sum(day["answered"] for day in found)
    return milliseconds(sum(day["total_ms"] for day in found) / answered) if answered else None


def _incidents(monitors: Sequence[asyncpg.Record], rows: Iterable[asyncpg.Record]) -> Iterator[Document]:
    by_id = {monitor["id"]: monitor for monitor in monitors}
    for row in rows:
        monitor = by_id[row["smtp_monitor_id"]]
        yield {
            "id": row["id"],
            "monitorId": str(monitor["public_id"]),
            "name": monitor["name"],
            "openedAt": timestamp(row["opened_at"]),
            "closedAt": timestamp(row["closed_at"]),
        }


def _maintenance(
    monitors: Sequence[asyncpg.Record], windows: Iterable[asyncpg.Record], now: datetime
) -> list[Document]:
    """When there is maintenance, and of which monitors. The names of windows are for those who made them."""
    found: list[tuple[datetime, datetime, list[str]]] = []
    for window in windows:
        names = [monitor["name"] for monitor in monitors if _concerns(window, monitor)]
        if names:
            found += [(start, end, names) for start, end in occurrences(window, now)]
    return [
        {"startsAt": timestamp(start), "endsAt": timestamp(end), "names": names}
        for start, end, names in sorted(found, key=lambda one: one[0])[:MOST]
    ]


def _concerns(window: asyncpg.Record, monitor: asyncpg.Record) -> bool:
    return window["smtp_monitor_id"] in (None, monitor["id"]) and window["customer_id"] in (
        None,
        monitor["customer_id"],
    )


def occurrences(window: Mapping[str, Any] | asyncpg.Record, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When a window is open, from now on for some days. It repeats at the same time of its zone's clock."""
    start, length = window["starts_at"], window["ends_at"] - window["starts_at"]
    last = now + timedelta(days=DAYS_AHEAD)
    if window["repeat"] is None:
        if start < last and start + length > now:
            yield start, start + length
        return
    zone, step = ZoneInfo(window["time_zone"]), timedelta(days=1 if window["repeat"] == "daily" else 7)
    local = start.astimezone(zone).replace(tzinfo=None)
    skipped = max(0, (now - length - start) // step - 1)
    until = min(last, window["repeat_until"] or last)
    for n in range(skipped, skipped + DAYS_AHEAD + 4):
        opens = (local + n * step).replace(tzinfo=zone).astimezone(UTC)
        if opens < until and opens + length > now:
            yield opens, min(opens + length, window["repeat_until"] or opens + length)
