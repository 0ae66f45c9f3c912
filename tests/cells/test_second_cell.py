"""Organizations of another cell: served as those of the first one, apart from them, whatever happens to the others."""

import asyncio
import socket
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiohttp import ClientResponse

import sql
from server.access import cells
from server.access.cell_numbers import made_in
from server.access.key_ring import KeyRing, generate_key
from server.access.signer import Signer
from server.handlers.keys import CELLS
from server.serving.app import create_app
from server.serving.config import Config
from tests.cells.conftest import North
from tests.conftest import MONITOR, PASSWORD, AiohttpClient, Api, becomes

TOMORROW = datetime.now(UTC) + timedelta(days=1)


async def test_its_users_log_in_and_patch_there(both: Api, north: North) -> None:
    body = {"email": "north-admin@example.com", "password": PASSWORD}
    response = await both.call("POST", "/api/sessions", None, json=body)
    assert response.status == 201
    session = await response.json()
    assert session["user"]["organizationId"] == north.organization_id
    both.tokens["north-admin"] = session["token"]
    response = await both.patch({"port": 2525}, "north-admin", monitor=north.monitor)
    assert (response.status, (await response.json())["port"]) == (200, 2525)
    assert await north.db.fetchval("SELECT port FROM smtp_monitors") == 2525
    assert await north.db.fetchval("SELECT count(*) FROM smtp_monitor_changes") == 1


async def test_nobody_reads_or_writes_across(both: Api, north: North) -> None:
    for who, monitor in (("admin", north.monitor), ("north-admin", MONITOR)):
        assert (await both.get(who, monitor=monitor)).status == 404
        assert (await both.patch({"port": 25}, who, monitor=monitor)).status == 404
        assert (await both.call("DELETE", f"/api/smtp-monitors/{monitor}", who)).status == 404
    listed = await (await both.call("GET", "/api/smtp-monitors", "north-admin")).json()
    assert [item["publicId"] for item in listed["items"]] == [north.monitor]


async def test_what_is_made_there_says_its_cell(both: Api, north: North) -> None:
    body = {"customerId": north.customer_id, "name": "New", "hostname": "new.example.com"}
    response = await both.call("POST", "/api/smtp-monitors", "north-admin", json=body)
    made = await response.json()
    public_id = UUID(made["publicId"])
    assert (response.status, made["id"] >> 44, public_id.version, public_id.bytes[0]) == (201, 1, 8, 1)
    assert made_in(made["id"]) == made_in(public_id) == 1


async def test_preconditions_hold_there(both: Api, north: North) -> None:
    tag = (await both.get("north-admin", monitor=north.monitor)).headers["ETag"]
    for expected in (200, 412):
        headers = {"If-Match": tag}
        response = await both.patch({"port": 26}, "north-admin", monitor=north.monitor, headers=headers)
        assert response.status == expected
    assert (await both.patch({"port": 26}, "north-readonly", monitor=north.monitor)).status == 403


async def test_a_session_that_ends_there_ends_within_a_second(both: Api, north: North) -> None:
    assert (await both.get("north-admin", monitor=north.monitor)).status == 200
    await north.db.execute("DELETE FROM sessions")
    async with asyncio.timeout(1.5):
        while (await both.get("north-admin", monitor=north.monitor)).status != 401:
            await asyncio.sleep(0.01)


async def test_a_cell_that_never_answers_hurts_its_own_alone(
    north: North, db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient, both: Api
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # the system accepts, and nobody answers
        port = listening.getsockname()[1]
        url = f"postgresql://nobody@127.0.0.1:{port}/north"
        await sql.cells.delete(db, 1)
        await sql.cells.insert(db, 1, config.key_ring.encrypt(url, cells.bound_to(1)))
        hurt = Api(await aiohttp_client(create_app(config)), db, config)
        hurt.tokens = both.tokens | {"admin": await both.token("admin")}
        waiting = [asyncio.create_task(hurt.get("north-admin", monitor=north.monitor)) for _ in range(50)]
        started = time.monotonic()
        for _ in range(50):
            assert (await hurt.patch({"port": 25})).status == 200
        assert time.monotonic() - started < 5
        answers: list[ClientResponse] = await asyncio.gather(*waiting)
        assert {(answer.status, answer.headers["Retry-After"]) for answer in answers} == {(503, "1")}


async def test_the_directory_is_needed_for_log_in_alone(both: Api, north: North) -> None:
    assert (await both.get("north-admin", monitor=north.monitor)).status == 200
    assert both.client.app is not None
    home = both.client.app[CELLS].home
    await home.pool.close()
    body = {"email": "north-admin@example.com", "password": PASSWORD}
    assert (await both.call("POST", "/api/sessions", None, json=body)).status == 503
    assert (await both.patch({"port": 27}, "north-admin", monitor=north.monitor)).status == 200


async def test_a_cell_that_nobody_asks_is_closed_and_opened_again(
    both: Api, north: North, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert both.client.app is not None
    opened = both.client.app[CELLS]

    async def connections() -> int:
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(await north.db.fetchval(count))

    async def looks_later() -> bool:
        return opened._outdated.is_set()

    assert (await both.patch({"port": 25}, "north-admin", monitor=north.monitor)).status == 200
    assert await connections() > 0
    monkeypatch.setattr(cells, "IDLE_SECONDS", 0.0)
    for _ in range(2):  # the first look has ended when the second one begins
        opened._outdated.set()
        await becomes(False, looks_later)
    assert await connections() > 0, "somebody has asked it in the last minute"
    uses = (await opened.get(1)).uses
    await uses.flush()
    uses.sweep()  # as after that minute
    opened._outdated.set()  # so that it looks now
    await becomes(0, connections)
    assert (await both.patch({"port": 26}, "north-admin", monitor=north.monitor)).status == 200


async def test_a_new_url_of_a_cell_is_followed(both: Api, north: North, db: asyncpg.Connection, config: Config) -> None:
    async def pids() -> set[int]:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return {row["pid"] for row in await north.db.fetch(query)}

    assert (await both.get("north-admin", monitor=north.monitor)).status == 200
    before = await pids()
    old = await db.fetchval("SELECT url FROM cells")
    new = config.key_ring.encrypt(f"{north.url}&sslmode=disable", cells.bound_to(1))
    assert await sql.cells.replace_url(db, 1, old, new)

    async def still_connected() -> bool:
        return bool(before & await pids())

    await becomes(False, still_connected)
    assert (await both.get("north-admin", monitor=north.monitor)).status == 200


async def test_a_url_that_no_key_opens_hurts_its_own_alone(
    both: Api, north: North, db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient
) -> None:
    assert (await both.get("north-admin", monitor=north.monitor)).status == 200
    other = KeyRing.parse(generate_key())
    await sql.cells.set_url(db, 1, other.encrypt(north.url, cells.bound_to(1)))
    started = Api(await aiohttp_client(create_app(config)), db, config)
    started.tokens = both.tokens | {"admin": await both.token("admin")}
    response = await started.get("north-admin", monitor=north.monitor)
    assert (response.status, (await response.json())["code"]) == (503, "cell_unknown")
    assert (await started.patch({"port": 25})).status == 200
    assert (await both.get("north-admin", monitor=north.monitor)).status == 200, "who knows the URL already goes on"
    headers = {"Authorization": f"Bearer {Signer(config.jwt_secret).issue(1, uuid4(), 1, expires_at=TOMORROW)}"}
    assert (await started.get(None, headers=headers)).status == 401
