"""Which span of time the details of a monitor are about, and what they tell whom."""

from datetime import UTC, date, datetime, time

import asyncpg
import pytest

from tests.conftest import MONITOR, Api
from tests.fleet.engine import stationed

PATH = f"/api/smtp-monitors/{MONITOR}"


async def insert_days(db: asyncpg.Connection, failures: dict[date, int]) -> None:
    """Days of ten checks that are rolled up, so many of which failed; the others took 100 ms."""
    for day, failed in failures.items():
        answered = 10 - failed
        query = "INSERT INTO smtp_check_days VALUES (1, 200, $1, 10, $2, 0, $3, $4, 100, 100)"
        await db.execute(query, datetime.combine(day, time(), UTC), failed, answered, 100.0 * answered)
    await db.execute("UPDATE smtp_check_rollups SET rolled_up_to = date_trunc('day', now(), 'UTC')")


async def test_dates_give_the_figures_of_their_span(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg"):
        await insert_days(db, {date(2026, 1, 1): 10, date(2026, 2, 1): 5, date(2026, 3, 9): 0, date(2026, 3, 10): 1})
        for query, day, month, year in (
            ("startDate=2026-02-01&endDate=2026-02-01", 50, 50, 50),
            ("startDate=2026-01-01&endDate=2026-03-10", 90, 95, 60),
            ("startDate=2026-02-01&endDate=2026-03-10&granularity=day", 90, 95, 80),
            ("startDate=2026-03-09&endDate=2026-03-11", None, 95, 95),
            ("startDate=2026-02-02&endDate=2026-03-08", None, None, None),
            ("range=month&date=2026-03-10", 90, 95, 95),
            ("date=2026-01-01", 0, 0, 0),
        ):
            answer = await (await api.call("GET", f"{PATH}/details?{query}")).json()
            stats = answer["uptimeStats"]
            assert (stats["day"], stats["month"], stats["year"]) == (day, month, year), query
            assert (stats["yearAvgResponse"] == 100) is bool(year), query
        meta = (await (await api.call("GET", f"{PATH}/details?startDate=2026-01-01&endDate=2026-03-10")).json())[
            "uptimeStatsMeta"
        ]
        end = "2026-03-11T00:00:00.000Z"
        counts = {"checks": 20, "failures": 1, "warnings": 0}
        assert meta["month"] == {"since": "2026-02-09T00:00:00.000Z", "before": end, **counts}
        assert (meta["day"]["since"], meta["year"]["since"]) == ("2026-03-10T00:00:00.000Z", "2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("date=2026-02-30", 400),
        ("date=yesterday", 400),
        ("startDate=2026-02-02&endDate=2026-02-01", 400),
        ("startDate=2025-01-01&endDate=2026-12-01", 400),
        ("startDate=2026-01-01&endDate=2026-02-01&granularity=raw", 400),
        ("range=decade", 400),
        ("granularity=minute", 400),
        ("nonsense=1", 400),
        ("date=0001-01-01", 400),
        ("date=9999-12-31", 400),
        ("range=month&date=2026-02-28", 200),
        ("startDate=2026-02-01&endDate=2026-02-01", 200),
        ("startDate=2026-02-01", 200),
        ("range=week&granularity=raw", 200),
        ("range=year", 200),
    ],
)
async def test_which_spans_are_answered(api: Api, query: str, status: int) -> None:
    assert (await api.call("GET", f"{PATH}/details?{query}")).status == status
