"""How fast monitors have answered lately: of those that the caller reaches, and of hours that are over or not."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

import sql
from tests.conftest import MONITOR, STRANGERS, Api
from tests.fleet.engine import stationed

PATH = "/api/smtp-monitors/response-times"
HOUR = timedelta(hours=1)
RESULT = """
    INSERT INTO smtp_checks (organization_id, smtp_monitor_id, checked_at, location_id, verdict, phase, code,
                             detail, hostname, port, total_ms)
    SELECT 1, 200, $1, id, $2, 'quit', 'ok', '', 'a', 25, $3 FROM locations
"""


async def test_hours_that_are_rolled_up_and_results_of_this_hour(api: Api, db: asyncpg.Connection) -> None:
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with stationed(db, "de-nbg"):
        await sql.partitions.maintain(db, retention_days=35)
        before = await db.fetchval(
            "UPDATE smtp_check_rollups r SET rolled_up_to = $1 FROM smtp_check_rollups o "
            "WHERE r.granularity = 'hour' AND o.granularity = 'hour' RETURNING o.rolled_up_to",
            this_hour,
        )
        strangers = await db.fetchval("SELECT id FROM smtp_monitors WHERE public_id = $1", STRANGERS)
        for key in ((1, 200), (2, strangers)):
            query = "INSERT INTO smtp_check_hours VALUES ($1, $2, $3, 4, 2, 0, 2, 84, 40, 44)"
            await db.execute(query, *key, this_hour - HOUR)
        for number, (verdict, total) in enumerate((("success", 10), ("warning", 20), ("failure", 900))):
            await db.execute(RESULT, this_hour + timedelta(milliseconds=number), verdict, total)
        asked = {"ids": f"{MONITOR},{STRANGERS}", "hours": "4"}
        answer = await (await api.call("GET", PATH, params=asked)).json()
        # another hour may have begun meanwhile
        last = (this_hour - datetime.fromisoformat(answer["since"])) // HOUR
        mine, theirs = answer["items"]
        assert (mine["publicId"], mine["responseTimes"][last - 2 : last + 1]) == (MONITOR, [None, 42, 15])
        assert (theirs["publicId"], theirs["responseTimes"]) == (STRANGERS, [None] * 4)
        seen = await (await api.call("GET", PATH, "globaladmin", params=asked)).json()
        assert [item["responseTimes"][last - 1] for item in seen["items"]] == [42, 42]
        assert (await (await api.call("GET", PATH)).json())["items"] == []
        await db.execute("DELETE FROM smtp_checks; DELETE FROM smtp_check_hours")
        await db.execute("UPDATE smtp_check_rollups SET rolled_up_to = $1 WHERE granularity = 'hour'", before)


@pytest.mark.parametrize("query", ["ids=", "ids=x", f"ids={MONITOR},", f"ids={MONITOR}&hours=0", "hours=49", "id=1"])
async def test_a_wrong_query_is_named(api: Api, query: str) -> None:
    answer = await api.call("GET", f"{PATH}?{query}")
    assert answer.status == 400
    assert (await answer.json())["errors"]
