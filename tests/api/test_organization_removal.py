"""An organization that is deleted is gone at once for its users, and soon no row of it is left in any table."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

import sql
from server.agent import retention
from server.agent.retention import Retention
from sql.connection import create_pool
from sql.rows import Key
from tests.conftest import PASSWORD, STRANGERS, Api, becomes
from tests.fleet.engine import agent_config, eventually, found, location_id, running, stationed

PATH = "/api/organizations/2"
# one row at least in every table, of organization 2, which has a customer, a monitor and a user already
FILL = """
    INSERT INTO webhooks VALUES (2, 'https://a.example', '');
    INSERT INTO idempotency_keys (organization_id, user_id, key, fingerprint) SELECT 2, id, 'x', '' FROM users
     WHERE organization_id = 2;
    INSERT INTO second_factors SELECT 2, id, '' FROM users WHERE organization_id = 2;
    INSERT INTO recovery_codes SELECT 2, user_id, '' FROM second_factors;
    INSERT INTO smtp_monitor_states SELECT 2, id FROM smtp_monitors WHERE organization_id = 2;
    INSERT INTO smtp_monitor_sightings
    SELECT 2, m.id, l.id, 'tls', now(), '{}' FROM smtp_monitors m, locations l WHERE m.organization_id = 2;
    INSERT INTO incidents (organization_id, id, smtp_monitor_id, phase, code, detail, location_codes)
    SELECT 2, 1, id, '', '', '', '{}' FROM smtp_monitors WHERE organization_id = 2;
    INSERT INTO alerts (organization_id, id, smtp_monitor_id, incident_id, kind, occasion, channel, recipient, facts)
    SELECT 2, gen_random_uuid(), smtp_monitor_id, 1, 'incident_opened', '', 'email', '', '{}' FROM incidents;
    INSERT INTO alert_attempts SELECT 2, id, 1, now(), false, '' FROM alerts;
    INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at)
    VALUES (2, 'x', now(), now() + interval '1 day');
    INSERT INTO status_pages (organization_id, id, slug, title) VALUES (2, 1, 'abc', 'x');
    INSERT INTO status_page_smtp_monitors SELECT 2, 1, id, 1, 'x' FROM smtp_monitors WHERE organization_id = 2;
    INSERT INTO status_page_messages (organization_id, status_page_id, kind, title, body)
    VALUES (2, 1, 'info', 'x', 'x');
    INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address)
    SELECT 2, 999, n, now(), '{}', '' FROM generate_series(1, 2500) AS n;
    INSERT INTO events (organization_id, kind, smtp_monitor_ids) VALUES (2, 'state', '{999}');
    INSERT INTO audit_events (organization_id, address, action, resource) VALUES (2, '', 'created', 'user');
    INSERT INTO indexed_smtp_monitors SELECT 2, id, customer_id, status, name FROM smtp_monitors
     WHERE organization_id = 2;
    INSERT INTO indexed_smtp_monitor_counts SELECT 2, customer_id, status, 1, 'up' FROM indexed_smtp_monitors;
    INSERT INTO smtp_check_hours VALUES (2, 999, date_trunc('hour', now()), 1, 0, 0, 1, 1, 1, 1);
    INSERT INTO smtp_check_days VALUES (2, 999, date_trunc('day', now()), 1, 0, 0, 1, 1, 1, 1);
    INSERT INTO smtp_checks (organization_id, smtp_monitor_id, checked_at, location_id, verdict, phase, code, detail,
                             hostname, port, total_ms)
    SELECT 2, 999, now() - n * interval '1 s', 1, 'success', '', '', '', '', 25, 1 FROM generate_series(1, 1500) AS n
