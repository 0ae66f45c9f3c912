"""An organization moves while agents check its monitors: each check is made once, and each alert leaves once."""

import asyncio

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from server.access.key_ring import KeyRing
from server.serving.config import Config
from tests.cells.pair import KEY, UNTIL_FENCE, Pair, read_until
from tests.cells.writing import Writer
from tests.fleet.engine import Sink, agent_config, eventually, mailbox, running

BROKEN = 10  # monitors of a port where nobody listens
# Every monitor has a slot that begins within the next 8 seconds, and none after it for an hour.
SPREAD = """
    UPDATE smtp_monitor_locations l
       SET due_at = b.begins, slot = b.begins - interval '1 hour',
           grid_offset = mod(date_part('epoch', b.begins)::numeric / 3600, 1)
      FROM (SELECT id, now() + row_number() OVER (ORDER BY id) * interval '8 seconds' / count(*) OVER () AS begins
              FROM smtp_monitors
             WHERE organization_id = $1) AS b
     WHERE l.organization_id = $1
       AND l.smtp_monitor_id = b.id
"""
WATCH = """
    UPDATE smtp_monitors
       SET hostname = '127.0.0.1', check_interval = 3600, smtp_config = '{}', status = 'active',
           port = CASE WHEN id % 5 = 0 THEN 1 ELSE $2::integer END
     WHERE organization_id = $1
"""


class Server(Sink):
    """Counts those that have talked to it."""

    def __init__(self) -> None:
        super().__init__()
        self.talks = 0

    async def handle_QUIT(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802
        self.talks += 1
        return "221 bye"


async def prepare(db: asyncpg.Connection, organization_id: int, port: int) -> None:
    for table in ("webhooks", "alerts", "incidents", "maintenance_windows", "smtp_checks", "smtp_monitor_states"):
        await db.execute(f"DELETE FROM {table} WHERE organization_id = $1", organization_id)
    await db.execute("UPDATE organizations SET failure_confirmations = 1 WHERE id = $1", organization_id)
    await db.execute(WATCH, organization_id, port)
    await db.execute(SPREAD, organization_id)
    await db.execute("SELECT pg_notify('agents', 'de-nbg')")


async def checks(db: asyncpg.Connection, organization_id: int) -> list[int]:
    """How many each monitor has had."""
    query = """
        SELECT count(c) AS checks
          FROM smtp_monitors m
          LEFT JOIN smtp_checks c ON c.organization_id = m.organization_id AND c.smtp_monitor_id = m.id
         WHERE m.organization_id = $1
         GROUP BY m.id
    """
    return [row["checks"] for row in await db.fetch(query, organization_id)]


@pytest.mark.slow
async def test_no_check_is_lost_or_made_twice_and_no_alert_is_repeated(pair: Pair, writer: Writer) -> None:
    organization_id = writer.organization_id
    config = Config(database_url=pair.urls[0], jwt_secret="x" * 64, key_ring=KeyRing.parse(KEY))
    async with mailbox() as relay, mailbox() as box, pair.connected(0) as here, pair.connected(1) as there:
        box.sink = server = Server()
        async with running(agent_config(config, relay)), running(agent_config(config, relay)):
            await prepare(here, organization_id, box.port)

            async def begun() -> bool:
                return any(await checks(here, organization_id))

            await eventually(begun)
            process = pair.command(organization_id, "--to", "1")
            await asyncio.to_thread(read_until, process, UNTIL_FENCE[-2])
            output, _ = await asyncio.to_thread(process.communicate)
            assert process.returncode == 0, output

            async def ended() -> bool:
                query = "SELECT count(*) FROM alerts WHERE organization_id = $1 AND state = 'delivered'"
                return all(await checks(there, organization_id)) and (
                    await there.fetchval(query, organization_id) == BROKEN
                )

            await eventually(ended)
        assert await checks(there, organization_id) == [1] * len(writer.monitors)
        assert server.talks == len(writer.monitors) - BROKEN
        assert (
            await there.fetchval("SELECT count(*) FROM incidents WHERE organization_id = $1", organization_id) == BROKEN
        )
        assert len(relay.sink.messages) == BROKEN
