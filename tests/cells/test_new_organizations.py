"""New organizations are made in the newest open cell. Those of any cell are renamed and deleted where they live."""

import pytest

import sql
from server.agent import retention
from server.agent.retention import Retention
from sql.connection import create_pool
from tests.cells.conftest import North
from tests.conftest import PASSWORD, Api, becomes


async def _make(api: Api, name: str, who: str = "globaladmin") -> int:
    response = await api.call("POST", "/api/organizations", who, json={"name": name})
    assert response.status == 201, await response.text()
    organization_id: int = (await response.json())["id"]
    return organization_id


@pytest.mark.parametrize("who", ["globaladmin", "north-globaladmin"])
async def test_they_are_made_in_the_newest_open_cell(both: Api, north: North, who: str) -> None:
    organization_id = await _make(both, "New", who)
    assert organization_id >> 44 == 1
    event = "SELECT resource_id FROM audit_events WHERE action = 'created' AND resource = 'organization'"
    assert await north.db.fetchval(event) == str(organization_id)
    await sql.cells.set_open(both.db, 1, open_to_new=False)
    assert await _make(both, "Newer", who) >> 44 == 0


async def test_its_first_user_logs_in(both: Api) -> None:
    organization_id = await _make(both, "New")
    user = {"organizationId": organization_id, "name": "First", "role": "admin", "email": "first@example.com"}
    body = {**user, "password": "a long enough password", "currentPassword": PASSWORD}
    assert (await both.call("POST", "/api/users", "globaladmin", json=body)).status == 201
    log_in = {"email": "first@example.com", "password": "a long enough password"}
    assert (await both.call("POST", "/api/sessions", None, json=log_in)).status == 201


async def test_no_cell_has_the_name_yet(both: Api, north: North) -> None:
    for name in ("North", "Example"):
        for who in ("globaladmin", "north-globaladmin"):
            response = await both.call("POST", "/api/organizations", who, json={"name": name})
            assert (response.status, (await response.json())["code"]) == (409, "conflict")
    for organization_id, name in ((1, "North"), (north.organization_id, "Example")):
        path = f"/api/organizations/{organization_id}"
        assert (await both.call("PATCH", path, "globaladmin", json={"name": name})).status == 409
    path = f"/api/organizations/{north.organization_id}"
    assert (await both.call("PATCH", path, "globaladmin", json={"name": "North"})).status == 200


async def test_a_name_waits_for_a_cell_that_is_away(away: Api) -> None:
    await sql.cells.set_open(away.db, 1, open_to_new=False)
    response = await away.call("POST", "/api/organizations", "globaladmin", json={"name": "New"})
    assert response.status == 503
    assert await sql.organizations.select_ids(away.db, "New") == []


async def test_one_of_another_cell_is_deleted(both: Api, north: North) -> None:
    path = f"/api/organizations/{north.organization_id}"
    assert (await both.call("DELETE", path, "globaladmin")).status == 204
    event = "SELECT before ->> 'name' FROM audit_events WHERE action = 'deleted' AND resource = 'organization'"
    assert await north.db.fetchval(event) == "North"
    assert await both.db.fetchval(event) is None
    assert (await both.call("GET", path, "globaladmin")).status == 404
    await becomes(401, lambda: _status(both, "north-admin"))
    body = {"email": "north-admin@example.com", "password": PASSWORD}
    assert (await both.call("POST", "/api/sessions", None, json=body)).status == 401
    await _purge(north, both.config.database_url)
    assert await both.db.fetchval("SELECT count(*) FROM remote_logins") == 0
    assert await north.db.fetchval("SELECT count(*) FROM organizations") == 0
    assert (await both.call("GET", path, "globaladmin")).status == 404
    assert (await both.get("globaladmin", monitor=north.monitor)).status == 404


async def test_the_last_step_waits_for_the_directory(both: Api, north: North) -> None:
    path = f"/api/organizations/{north.organization_id}"
    assert (await both.call("DELETE", path, "globaladmin")).status == 204
    await _purge(north, both.config.database_url.replace("@/", "@/no_"))
    assert await north.db.fetchval("SELECT count(*) FROM users") == 0
    assert await sql.organization_removals.select_marked(north.db) == [north.organization_id]
    await _purge(north, both.config.database_url)
    assert await sql.organization_removals.select_marked(north.db) == []


async def _status(api: Api, who: str) -> int:
    return (await api.call("GET", "/api/session", who)).status


async def _purge(north: North, directory_url: str) -> None:
    pool, directory = await create_pool(north.url), await create_pool(directory_url)
    await retention.purge(pool, Retention(), directory=directory)
    await pool.close()
    await directory.close()
