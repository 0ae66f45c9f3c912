"""An organization whose servers never answer leaves room for the checks and the alerts of others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

import asyncpg

import sql
from server.access.fairness import FairClaims
from server.access.shares import Slots
from server.alerts.webhook import bound_to
from server.serving.config import Config
from tests.conftest import STRANGERS
from tests.fleet.engine import agent_config, eventually, running, stationed
from tests.fleet.receiver import receiver, set_webhook


class Tarpit:
    """Takes connections and says nothing until it ends."""

    def __init__(self) -> None:
        self.port, self.held = 0, 0
        self._end = asyncio.Event()

    async def _hold(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.held += 1
        await self._end.wait()
        writer.close()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Tarpit"]:
        async with await asyncio.start_server(self._hold, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    def end(self) -> None:
        self._end.set()


async def test_one_organization_leaves_a_slot_for_others(db: asyncpg.Connection, config: Config) -> None:
    async with Tarpit().open() as tarpit, stationed(db, "de-nbg"):
        await db.execute(
            "INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, timeout_seconds) "
            "SELECT 1, 10, 'Slow', '127.0.0.1', $1, 120 FROM generate_series(1, 40)",
            tarpit.port,
        )
        await db.execute("UPDATE smtp_monitor_locations SET due_at = now() WHERE organization_id = 1")
        async with running(agent_config(config, concurrency=10)):

            async def full() -> bool:
                return tarpit.held == 9

            async def checked() -> bool:
                return bool(await db.fetchval("SELECT EXISTS (SELECT FROM smtp_checks WHERE organization_id = 2)"))

            try:
                await eventually(full)
                await db.execute(
                    "UPDATE smtp_monitors SET hostname = '127.0.0.1', port = 1, status = 'active' WHERE public_id = $1",
                    STRANGERS,
                )
                await db.execute("UPDATE smtp_monitor_locations SET due_at = now() WHERE organization_id = 2")
                await eventually(checked)
                assert tarpit.held == 9
            finally:
                await db.execute("UPDATE smtp_monitors SET status = 'disabled'")
                tarpit.end()


async def test_one_organization_whose_receiver_is_silent_delays_no_alert_of_others(
    db: asyncpg.Connection, config: Config
) -> None:
    async with Tarpit().open() as silent, receiver() as hooks, stationed(db, "de-nbg"):
        await set_webhook(db, config, f"http://127.0.0.1:{silent.port}/")
        await alert(db, 1, f"http://127.0.0.1:{silent.port}/", 40)
        async with running(agent_config(config)):

            async def full() -> bool:
                return silent.held == 18

            async def delivered() -> bool:
                return len(hooks.requests) == 3

            try:
                await eventually(full)
                await sql.webhooks.upsert(db, 2, url=hooks.url, secret=config.key_ring.encrypt("x", bound_to(2)))
                await alert(db, 2, hooks.url, 3)
                await eventually(delivered)
                assert silent.held == 18
            finally:
                await db.execute("DELETE FROM alerts")
                silent.end()


async def alert(db: asyncpg.Connection, organization_id: int, url: str, count: int) -> None:
    """Put alerts into the outbox: as many as that, each of its own."""
    query = """
        INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts)
        SELECT organization_id, id, 'certificate_expires', n, 'webhook', $2,
               json_build_object('monitor_name', name, 'hostname', hostname, 'port', port, 'smtp_monitor_id', id,
                                 'public_id', public_id, 'organization_id', organization_id,
                                 'not_after', now(), 'days_left', 1)
          FROM generate_series(1, $3) AS n,
               (SELECT * FROM smtp_monitors WHERE organization_id = $1 ORDER BY id LIMIT 1) AS m
    """
    await db.execute(query, organization_id, url, count)
    await sql.alerts.wake(db)


async def test_it_is_looked_for_others_once_a_second_at_most() -> None:
    looks: list[list[int]] = []

    async def claim(*, limit: int, but_of: Collection[int] = ()) -> list[asyncpg.Record]:
        assert limit in (5, 2)
        looks.append(list(but_of))
        return []

    claims = FairClaims(claim, Slots(10).join(lambda: 0))
    assert await claims.take([], at_most=10) == ([], False)
    for _ in range(3):
        assert await claims.take([1] * 5, at_most=10) == ([], False)
    assert [but_of for but_of in looks if but_of] == [[1]]
