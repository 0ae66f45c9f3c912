"""Alerts over a channel that no agent has: the log and the history say so, and they leave when one has it."""

from uuid import UUID

import asyncpg
import orjson
import pytest

import sql
from server.serving.config import Config
from tests.conftest import MONITOR, Api
from tests.fleet.engine import (
    agent_config,
    break_down,
    ended,
    eventually,
    location_id,
    mailbox,
    running,
    stationed,
)

AGENT = UUID("77777777-7777-4777-8777-777777777777")
PATH = f"/api/smtp-monitors/{MONITOR}"


async def test_an_alert_that_no_agent_can_deliver_says_so(
    api: Api, db: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg") as watched:
        async with running(agent_config(api.config)):
            await break_down(watched)
            await db.execute("UPDATE alerts SET created_at = created_at - interval '1 min'")

            async def told() -> bool:
                return "no agent delivers alerts by email: 1 waiting; set SMTP_RELAY_URL" in caplog.text

            await eventually(told)
        [waiting] = (await (await api.call("GET", f"{PATH}/alert-history")).json())["items"]
        async with running(agent_config(api.config, relay)):
            [alert] = await ended(watched, 1)
    [attempt] = waiting["attempts"]
    assert (waiting["status"], attempt["number"], attempt["delivered"]) == ("pending", 0, False)
    assert attempt["detail"] == "Kein Agent stellt über diesen Kanal zu: Er ist nicht eingerichtet"
    assert alert["state"] == "delivered"
    assert [attempt["number"] for attempt in orjson.loads(alert["attempts"])] == [0, 1]


async def test_an_alert_that_another_agent_can_deliver_waits_for_it(db: asyncpg.Connection, config: Config) -> None:
    async with stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        await db.execute("UPDATE alerts SET created_at = created_at - interval '1 min'")
        for channels, expected in ((["webhook", "email"], []), (None, []), (["webhook"], [("email", 1)])):
            await sql.agents.upsert(db, AGENT, await location_id(db), channels)
            told = await sql.undeliverable_alerts.insert_attempts(db, ["email", "sms"])
            assert [tuple(row) for row in told] == expected
        assert await sql.undeliverable_alerts.insert_attempts(db, ["email", "sms"]) == [], "told once"
