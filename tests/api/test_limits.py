"""How much an organization may have of each thing, and who may change that."""

import asyncio
from itertools import count
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientResponse

import sql
from tests.conftest import MONITOR, Api, waits_for_a_lock

NUMBERS = count(1)
ALWAYS: dict[str, object] = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-02T00:00:00Z", "repeat": "daily"}
# the limit, its default, the table that it is of, which of its rows count, where one is made, and of what
KINDS: dict[str, tuple[int, str, str, str, dict[str, object]]] = {
    "maxSmtpMonitors": (
        10_000,
        "smtp_monitors",
        "true",
        "/api/smtp-monitors",
        {"customerId": 10, "hostname": "a.example"},
    ),
    "maxCustomers": (10_000, "customers", "true", "/api/customers", {}),
    "maxUsers": (1000, "users", "true", "/api/users", {"role": "user"}),
    "maxTokens": (1000, "sessions", "name IS NOT NULL", "/api/tokens", {}),
    "maxMaintenanceWindows": (1000, "maintenance_windows", "true", "/api/maintenance-windows", ALWAYS),
    "maxStatusPages": (100, "status_pages", "true", "/api/status-pages", {}),
}


async def make(api: Api, kind: str, **options: Any) -> ClientResponse:
    _, _, _, path, body = KINDS[kind]
    number = next(NUMBERS)
    named: dict[str, object] = {"name": f"Limited {number}"}
    if kind == "maxUsers":
        named["email"] = f"limited-{number}@example.com"
    if kind == "maxStatusPages":
        named = {"title": f"Limited {number}", "slug": f"limited-{number}"}
    return await api.call("POST", path, json={**named, **body}, **options)


async def number_of(db: asyncpg.Connection, kind: str) -> int:
    _, table, counted, _, _ = KINDS[kind]
    return int(await db.fetchval(f"SELECT count(*) FROM {table} WHERE organization_id = 1 AND {counted}"))


async def leave_room(api: Api, kind: str, room: int) -> int:
    """Set the limit to what there is and *room* more; the limit."""
    limit = await number_of(api.db, kind) + room
    response = await api.call("PATCH", "/api/organizations/1", "globaladmin", json={kind: limit})
    assert (response.status, (await response.json())[kind]) == (200, limit)
    return limit


@pytest.mark.parametrize("kind", KINDS)
async def test_one_more_than_the_limit_is_refused_and_the_limit_is_named(api: Api, kind: str) -> None:
    limit = await leave_room(api, kind, 1)
    assert (await make(api, kind)).status == 201
    refused = await make(api, kind)
    assert await refused.json() == {
        "statusCode": 409,
        "statusMessage": "Conflict",
        "message": f"Die Organisation hat ihr Limit erreicht: {kind} = {limit}",
        "code": "limit_reached",
    }
    english = await (await make(api, kind, headers={"Accept-Language": "en"})).json()
    assert english["message"] == f"The organization has reached its limit: {kind} = {limit}"
    assert await number_of(api.db, kind) == limit


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_deleted_makes_room(api: Api, kind: str) -> None:
    await leave_room(api, kind, 1)
    location = (await make(api, kind)).headers["Location"]
    assert (await make(api, kind)).status == 409
    assert (await api.call("DELETE", location)).status == 204
    assert (await make(api, kind)).status == 201


@pytest.mark.parametrize("kind", KINDS)
async def test_many_at_once_do_not_exceed_the_limit(api: Api, kind: str) -> None:
    limit = await leave_room(api, kind, 3)
    statuses = [response.status for response in await asyncio.gather(*[make(api, kind) for _ in range(8)])]
    assert sorted(statuses) == [201] * 3 + [409] * 5
    assert await number_of(api.db, kind) == limit


async def test_an_expired_token_takes_no_room(api: Api) -> None:
    limit = await leave_room(api, "maxTokens", 2)
    for status in (201, 201, 409):
        assert (await make(api, "maxTokens")).status == status
    await api.db.execute("UPDATE sessions SET expires_at = now() - interval '1 s' WHERE name IS NOT NULL")
    assert (await sql.organizations.select_used(api.db, 1))["max_tokens"] == 0
    for status in (*[201] * limit, 409):
        assert (await make(api, "maxTokens")).status == status
    assert (await sql.organizations.select_used(api.db, 1))["max_tokens"] == limit
    await sql.retention.purge(api.db, kind="sessions", days=0)
    assert (await sql.organizations.select_used(api.db, 1))["max_tokens"] == limit


