"""From a check to an e-mail: a real server watched, stopped and started again."""

import asyncpg

from server.serving.config import Config
from tests.fleet.engine import agent_config, eventually, mailbox, running, stationed


async def test_an_outage_is_one_incident_and_two_mails(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as relay, mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        async with running(agent_config(config, relay)):

            async def received(count: int) -> bool:
                return len(relay.sink.messages) == count and {row["state"] for row in await watched.alerts()} <= {
                    "delivered"
                }

            await watched.check()
            assert await watched.incidents() == []

            await server.stop()
            await watched.check()
            assert await watched.incidents() == [], "one failure is not confirmed"
            await watched.check()
            [opened] = await watched.incidents()
            assert (opened["code"], opened["phase"]) == ("connect_refused", "connect")
            assert opened["closed_at"] is None
            await eventually(lambda: received(1))

            await watched.check()
            assert len(await watched.incidents()) == 1

            await server.start()
            await watched.check()
            assert (await watched.incidents())[0]["closed_at"] is None, "one success is not confirmed"
            await watched.check()
            [closed] = await watched.incidents()
            assert closed["close_reason"] == "recovered"
            await eventually(lambda: received(2))

    first, second = relay.sink.messages
    assert first["To"] == second["To"] == "ops@example.com"
    assert first["X-Alert-Id"] != second["X-Alert-Id"]
    assert first["X-Alert-Id"] in first["Message-ID"]
