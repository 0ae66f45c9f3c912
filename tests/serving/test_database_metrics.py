"""What /metrics tells of the database: whether it is up, how the pool is used, and what stands in it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from server.http.database_metrics import CellMetrics
from server.serving.app import create_app
from sql.connection import create_pool
from tests.conftest import AiohttpClient, Api
from tests.fleet.engine import eventually

FILL = """
    UPDATE smtp_monitors SET status = 'disabled' WHERE id = 200;
    UPDATE smtp_monitors SET status = 'maintenance' WHERE organization_id = 2;
    INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes, closed_at,
                           close_reason)
    VALUES (1, 200, 'connect', 'x', '', '{}', NULL, NULL), (1, 200, 'connect', 'x', '', '{}', now(), 'recovered');
    INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts, state, created_at)
    SELECT 1, 200, 'incident_opened', n, CASE WHEN n < 3 THEN 'email' ELSE 'sms' END, 'x', '{}',
           CASE n WHEN 4 THEN 'delivered' ELSE 'pending' END, now() - n * interval '1 hour'
      FROM generate_series(1, 4) AS n
"""


async def scrape(api: Api) -> dict[str, float]:
    text = await (await api.call("GET", "/metrics", None)).text()
    return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:{[^}]*})?) (\S+)$", text, re.MULTILINE)}


async def test_the_metrics_tell_what_stands_in_the_database(api: Api) -> None:
    await api.db.execute(FILL)
    metrics = await scrape(api)
    expected = {
        "database_up": 1,
        "smtp_incidents_open": 1,
        'smtp_monitors{status="active"}': 1,
        'smtp_monitors{status="maintenance"}': 1,
        'smtp_monitors{status="disabled"}': 1,
        'alerts_pending{channel="email"}': 2,
        'alerts_pending{channel="sms"}': 1,
        'alerts_pending{channel="webhook"}': 0,
        "database_pool_connections_max": 10,
    }
    assert {name: metrics[name] for name in expected} == expected
    assert metrics['alerts_pending_oldest_age_seconds{channel="email"}'] == pytest.approx(7200, abs=60)
    assert metrics['alerts_pending_oldest_age_seconds{channel="webhook"}'] == 0
    assert metrics['smtp_monitors_build_info{commit="unknown",version="unknown"}'] == 1


async def test_the_metrics_tell_how_the_pool_is_used(api: Api) -> None:
    async def used() -> bool:
        return (await scrape(api))['database_pool_connections{state="idle"}'] > 0

    await eventually(used)


async def test_the_database_is_asked_once_in_five_seconds(api: Api) -> None:
    before = await scrape(api)
    await api.db.execute(FILL)
    assert (await scrape(api))["smtp_incidents_open"] == before["smtp_incidents_open"] == 0


async def test_a_database_that_is_away_is_a_metric_and_no_error(api: Api, aiohttp_client: AiohttpClient) -> None:
    away = replace(api.config, database_url="postgresql://nobody@127.0.0.1:1/x")
    client = await aiohttp_client(create_app(away))
    async with client.get("/metrics") as response:
        assert response.status == 200
        assert "database_up 0.0" in (await response.text()).splitlines()


@pytest.fixture
async def pool(api: Api) -> AsyncIterator[asyncpg.Pool]:
    pool = await create_pool(api.config.database_url)
    yield pool
    await pool.close()


async def test_what_takes_long_to_count_is_counted_seldom(pool: asyncpg.Pool) -> None:
    """The rows are locked against every reader, so that counting does not come to an end."""
    metrics = CellMetrics(pool, patience=0.1)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE smtp_monitors")
        await metrics.measure()
    # a hundred times what it took, which is the patience at least
    assert metrics.counting_again_in > 5
