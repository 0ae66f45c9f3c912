"""Callers with a global role are served from whichever cell has what they name, and never by what was left behind."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

import sql
from tests.cells.conftest import North
from tests.cells.moving import arrive, copy, leave, move
from tests.conftest import ABSENT, MONITOR, PASSWORD, STRANGERS, Api

FAR = {"globaladmin": "north", "north-globaladmin": "main"}  # where the other cell is for whom
SECOND = 1 << 44
NOWHERE = ["f1111111-1111-8111-8111-111111111111", "01111111-1111-8111-8111-999999999999", ABSENT]


@pytest.mark.parametrize("who", FAR)
async def test_a_monitor_of_the_other_cell(both: Api, north: North, who: str) -> None:
    monitor, db = (north.monitor, north.db) if FAR[who] == "north" else (MONITOR, both.db)
    assert (await both.get(who, monitor=monitor)).status == 200
    response = await both.patch({"port": 2525}, who, monitor=monitor)
    assert (response.status, (await response.json())["port"]) == (200, 2525)
    query = "SELECT port FROM smtp_monitors WHERE public_id = $1"
    assert await db.fetchval(query, monitor) == 2525
    for what in ("changes", "check-history", "incident-history", "alert-history", "details"):
        assert (await both.call("GET", f"/api/smtp-monitors/{monitor}/{what}", who)).status == 200, what
    assert (await both.call("DELETE", f"/api/smtp-monitors/{monitor}", who)).status == 204
    assert await db.fetchval(query, monitor) is None


async def test_what_else_another_cell_has(both: Api, north: North) -> None:
    body = {"organizationId": north.organization_id}
    window = {"name": "x", "startsAt": "2026-01-01T12:00:00Z", "endsAt": "2026-01-01T13:00:00Z"}
    made = {
        "/api/customers": await _made(both, "/api/customers", {**body, "name": "New"}),
        "/api/users": await _made(
            both, "/api/users", {**body, "name": "New", "role": "user", "email": "new@example.com"}
        ),
        "/api/maintenance-windows": await _made(both, "/api/maintenance-windows", {**body, **window}),
    }
    for path, made_id in made.items():
        assert made_id >> 44 == 1, path
        assert (await both.call("GET", f"{path}/{made_id}", "globaladmin")).status == 200, path
        assert (await both.call("PATCH", f"{path}/{made_id}", "globaladmin", json={"name": "y"})).status == 200, path
        assert (await both.call("DELETE", f"{path}/{made_id}", "globaladmin")).status == 204, path
        assert (await both.call("DELETE", f"{path}/{made_id}", "globaladmin")).status == 404, path
    public_id = await north.db.fetchval("SELECT public_id FROM customers")
    assert (await both.call("GET", f"/api/customers/{public_id}", "globaladmin")).status == 200
    path = f"/api/organizations/{north.organization_id}"
    response = await both.call("PATCH", path, "globaladmin", json={"failureConfirmations": 5})
    assert (response.status, (await response.json())["failureConfirmations"]) == (200, 5)


async def _made(both: Api, path: str, body: dict[str, object]) -> int:
    response = await both.call("POST", path, "globaladmin", json=body)
    assert response.status == 201, await response.text()
    made_id: int = (await response.json())["id"]
    return made_id


async def test_a_token_of_another_cell_ends(both: Api, north: North) -> None:
    response = await both.call("POST", "/api/tokens", "north-admin", json={"name": "x"})
    token = await response.json()
    path = f"/api/tokens/{token['id']}"
    assert (await both.call("DELETE", path, "globaladmin")).status == 204
    assert (await both.call("DELETE", path, "globaladmin")).status == 404


@pytest.mark.parametrize("key", ["customerId", "smtpMonitorId", "organizationId"])
async def test_a_window_is_made_beside_what_it_silences(both: Api, north: North, key: str) -> None:
    named = {"customerId": north.customer_id, "smtpMonitorId": north.monitor, "organizationId": north.organization_id}
    body = {"name": "x", "startsAt": "2026-01-01T12:00:00Z", "endsAt": "2026-01-01T13:00:00Z", key: named[key]}
    await _made(both, "/api/maintenance-windows", body)
    assert await north.db.fetchval("SELECT count(*) FROM maintenance_windows") == 1


async def test_a_monitor_is_made_beside_its_customer_and_once(both: Api, north: North) -> None:
    public_id = str(await north.db.fetchval("SELECT public_id FROM customers"))
    for customer in (north.customer_id, public_id):
        body = {"customerId": customer, "name": "New", "hostname": "new.example.com"}
        headers = {"Idempotency-Key": str(uuid4())}
        answers = [
            await both.call("POST", "/api/smtp-monitors", "globaladmin", json=body, headers=headers) for _ in range(2)
        ]
        assert [answer.status for answer in answers] == [201, 201]
        assert len({(await answer.json())["publicId"] for answer in answers}) == 1
    assert await north.db.fetchval("SELECT count(*) FROM smtp_monitors WHERE name = 'New'") == 2


@pytest.mark.parametrize("public_id", NOWHERE)
async def test_what_is_nowhere_is_not_found(both: Api, public_id: str) -> None:
    assert (await both.get("globaladmin", monitor=public_id)).status == 404
    assert (await both.patch({"port": 25}, "globaladmin", monitor=public_id)).status == 404
    headers = {"If-Match": '"1-00000000"'}
    assert (await both.patch({"port": 25}, "globaladmin", monitor=public_id, headers=headers)).status == 412
    assert (await both.patch({"port": 25}, "supporter", monitor=public_id)).status == 403
    assert (await both.call("GET", f"/api/customers/{public_id}", "globaladmin")).status == 404


async def test_numbers_of_no_cell_are_not_found(both: Api) -> None:
    for number in (999, SECOND + 999, 77 * SECOND, 2**62):
        for path in ("customers", "users", "maintenance-windows", "organizations"):
            assert (await both.call("GET", f"/api/{path}/{number}", "globaladmin")).status == 404, (path, number)
        body = {"name": "x", "organizationId": number}
        assert (await both.call("POST", "/api/customers", "globaladmin", json=body)).status == 400, number
    for path in ("customers", "users", "maintenance-windows", "organizations", "smtp-monitors"):
        assert (await both.call("GET", f"/api/{path}/x", "globaladmin")).status == 400, path


async def test_one_patch_of_many_stays_in_a_cell(both: Api, north: North) -> None:
    async def patch(*ids: str) -> tuple[int, object]:
        body = {"ids": ids, "changes": {"port": 2525}}
        headers = {"Accept-Language": "en"}
        response = await both.call("PATCH", "/api/smtp-monitors", "globaladmin", json=body, headers=headers)
        return response.status, await response.json()

    assert (await patch(north.monitor))[0] == (await patch(MONITOR, STRANGERS))[0] == 200
    status, answer = await patch(MONITOR, north.monitor)
    assert isinstance(answer, dict)
    assert (status, answer["errors"]) == (
        400,
        [
            {
                "field": "ids",
                "code": "several_cells",
                "message": "names monitors of different databases; please send one request for each organization",
            }
        ],
    )
    assert (await patch(NOWHERE[0]))[0] == 404
    await move(both.db, north.db, 2)
    assert (await patch(STRANGERS, north.monitor))[0] == 200
    assert (await patch(STRANGERS, MONITOR))[0] == 400


async def test_what_has_moved_is_found_where_it_is_now(both: Api, north: North) -> None:
    await move(both.db, north.db, 2)
    headers = {"If-Match": (await both.get("globaladmin", monitor=STRANGERS)).headers["ETag"]}
    assert (await both.patch({"port": 2525}, "globaladmin", monitor=STRANGERS, headers=headers)).status == 200
    assert (await both.call("PATCH", "/api/customers/20", "globaladmin", json={"name": "Moved"})).status == 200
    for db, port, name in ((both.db, None, "Stranger's customer"), (north.db, 2525, "Moved")):
        assert await db.fetchval("SELECT port FROM smtp_monitors WHERE organization_id = 2") == port
        assert await db.fetchval("SELECT name FROM customers WHERE id = 20") == name
    body = {"customerId": 20, "name": "New", "hostname": "new.example.com"}
    assert await _made(both, "/api/smtp-monitors", body) >> 44 == 1


async def test_what_is_moving_is_asked_for_again(both: Api, north: North) -> None:
    """It has left its cell, and the directory does not say yet that it lives in the other one."""
    await copy(both.db, north.db, 2)
    await north.db.execute("INSERT INTO departures VALUES (2, true)")
    await leave(both.db, 2)
    for call in ("smtp-monitors/" + STRANGERS, "customers/20", "organizations/2"):
        response = await both.call("GET", f"/api/{call}", "globaladmin")
        assert (response.status, (await response.json())["code"]) == (503, "organization_moving"), call
    await north.db.execute("DELETE FROM departures")
    await arrive(both.db, 2)
    async with asyncio.timeout(1.5):
        while (await both.get("globaladmin", monitor=STRANGERS)).status != 200:
            await asyncio.sleep(0.01)


async def test_a_cell_that_is_away_is_not_taken_for_one_that_has_nothing(away: Api, north: North) -> None:
    public_id = str(await away.db.fetchval("SELECT public_id FROM customers WHERE id = 10"))
    own = [f"smtp-monitors/{MONITOR}", "customers/10", f"customers/{public_id}", "organizations/2"]
    for path in own:
        assert (await away.call("GET", f"/api/{path}", "globaladmin")).status == 200, path
    lost = [f"smtp-monitors/{north.monitor}", f"customers/{ABSENT}", f"organizations/{north.organization_id}"]
    calls = [away.call("GET", f"/api/{path}", "globaladmin") for path in [*lost, "users/999"]]
    assert {answer.status for answer in await asyncio.gather(*calls)} == {503}


async def test_the_password_of_the_caller_is_asked_for_where_the_caller_lives(both: Api, north: North) -> None:
    user = {"name": "New", "role": "admin", "organizationId": north.organization_id, "email": "new@example.com"}
    for password, status in (("wrong", 400), (PASSWORD, 201)):
        body = {**user, "currentPassword": password}
        assert (await both.call("POST", "/api/users", "globaladmin", json=body)).status == status
    counted = "SELECT count(*) FROM login_attempts"
    assert (await both.db.fetchval(counted), await north.db.fetchval(counted)) == (1, 0)
    made = await sql.users.select_with_address(north.db, "new@example.com")
    path, body = f"/api/users/{made[0]['id']}", {"password": "another long enough one"}
    for password, status in (("wrong", 400), (PASSWORD, 200)):
        sent = {**body, "currentPassword": password}
        assert (await both.call("PATCH", path, "globaladmin", json=sent)).status == status
    path = f"/api/organizations/{north.organization_id}"
    for password, status in (("wrong", 400), (PASSWORD, 204)):
        sent = {"currentPassword": password}
        assert (await both.call("DELETE", path, "globaladmin", json=sent)).status == status
    assert await north.db.fetchval(counted) == 0


async def test_a_late_body_is_read_for_every_cell(both: Api, north: North) -> None:
    async def late() -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        yield b'{"name": '
        yield b'"Late"}'

    public_id = await north.db.fetchval("SELECT public_id FROM customers")
    headers = {"Content-Type": "application/json"}
    path = f"/api/customers/{public_id}"
    assert (await both.call("PATCH", path, "globaladmin", data=late(), headers=headers)).status == 200
    assert await north.db.fetchval("SELECT name FROM customers") == "Late"
