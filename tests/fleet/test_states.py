"""Which state a monitor is in while its server comes and goes, and what lists show of it."""

from datetime import UTC, datetime, timedelta

import asyncpg

import sql
from server.agent import upkeep
from server.serving.config import Config
from sql.connection import create_pool
from tests.conftest import MONITOR, Api
from tests.fleet.engine import agent_config, break_down, mailbox, running, stationed

LIST = "/api/smtp-monitors"
ENGLISH = {"Accept-Language": "en"}


async def state(api: Api) -> str:
    """Of the monitor, in the list, by its filter and in the details, before and after it is indexed."""
    [item] = await items(api, "search=outbound&sort=state")
    for _ in range(2):
        filtered = await items(api, f"state={item['state']}&sort=-stateSince")
        assert item in filtered
        others = {"down", "warning", "unknown", "maintenance", "paused", "up"} - {item["state"]}
        assert MONITOR not in [other["publicId"] for other in await items(api, f"state={','.join(others)}")]
        details = await (await api.call("GET", f"{LIST}/{MONITOR}/details", headers=ENGLISH)).json()
        assert {key: details[key] for key in ("state", "stateSince", "lastError")}.items() <= item.items()
        async with api.db.transaction():
            await sql.smtp_monitor_index.index_some(api.db, 100)
    if item["state"] != "maintenance":
        assert (item["lastError"] is not None) == (item["state"] in ("down", "warning"))
    return str(item["state"])


async def items(api: Api, query: str) -> list[dict[str, object]]:
    answer = await api.call("GET", f"{LIST}?{query}", headers=ENGLISH)
    assert answer.status == 200, await answer.text()
    page = await answer.json()
    assert page["total"] == len(page["items"])
    found: list[dict[str, object]] = page["items"]
    return found


async def test_a_state_follows_what_happens(api: Api, db: asyncpg.Connection, config: Config) -> None:
    tag = (await api.get()).headers["ETag"]
    assert await state(api) == "paused"
    pool = await create_pool(config.database_url)
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        assert await state(api) == "unknown"
        async with running(agent_config(config)):
            await watched.check()
            assert await state(api) == "up"
            [up] = await items(api, "state=up")
            await watched.check()
            assert (await items(api, "state=up"))[0]["stateSince"] == up["stateSince"]
            await server.stop()
            await watched.check()
            assert await state(api) == "warning"
            await watched.check()
            assert await state(api) == "down"
            [down] = await items(api, "state=down")
            assert down["lastError"] == {
                "phase": "connect",
                "code": "connect_refused",
                "message": "The connection was refused",
            }
            await server.start()
            await watched.check()
            assert await state(api) == "down", "one success ends no outage"
            await watched.check()
            assert await state(api) == "up"
        for status, shown in (("disabled", "paused"), ("maintenance", "maintenance"), ("active", "up")):
            await api.patch({"status": status})
            assert await state(api) == shown
        now, hour = datetime.now(UTC), timedelta(hours=1)
        window = {"name": "Now", "starts_at": now - hour, "ends_at": now + hour}
        for customer in (10, None, 11):
            await sql.maintenance_windows.insert(db, 1, customer, None, window)
            await upkeep.sweep(pool)
            assert await state(api) == ("up" if customer == 11 else "maintenance")
            await db.execute("DELETE FROM maintenance_windows")
            await upkeep.sweep(pool)
            assert await state(api) == "up"
        await db.execute("UPDATE smtp_monitor_states SET last_checked_at = now() - interval '1 day'")
        await db.execute("UPDATE smtp_monitor_locations SET checked_at = now() - interval '1 day'")
        await upkeep.sweep(pool)
        assert await state(api) == "up", "every monitor is looked at once a minute only"
        await upkeep.sweep(pool, stale=True)
        assert await state(api) == "unknown"
    await pool.close()
    assert (await api.get()).headers["ETag"] != tag
    single = await (await api.get()).json()
    assert not single.keys() & {"state", "stateSince", "lastError"}


async def test_an_incident_that_is_closed_by_a_status_leaves_no_state_behind(
    api: Api, db: asyncpg.Connection, config: Config
) -> None:
    pool = await create_pool(config.database_url)
    async with stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        await api.patch({"status": "disabled"})
        await upkeep.sweep(pool)
        assert await state(api) == "paused"
        await api.patch({"status": "active"})
        assert await state(api) == "warning", "its last check failed, but that is no outage any more"
    await pool.close()
