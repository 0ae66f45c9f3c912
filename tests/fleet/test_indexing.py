"""Agents index the monitors that change, also before there is any location."""

import asyncpg
import pytest

from server.agent import indexing
from server.serving.config import Config
from tests.fleet.engine import agent_config, eventually, running, stationed

MADE = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, status)
    SELECT 1, 10, 'many ' || n, 'many.example', 'disabled' FROM generate_series(1, 50) AS n
"""
INDEXED = """
    SELECT NOT EXISTS (SELECT FROM unindexed_smtp_monitors)
       AND (SELECT count(*)
              FROM smtp_monitors m
              JOIN indexed_smtp_monitors i USING (organization_id, id, status)
             WHERE starts_with(i.words, lower(m.name)))
           = (SELECT count(*) FROM smtp_monitors)
"""


@pytest.mark.parametrize("codes", [[], ["de-nbg"]])
async def test_an_agent_indexes_what_changes(
    db: asyncpg.Connection, config: Config, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 20)
    monkeypatch.setattr(indexing, "EVERY_SECONDS", 0.05)

    async def indexed() -> bool:
        return bool(await db.fetchval(INDEXED))

    async with stationed(db, *codes), running(agent_config(config)):
        await db.execute(MADE)
        assert await eventually(indexed)
        await db.execute("UPDATE smtp_monitors SET name = 'changed'")
        assert await eventually(indexed)
