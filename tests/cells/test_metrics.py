"""The metrics of several cells: sums under the names that they have with one, and which cell answers."""

import asyncpg
import pytest
from prometheus_client import REGISTRY

from server.handlers.keys import CELLS
from server.http.database_metrics import STATUSES, DatabaseMetrics
from server.serving.config import Config
from sql.connection import create_pool
from tests.cells.conftest import North
from tests.cells.line import Line
from tests.conftest import Api
from tests.fleet.engine import eventually
from tests.serving.test_database_metrics import scrape

INCIDENT = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
    SELECT organization_id, id, 'connect', 'x', '', '{}' FROM smtp_monitors LIMIT 1
"""


async def test_a_server_tells_the_sums_of_all_cells(both: Api, north: North) -> None:
    for db in (both.db, north.db):
        await db.execute(INCIDENT)
    assert both.client.app is not None
    cells = both.client.app[CELLS]

    async def known() -> bool:
        return cells.numbers == [0, 1]

    await eventually(known)
    metrics = await scrape(both)
    expected = {"database_up": 1, 'cell_up{cell="0"}': 1, 'cell_up{cell="1"}': 1, "smtp_incidents_open": 2}
    assert {name: metrics[name] for name in expected} == expected
    monitors = sum(metrics[f'smtp_monitors{{status="{status}"}}'] for status in STATUSES)
    assert monitors == await both.db.fetchval("SELECT count(*) FROM smtp_monitors") + 1


@pytest.mark.slow
async def test_a_cell_that_is_silent_is_left_out_and_told_of(
    north: North, db: asyncpg.Connection, config: Config
) -> None:
    await north.db.execute(INCIDENT)
    pool = await create_pool(config.database_url)
    async with Line(north.url).open() as line:
        named = {1: line.url}
        metrics = DatabaseMetrics(pool, lambda: named, apart=0)

        async def told() -> tuple[float | None, ...]:
            await metrics.measure()
            up = [REGISTRY.get_sample_value("cell_up", {"cell": cell}) for cell in ("0", "1")]
            return (REGISTRY.get_sample_value("database_up"), *up, REGISTRY.get_sample_value("smtp_incidents_open"))

        async def whole() -> bool:
            return await told() == (1, 1, 1, 1)

        await eventually(whole)
        with line.silenced():
            assert await told() == (0, 1, 0, 0)
        await eventually(whole)
        named.clear()
        assert await told() == pytest.approx((1, float("nan"), float("nan"), 0), nan_ok=True)
    metrics.close()
    await pool.close()