async def test_the_limit_of_another_organization_is_its_own(api: Api) -> None:
    await leave_room(api, "maxCustomers", 0)
    body = {"name": "Theirs", "organizationId": 2}
    assert (await api.call("POST", "/api/customers", "globaladmin", json=body)).status == 201


async def test_logging_in_is_not_limited_by_the_tokens(api: Api) -> None:
    await leave_room(api, "maxTokens", 0)
    await api.token("user")
    assert (await api.call("GET", "/api/session", "user")).status == 200


async def test_a_create_that_was_refused_leaves_its_idempotency_key_free(api: Api) -> None:
    await leave_room(api, "maxSmtpMonitors", 0)
    key, new = {"Idempotency-Key": "again"}, {"customerId": 10, "name": "New", "hostname": "a.example"}
    assert (await api.call("POST", "/api/smtp-monitors", json=new, headers=key)).status == 409
    await leave_room(api, "maxSmtpMonitors", 1)
    made = await api.call("POST", "/api/smtp-monitors", json=new, headers=key)
    assert made.status == 201
    repeated = await api.call("POST", "/api/smtp-monitors", json=new, headers=key)
    assert (repeated.status, await repeated.json()) == (201, await made.json())


async def test_a_create_that_nobody_sees_yet_counts_near_the_limit(api: Api) -> None:
    await asyncio.gather(api.token("admin"), api.token("globaladmin"))
    async with api.db.transaction():
        await api.db.execute("INSERT INTO customers (organization_id, name) VALUES (1, 'Uncommitted')")
        await leave_room(api, "maxCustomers", 0)
        making = asyncio.create_task(make(api, "maxCustomers"))
        await waits_for_a_lock(api)
    assert (await making).status == 409


async def test_far_from_the_limit_nobody_waits_for_another_create(api: Api) -> None:
    """Two of 32 stripes are the same now and then: the connections are chosen so that theirs are not."""
    assert (await make(api, "maxCustomers")).status == 201, "the pool has its connection now"
    query = "SELECT array_agg(DISTINCT pid % 32) FROM pg_stat_activity WHERE datname = current_database()"
    taken = await api.db.fetchval(query)
    connections = [await asyncpg.connect(api.config.database_url) for _ in range(32)]
    other = next(one for one in connections if one.get_server_pid() % 32 not in taken)
    try:
        async with other.transaction():
            await other.execute("INSERT INTO customers (organization_id, name) VALUES (1, 'Uncommitted')")
            assert (await make(api, "maxCustomers")).status == 201
    finally:
        for connection in connections:
            await connection.close()


async def test_limits_have_defaults_and_only_global_admins_change_them(api: Api) -> None:
    organization = await (await api.call("GET", "/api/organization")).json()
    assert {kind: organization[kind] for kind in KINDS} == {kind: default for kind, (default, *_) in KINDS.items()}
    assert (await api.call("PATCH", "/api/organization", json={**organization, "name": "Renamed"})).status == 200
    refused = await api.call("PATCH", "/api/organization", json={"maxUsers": 1001})
    assert (refused.status, (await refused.json())["detail"]) == (
        403,
        "nur globale Administratoren dürfen Limits ändern",
    )
    assert (await (await api.call("GET", "/api/organization")).json())["maxUsers"] == 1000
    for wrong in (-1, 10_000_001, None, "5"):
        response = await api.call("PATCH", "/api/organizations/1", "globaladmin", json={"maxUsers": wrong})
        assert response.status == 400


async def test_the_counts_of_an_organization_end_with_it(api: Api) -> None:
    for kind in KINDS:
        assert (await make(api, kind)).status == 201
    await api.db.execute("DELETE FROM organizations WHERE id = 1")
    assert await api.db.fetchval("SELECT count(*) FROM organization_counts WHERE organization_id = 1") == 0


async def test_details_show_the_next_windows_and_those_that_are_open(api: Api) -> None:
    await api.db.execute("""
        INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at, repeat)
        SELECT 1, 'Closed ' || n, now() - interval '36 h', now() - interval '35 h', 'daily'
          FROM generate_series(1, 60) AS n;
        INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at)
        VALUES (1, 'Open', now() - interval '1 h', now() + interval '1 h')
    """)
    answer = await (await api.call("GET", f"/api/smtp-monitors/{MONITOR}/details")).json()
    windows = answer["maintenance"]["windows"]
    assert (answer["maintenance"]["active"], len(windows), windows[0]["name"]) == (True, 50, "Open")