"""


# what says where an organization lives, and the mark of a move, which removes it itself
CELLS = {"organization_homes", "organization_moves", "remote_logins", "departures", "departed_smtp_monitors"}
CELLS |= {"move_marks", "status_page_slugs"}


async def rows_by_table(db: asyncpg.Connection, organization_id: int) -> dict[str, int]:
    """How many rows of the organization each table has that has a column for it; partitions count by themselves."""
    query = """
        SELECT table_name
          FROM information_schema.columns
          JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = 'public'
           AND column_name = 'organization_id'
           AND table_type = 'BASE TABLE'
           AND table_name !~ '_[0-9]{8}$'
    """
    tables = {row["table_name"] for row in await db.fetch(query)} - CELLS
    count = "SELECT count(*) FROM {} WHERE organization_id = $1"
    return {table: await db.fetchval(count.format(table), organization_id) for table in tables}


@pytest.fixture
async def pool(api: Api) -> AsyncIterator[asyncpg.Pool]:
    """Organization 2 has rows in every table."""
    pool = await create_pool(api.config.database_url)
    async with stationed(api.db, "de-nbg"):
        await sql.partitions.maintain(api.db, retention_days=35)
        await api.token("stranger")
        await api.db.execute(FILL)
        yield pool
    await pool.close()


async def test_nothing_of_it_is_left_in_any_table(api: Api, pool: asyncpg.Pool) -> None:
    before, others = await rows_by_table(api.db, 2), await rows_by_table(api.db, 1)
    assert min(before.values()) > 0, "each table has rows that are to go"
    await api.token("globaladmin")
    others = await rows_by_table(api.db, 1)
    assert (await api.call("DELETE", PATH, "globaladmin")).status == 204
    await retention.purge(pool, Retention())
    assert {table: rows for table, rows in (await rows_by_table(api.db, 2)).items() if rows} == {}
    assert await api.db.fetchval("SELECT count(*) FROM organizations WHERE id = 2") == 0
    assert await rows_by_table(api.db, 1) == others


async def test_it_is_gone_at_once_for_its_users_and_in_the_lists(api: Api, pool: asyncpg.Pool) -> None:
    assert (await api.call("GET", "/api/session", "stranger")).status == 200
    assert (await api.call("DELETE", PATH, "globaladmin")).status == 204

    async def status() -> int:
        return (await api.call("GET", "/api/session", "stranger")).status

    await becomes(401, status)
    body = {"email": "stranger@example.org", "password": PASSWORD}
    assert (await api.call("POST", "/api/sessions", None, json=body)).status == 401
    for method in ("GET", "PATCH", "DELETE"):
        assert (await api.call(method, PATH, "globaladmin", json={})).status == 404
    page = await (await api.call("GET", "/api/organizations", "globaladmin")).json()
    assert ([item["id"] for item in page["items"]], page["total"]) == ([1], 1)
    assert await api.db.fetchval("SELECT count(*) FROM organizations WHERE id = 2") == 1, "not removed yet"


async def test_each_step_is_small_and_the_next_agent_goes_on(api: Api, pool: asyncpg.Pool) -> None:
    await api.call("DELETE", PATH, "globaladmin")
    assert await sql.organization_removals.select_marked(pool) == [2]
    left, steps = sum((await rows_by_table(api.db, 2)).values()), 0
    more = True
    while more:
        async with pool.acquire() as connection, connection.transaction():
            more = await sql.organization_removals.step(connection, organization_id=2)
        now = sum((await rows_by_table(api.db, 2)).values())
        assert left - now <= 1100, "a thousand and what goes with them"
        left, steps = now, steps + 1
    assert (left, steps >= 4) == (0, True)
    assert await sql.organization_removals.select_marked(pool) == []


async def test_a_row_that_somebody_holds_goes_later(api: Api, pool: asyncpg.Pool) -> None:
    await api.call("DELETE", PATH, "globaladmin")
    async with api.db.transaction():
        await api.db.execute("SELECT FROM maintenance_windows WHERE organization_id = 2 FOR UPDATE")
        for _ in range(30):
            async with pool.acquire() as connection, connection.transaction():
                assert await sql.organization_removals.step(connection, organization_id=2)
        left = await rows_by_table(api.db, 2)
        assert (left["incidents"], left["maintenance_windows"], left["smtp_monitors"]) == (0, 1, 1)
    await retention.purge(pool, Retention())
    assert sum((await rows_by_table(api.db, 2)).values()) == 0


async def test_a_roll_up_that_is_under_way_ends_first(api: Api, pool: asyncpg.Pool) -> None:
    await api.call("DELETE", PATH, "globaladmin")
    async with api.db.transaction():
        assert await sql.smtp_check_rollups.try_lock(api.db)
        for _ in range(30):
            async with pool.acquire() as connection, connection.transaction():
                assert await sql.organization_removals.step(connection, organization_id=2)
        assert (await rows_by_table(api.db, 2))["smtp_check_hours"] == 1
    await retention.purge(pool, Retention())
    assert sum((await rows_by_table(api.db, 2)).values()) == 0


async def test_the_audit_of_an_organization_that_is_not_deleted_stays(api: Api, pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.RaiseError, match="organization 1 is not deleted"):
        await api.db.execute("SELECT purge_organization_audit(1, 10)")


async def test_an_agent_is_woken_for_it(api: Api, pool: asyncpg.Pool) -> None:
    async with running(agent_config(api.config)):

        async def at_work() -> bool:
            return bool(await api.db.fetchval("SELECT EXISTS (SELECT FROM agents)"))

        await eventually(at_work)
        await api.call("DELETE", PATH, "globaladmin")

        async def gone() -> bool:
            return not await api.db.fetchval("SELECT EXISTS (SELECT FROM organizations WHERE id = 2)")

        await eventually(gone)


async def test_a_result_that_comes_late_is_not_stored(api: Api, pool: asyncpg.Pool) -> None:
    monitor = await api.db.fetchval("SELECT id FROM smtp_monitors WHERE public_id = $1", STRANGERS)
    await api.call("DELETE", PATH, "globaladmin")
    await retention.purge(pool, Retention())
    here, now = await location_id(api.db), await api.db.fetchval("SELECT now()")
    async with api.db.transaction():
        await sql.smtp_checks.insert(api.db, here, [found(2, monitor, now), found(1, 200, now)])
    rows = await api.db.fetch("SELECT organization_id, smtp_monitor_id FROM smtp_checks")
    assert [Key(*row) for row in rows] == [Key(1, 200)]


async def test_what_is_made_in_it_meanwhile_goes_too(api: Api, pool: asyncpg.Pool) -> None:
    await api.call("DELETE", PATH, "globaladmin")
    async with api.db.transaction():
        await api.db.execute("INSERT INTO customers (organization_id, name) VALUES (2, 'Late')")
        purging = asyncio.create_task(retention.purge(pool, Retention()))
        await asyncio.wait([purging], timeout=0.2)
    await purging
    await retention.purge(pool, Retention())
    assert await api.db.fetchval("SELECT count(*) FROM organizations WHERE id = 2") == 0


async def test_the_audit_tells_who_deleted_it(api: Api, pool: asyncpg.Pool) -> None:
    await api.call("DELETE", PATH, "globaladmin")
    await retention.purge(pool, Retention())
    answer = await (await api.call("GET", "/api/audit?resource=organization", "globaladmin")).json()
    [event] = answer["items"]
    assert (event["action"], event["resourceId"], event["organizationId"]) == ("deleted", "2", None)
    assert (event["actor"]["email"], event["before"]["name"]) == ("globaladmin@example.com", "Stranger")


async def test_who_deletes_what(api: Api, pool: asyncpg.Pool) -> None:
    for who, status in (("stranger", 403), ("admin", 403), ("supporter", 403)):
        assert (await api.call("DELETE", PATH, who)).status == status
    own = await api.call("DELETE", "/api/organizations/1", "globaladmin")
    assert (own.status, (await own.json())["code"]) == (409, "own_organization")
    assert (await api.call("DELETE", "/api/organizations/999", "globaladmin")).status == 404


async def test_a_stale_session_needs_the_password(api: Api, pool: asyncpg.Pool) -> None:
    await api.token("globaladmin")
    await api.db.execute("UPDATE sessions SET created_at = now() - interval '16 minutes'")
    refused = await api.call("DELETE", PATH, "globaladmin")
    assert (refused.status, (await refused.json())["errors"][0]["code"]) == (400, "password_required")
    assert (await api.call("DELETE", PATH, "globaladmin", json={"currentPassword": PASSWORD})).status == 204
