"""What the database refuses for a reason that nobody foresaw is logged and tried again. It ends no agent."""

from functools import partial

import asyncpg
import pytest

from server.serving.config import Config
from tests.fleet.engine import agent_config, eventually, mailbox, running, stationed

REASON = "a reason that nobody foresaw"
# fires also where no row is touched
TRIGGER = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{reason}'; END $$;
    CREATE TRIGGER refuse BEFORE {event} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse()
"""


@pytest.mark.parametrize(
    ("table", "event", "what"),
    [
        ("agents", "INSERT", "showing that it lives"),
        ("agents", "DELETE", "upkeep"),
        ("smtp_monitor_locations", "UPDATE", "claiming checks"),
        ("alerts", "UPDATE", "delivering alerts"),
    ],
)
async def test_an_agent_survives_what_is_refused(
    db: asyncpg.Connection, config: Config, caplog: pytest.LogCaptureFixture, table: str, event: str, what: str
) -> None:
    async with stationed(db, "de-nbg") as watched, mailbox() as box:
        await db.execute(TRIGGER.format(reason=REASON, table=table, event=event))
        try:
            async with running(agent_config(config)):

                async def told() -> bool:
                    return f"{what} failed, and is tried again" in caplog.messages

                await eventually(told)
                await db.execute("DROP FUNCTION IF EXISTS refuse CASCADE")
                await watched.watch(box.port)
                await watched.check()
                await eventually(partial(db.fetchval, "SELECT count(*) > 0 FROM agents"))
        finally:
            await db.execute("DROP FUNCTION IF EXISTS refuse CASCADE")
    assert REASON in caplog.text
    assert [record.levelname for record in caplog.records if what in record.getMessage()] == ["ERROR"]
