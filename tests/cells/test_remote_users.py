"""Users of another cell: the directory knows their addresses as long as there is somebody to log in."""

import asyncio

import asyncpg
import pytest

import sql
from server.handlers.keys import CELLS
from tests.cells.conftest import North
from tests.conftest import PASSWORD, Api

NEW = {"email": "New@example.com", "name": "New", "role": "user", "password": "a long enough password"}
LOG_IN = {"email": "new@example.com", "password": "a long enough password"}


async def _make(api: Api, north: North, who: str) -> tuple[int, int]:
    body = {**NEW, "organizationId": north.organization_id}
    response = await api.call("POST", "/api/users", who, json=body)
    return response.status, (await response.json()).get("id", 0)


async def _log_in(api: Api) -> int:
    return (await api.call("POST", "/api/sessions", None, json=LOG_IN)).status


@pytest.mark.parametrize("who", ["north-admin", "globaladmin", "north-globaladmin"])
async def test_they_log_in_from_the_first_moment_to_the_last(both: Api, north: North, who: str) -> None:
    status, user_id = await _make(both, north, who)
    assert (status, await _log_in(both)) == (201, 201)
    assert await sql.cells.select_remote_logins(both.db, "new@example.com") == [north.organization_id]
    assert (await _make(both, north, who))[0] == 409
    assert await _log_in(both) == 201
    assert (await both.call("DELETE", f"/api/users/{user_id}", who)).status == 204
    assert await sql.cells.select_remote_logins(both.db, "new@example.com") == []
    assert await _log_in(both) == 401


async def test_a_user_who_is_not_made_leaves_no_address(both: Api, north: North) -> None:
    await north.db.execute("UPDATE organizations SET max_users = 1")
    assert (await _make(both, north, "north-admin"))[0] == 409
    assert await sql.cells.select_remote_logins(both.db, "new@example.com") == []


async def test_a_user_who_stays_keeps_the_address(both: Api, north: North) -> None:
    user_id = await north.db.fetchval("SELECT id FROM users WHERE name = 'north-admin'")
    assert (await both.call("DELETE", f"/api/users/{user_id}", "globaladmin")).status == 409  # the last administrator
    assert await sql.cells.select_remote_logins(both.db, "north-admin@example.com") == [north.organization_id]


async def test_nobody_is_made_or_removed_without_the_directory(both: Api, north: North) -> None:
    status, user_id = await _make(both, north, "north-admin")
    assert status == 201
    assert both.client.app is not None
    await both.client.app[CELLS].home.pool.close()
    body = {**NEW, "email": "other@example.com"}
    assert (await both.call("POST", "/api/users", "north-admin", json=body)).status == 503
    assert await sql.users.select_with_address(north.db, "other@example.com") == []
    assert (await both.call("DELETE", f"/api/users/{user_id}", "north-admin")).status == 503
    assert await sql.users.select_with_address(north.db, "new@example.com") != []


async def test_a_removal_that_is_late_leaves_the_address_of_a_new_user(both: Api, north: North) -> None:
    _, user_id = await _make(both, north, "north-admin")
    await both.token("globaladmin")
    async with both.db.transaction():
        await both.db.execute("SELECT FROM remote_logins WHERE email = 'new@example.com' FOR UPDATE")
        removal = asyncio.create_task(both.call("DELETE", f"/api/users/{user_id}", "north-admin"))
        await _waits(both.db)
        assert (await _make(both, north, "globaladmin"))[0] == 201
    assert (await removal).status == 204
    assert await _log_in(both) == 201


async def test_a_new_user_gets_back_the_address_that_a_removal_took(both: Api, north: North) -> None:
    async with north.db.transaction():
        # whoever makes users holds this lock shared
        await north.db.execute("SELECT pg_advisory_xact_lock(hashtextextended('limits', $1))", north.organization_id)
        making = asyncio.create_task(_make(both, north, "north-admin"))
        await _waits(north.db)
        await sql.cells.delete_remote_login(both.db, "new@example.com", north.organization_id)
    assert (await making)[0] == 201
    assert await _log_in(both) == 201


async def _waits(db: asyncpg.Connection) -> None:
    """Return when somebody waits for a lock in that database."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with asyncio.timeout(5):
        while not await db.fetchval(query):
            await asyncio.sleep(0.01)


async def test_one_address_has_one_salt_in_all_cells(both: Api, north: North) -> None:
    """So a log-in computes one hash, and its time tells nobody how many organizations know the address."""
    address = {**NEW, "email": "both@example.com"}
    assert (await both.call("POST", "/api/users", "north-admin", json=address)).status == 201
    assert (await both.call("POST", "/api/users", "admin", json=address)).status == 201
    hashes = [await sql.users.select_hash(db, "both@example.com") for db in (both.db, north.db)]
    assert hashes[0] is not None
    assert hashes[0] == hashes[1]


async def test_their_own_account_is_in_their_cell(both: Api, north: North) -> None:
    body = {"currentPassword": PASSWORD, "password": "another long enough one"}
    assert (await both.call("PATCH", "/api/session", "north-readonly", json=body)).status == 200
    log_in = {"email": "north-readonly@example.com", "password": "another long enough one"}
    assert (await both.call("POST", "/api/sessions", None, json=log_in)).status == 201
    response = await both.call("POST", "/api/session/two-factor", "north-globaladmin", json={})
    assert response.status == 201
    assert await north.db.fetchval("SELECT count(*) FROM second_factors") == 1
    assert await both.db.fetchval("SELECT count(*) FROM second_factors") == 0


async def test_a_failed_log_in_is_told_where_its_user_lives(both: Api, north: North) -> None:
    body = {"email": "north-admin@example.com", "password": "wrong"}
    for named in ({}, {"organizationId": north.organization_id}):
        assert (await both.call("POST", "/api/sessions", None, json={**body, **named})).status == 401
    failed = "SELECT count(*) FROM audit_events WHERE action = 'log_in_failed' AND organization_id = $1"
    assert await north.db.fetchval(failed, north.organization_id) == 2
    assert await both.db.fetchval(failed, 0) == 0
