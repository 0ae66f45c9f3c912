"""A caller is judged as it is when its body has come, however long the body took."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest

from server.access.passwords import Hasher
from server.handlers.keys import CALLERS, CELLS, HASHER
from tests.conftest import MONITOR, PASSWORD, Api, becomes

NEW_USER = {"email": "accomplice@example.com", "name": "Accomplice", "role": "admin", "password": PASSWORD}
NEW_MONITOR = {"customerId": 10, "name": "New", "hostname": "new.example.com"}
WINDOW = {"name": "Night", "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-01-01T01:00:00Z"}
WRITES: list[tuple[str, str, object]] = [
    ("POST", "/api/users", NEW_USER),
    ("POST", "/api/tokens", {"name": "Back door"}),
    ("POST", "/api/smtp-monitors", NEW_MONITOR),
    ("PATCH", f"/api/smtp-monitors/{MONITOR}", {"name": "New"}),
    ("PATCH", "/api/smtp-monitors", {"ids": [MONITOR], "changes": {"name": "New"}}),
    ("PATCH", "/api/session", {"currentPassword": PASSWORD, "password": "another long password"}),
    ("PATCH", "/api/organization", {"name": "Taken over"}),
    ("POST", "/api/customers", {"name": "New"}),
    ("PATCH", "/api/customers/10", {"name": "New"}),
    ("POST", "/api/maintenance-windows", WINDOW),
]


class Late:
    """A request whose head is there and whose body is not."""

    def __init__(self, api: Api) -> None:
        assert api.client.app is not None
        self._api, self._callers = api, api.client.app[CALLERS]
        self._home = api.client.app[CELLS].home
        self.writers: list[asyncio.StreamWriter] = []

    async def begin(self, method: str, path: str, body: object, *, who: str = "admin") -> Callable[[], Awaitable[int]]:
        """Send the head, wait until the caller is known; gives what sends the body and reads the status."""
        await becomes(True, self._listens)
        host, port = self._api.client.host, self._api.client.port
        reader, writer = await asyncio.open_connection(host, port)
        self.writers.append(writer)
        sent, authorization = json.dumps(body).encode(), f"Bearer {await self._api.token(who)}"
        lines = (
            f"{method} {path} HTTP/1.1",
            "Host: test",
            f"Authorization: {authorization}",
            "Content-Type: application/json",
            f"Content-Length: {len(sent)}",
        )
        writer.write("\r\n".join((*lines, "", "")).encode())
        await becomes(True, lambda: self.remembers(authorization))

        async def finish() -> int:
            writer.write(sent)
            return int((await asyncio.wait_for(reader.readline(), 20)).split()[1])

        return finish

    async def remembers(self, authorization: str) -> bool:
        return authorization in self._callers._remembered

    async def _listens(self) -> bool:
        """Whether callers are remembered: a worker that has just started asks the database each time."""
        return time.monotonic() < self._home.listener.trusted_until


@pytest.fixture
async def late(api: Api) -> AsyncIterator[Late]:
    late = Late(api)
    yield late
    for writer in late.writers:
        writer.close()


async def change(api: Api, late: Late, statement: str) -> None:
    """Run the statement, and wait until the worker has heard of it."""
    authorization = f"Bearer {await api.token('admin')}"
    await api.db.execute(statement)
    await becomes(False, lambda: late.remembers(authorization))


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_removed_caller_writes_nothing(api: Api, late: Late, method: str, path: str, body: object) -> None:
    finish = await late.begin(method, path, body)
    await change(api, late, "DELETE FROM users WHERE email = 'admin@example.com'")
    assert await finish() == 401
    assert await api.db.fetchval("SELECT count(*) FROM users WHERE email = 'accomplice@example.com'") == 0


@pytest.mark.parametrize(
    ("method", "path", "body"), [write for write in WRITES if write[1] not in ("/api/tokens", "/api/session")]
)
async def test_a_demoted_caller_has_its_new_role(api: Api, late: Late, method: str, path: str, body: object) -> None:
    finish = await late.begin(method, path, body)
    await change(api, late, "UPDATE users SET role = 'readonly' WHERE email = 'admin@example.com'")
    assert await finish() == 403


async def test_a_restricted_caller_has_its_new_reach(api: Api, late: Late) -> None:
    finish = await late.begin("PATCH", f"/api/smtp-monitors/{MONITOR}", {"name": "New"})
    await change(api, late, "UPDATE users SET customer_ids = '{11}' WHERE email = 'admin@example.com'")
    assert await finish() == 404
    assert await api.db.fetchval("SELECT name FROM smtp_monitors WHERE public_id = $1", MONITOR) != "New"


async def test_a_token_that_was_revoked_meanwhile_writes_nothing(api: Api, late: Late) -> None:
    made = await (await api.call("POST", "/api/tokens", json={"name": "Robot"})).json()
    api.tokens["robot"] = made["token"]
    finish = await late.begin("PATCH", f"/api/smtp-monitors/{MONITOR}", {"name": "New"}, who="robot")
    assert (await api.call("DELETE", f"/api/tokens/{made['id']}")).status == 204
    await becomes(False, lambda: late.remembers(f"Bearer {made['token']}"))
    assert await finish() == 401


async def test_a_body_that_comes_late_is_read_whole(api: Api, late: Late) -> None:
    """Also where the caller has changed, but may still do it."""
    name = str(uuid4())
    finish = await late.begin("PATCH", f"/api/smtp-monitors/{MONITOR}", {"name": name})
    await change(api, late, "UPDATE users SET name = 'Renamed', role = 'user' WHERE email = 'admin@example.com'")
    assert await finish() == 200
    assert await api.db.fetchval("SELECT name FROM smtp_monitors WHERE public_id = $1", MONITOR) == name


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/users", NEW_USER),
        ("PATCH", "/api/users/{}", {"password": "another long password"}),
        ("PATCH", "/api/users/{}", {"role": "admin", "currentPassword": PASSWORD}),
        ("POST", "/api/tokens", {"name": "Back door", "expiresInDays": None, "currentPassword": PASSWORD}),
        ("POST", "/api/session/two-factor", {"currentPassword": PASSWORD}),
        ("PATCH", "/api/session", {"currentPassword": PASSWORD, "password": "another long password"}),
    ],
)
async def test_a_caller_that_waits_for_a_hash_is_judged_after_it(
    api: Api, late: Late, method: str, path: str, body: object
) -> None:
    assert api.client.app is not None
    hasher, tables = api.client.app[HASHER], ("users", "sessions", "second_factors")
    await becomes(True, late._listens)
    await api.token("admin")
    user = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")

    async def state() -> list[object]:
        return [await api.db.fetch(f"TABLE {table} ORDER BY 1, 2") for table in tables]

    async with hasher.turn():
        asking = asyncio.create_task(api.call(method, path.format(user), json=body))
        await becomes(True, lambda: waits(hasher))
        await change(api, late, "UPDATE users SET role = 'readonly' WHERE email = 'admin@example.com'")
        before = await state()
    answer = await asking
    assert (answer.status, (await answer.json())["code"]) == (403, "forbidden")
    assert await state() == before


async def waits(hasher: Hasher) -> bool:
    return hasher._present == 2
