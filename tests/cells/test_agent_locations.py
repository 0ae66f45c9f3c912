"""Locations are made in cell 0 alone, and reach every cell with the same id."""

import asyncpg
import pytest

import sql
from server.serving.config import Config
from tests.cells.conftest import North
from tests.cells.line import Line
from tests.cells.test_agents import is_told, name_cell
from tests.conftest import Api
from tests.fleet.engine import agent_config, eventually, running, stationed
from tests.product.process import Product

PARIS = {"code": "fr-par", "name": "Paris", "country": "FR"}


async def locations(db: asyncpg.Connection) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await sql.locations.select_all(db)]


async def test_they_reach_another_cell_and_so_do_their_changes(both: Api, north: North) -> None:
    async def same() -> bool:
        return await locations(north.db) == await locations(both.db)

    async with stationed(both.db, "de-nbg"), running(agent_config(both.config)):
        await eventually(same)
        assert (await both.call("POST", "/api/locations", "globaladmin", json=PARIS)).status == 201
        await eventually(same)
        changes = {"active": False, "name": "Paris 2"}
        assert (await both.call("PATCH", "/api/locations/fr-par", "globaladmin", json=changes)).status == 200
        await eventually(same)
        listed = await (await both.call("GET", "/api/locations", "north-admin")).json()
        assert [(each["code"], each["active"]) for each in listed["items"]] == [("de-nbg", True), ("fr-par", False)]
        query = "SELECT count(*) FROM smtp_monitor_locations WHERE location_id = $1"
        assert {await north.db.fetchval(query, each["id"]) for each in listed["items"]} == {1}
        drawn = "SELECT is_called FROM locations_id_seq"
        assert await north.db.fetchval(drawn) is False, "ids of locations are made in cell 0 alone"


@pytest.mark.slow
async def test_a_cell_that_was_away_gets_them_when_it_is_back(
    db: asyncpg.Connection, config: Config, north: North, caplog: pytest.LogCaptureFixture
) -> None:
    async with Line(north.url).open() as line, stationed(db, "de-nbg"):
        await sql.cells.delete(db, 1)
        await name_cell(db, config, line.url)

        async def same() -> bool:
            return await locations(north.db) == await locations(db)

        async with running(agent_config(config)):
            await eventually(same)
            with line.silenced():
                await eventually(lambda: is_told(caplog, "database of cell 1 unavailable"))
                await sql.locations.insert(db, "fr-par", name="Paris", country="FR")
                await sql.locations.update(db, "de-nbg", {"active": False})
                assert not await same()
            await eventually(same)


def test_no_location_is_made_in_another_cell(product: Product, north: North) -> None:
    made = product.run("location", "add", "fr-par", "--name", "Paris", "--country", "FR", DATABASE_URL=north.url)
    words = "run.py: DATABASE_URL leads to cell 1; locations are made in cell 0, and copied\n"
    assert (made.returncode, made.stderr) == (1, words)
