"""Incidents of all monitors: who finds which, what is told of one, and who takes it over."""

from typing import Any

import asyncpg
import pytest

from server.agent import upkeep
from server.serving.config import Config
from sql.connection import create_pool
from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api
from tests.fleet.engine import agent_config, break_down, mailbox, running, stationed

PATH = "/api/incidents"
MADE = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, opened_at, closed_at, close_reason, phase, code, detail,
                           location_codes)
    SELECT organization_id, id, $2, $3::timestamptz, CASE WHEN $3::timestamptz IS NOT NULL THEN 'recovered' END,
           'connect', 'connect_refused', '', '{de-nbg}'
      FROM smtp_monitors
     WHERE public_id = $1
    RETURNING id
"""


async def read(api: Api, path: str, who: str = "admin") -> dict[str, Any]:
    answer = await api.call("GET", path, who, headers={"Accept-Language": "en"})
    assert answer.status == 200, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


async def test_who_finds_which(api: Api, db: asyncpg.Connection) -> None:
    times = [await db.fetchval("SELECT now() - make_interval(hours => $1)", hours) for hours in range(6)]
    old = await db.fetchval(MADE, MONITOR, times[5], times[4])
    now_open = await db.fetchval(MADE, MONITOR, times[3], None)
    other = await db.fetchval(MADE, OTHER_CUSTOMERS, times[2], times[1])
    moment = times[2].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for who, query, expected in (
        ("admin", "", [other, now_open, old]),
        ("admin", "?perPage=2&page=2", [old]),
        ("admin", "?status=open", [now_open]),
        ("admin", "?status=closed", [other, old]),
        ("admin", f"?smtpMonitorId={MONITOR}", [now_open, old]),
        ("admin", "?customerId=11", [other]),
        ("admin", f"?from={moment}", [other, now_open]),
        ("admin", f"?to={moment}", [now_open, old]),
        ("restricted", "", [now_open, old]),
        ("supporter", "?organizationId=1&status=open", [now_open]),
        ("stranger", "", []),
    ):
        page = await read(api, f"{PATH}{query}", who)
        assert [item["id"] for item in page["items"]] == expected, (who, query)
        assert page["total"] == (3 if "page=2" in query else len(expected))
    [item] = (await read(api, f"{PATH}?status=open"))["items"]
    assert (item["smtpMonitorPublicId"], item["customerName"]) == (MONITOR, "Example customer")


async def test_an_incident_tells_its_story(api: Api, db: asyncpg.Connection, config: Config) -> None:
    pool = await create_pool(config.database_url)
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await watched.watch(server.port)
            await watched.check()
            await break_down(watched)
            [incident] = (await read(api, f"{PATH}?status=open"))["items"]
            path = f"{PATH}/{incident['id']}"
            answer = await api.call("POST", f"{path}/acknowledge", "user", json={"reason": " provider knows "})
            assert answer.status == 200
            again = await (await api.call("POST", f"{path}/acknowledge", json={"reason": "too late"})).json()
            assert (again["acknowledgedBy"]["email"], again["acknowledgeReason"]) == (
                "user@example.com",
                "provider knows",
            )
            await db.execute("UPDATE organizations SET reminder_interval_minutes = 10")
            await db.execute("UPDATE incidents SET reminded_at = now() - interval '1 day'")
            await upkeep.sweep(pool)
            assert "incident_reminder" not in [alert["kind"] for alert in await watched.alerts()]
            await api.patch({"checkInterval": 120})
            await watched.watch(server.port)
            await watched.check()
            await watched.check()
        whole = await read(api, path)
    await pool.close()
    kinds = [entry["kind"] for entry in whole["timeline"] if entry["kind"] != "alert"]
    assert kinds == ["check", "check", "opened", "acknowledged", "change", "check", "check", "closed"]
    checks = [(entry["verdict"], entry["locationCode"]) for entry in whole["timeline"] if entry["kind"] == "check"]
    assert checks == [("failure", "de-nbg")] * 2 + [("success", "de-nbg")] * 2
    told = [entry["alertKind"] for entry in whole["timeline"] if entry["kind"] == "alert"]
    assert told == ["incident_opened", "incident_closed"]
    assert [entry["at"] for entry in whole["timeline"]] == sorted(entry["at"] for entry in whole["timeline"])
    history = await read(api, f"/api/smtp-monitors/{MONITOR}/incident-history")
    assert history["items"][0]["acknowledgeReason"] == "provider knows"
    audit = await read(api, "/api/audit?resource=incident")
    assert [event["actor"]["email"] for event in audit["items"]] == ["user@example.com"]


async def test_what_is_over_is_not_taken_over(api: Api, db: asyncpg.Connection) -> None:
    over = await db.fetchval(MADE, MONITOR, *[await db.fetchval("SELECT now()")] * 2)
    answer = await api.call("POST", f"{PATH}/{over}/acknowledge", json={})
    assert (answer.status, (await answer.json())["code"]) == (409, "incident_closed")


async def test_indexes_find_an_incident_and_the_newest(db: asyncpg.Connection, demo_data: None) -> None:
    # of a small table it may be as cheap to read all of it
    await db.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
    for query, index in (
        ("WHERE id = 1", "incidents_id_idx"),
        ("ORDER BY opened_at DESC, id DESC LIMIT 50", "incidents_opened_idx"),
        ("WHERE organization_id = 1 ORDER BY opened_at DESC, id DESC LIMIT 50", "incidents_opened_at_idx"),
    ):
        plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN SELECT * FROM incidents {query}"))
        assert index in plan


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "?status=half", None, "status"),
        ("GET", "?from=yesterday", None, "from"),
        ("GET", "?smtpMonitorId=1", None, "smtpMonitorId"),
        ("POST", "/1/acknowledge", {"reason": "x" * 501}, "reason"),
        ("POST", "/1/acknowledge", {"reason": "a\u0000b"}, "reason"),
        ("POST", "/1/acknowledge", {"why": "x"}, "why"),
    ],
)
async def test_a_wrong_request_is_named(api: Api, method: str, path: str, body: object, field: str) -> None:
    answer = await api.call(method, f"{PATH}{path}", json=body)
    assert answer.status == 400
    assert (await answer.json())["errors"][0]["field"] == field
