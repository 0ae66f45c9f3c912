"""What is in the database before it fails over, and what must still be there afterwards."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg

import sql
from server.cli import migrations
from sql.connection import connect
from tests.bench.database import FIRST, PUBLIC_ID, Database, fill
from tests.bench.failover_load import Load, Witness
from tests.bench.failover_nodes import Cluster

USER, NAME = "monitors", "monitors"
CHECK_SECONDS = 10  # the shortest interval there is


@dataclass(frozen=True, slots=True)
class Lost:
    """How much was acknowledged and is not there."""

    counters: int
    changes: int
    witnessed: int


async def make(cluster: Cluster) -> None:
    """A database of a user like any other, and a table for what is written straight to the nodes."""
    async with connected(cluster, "postgres") as connection:
        await connection.execute(f"CREATE ROLE {USER} LOGIN")
        await connection.execute(f"CREATE DATABASE {NAME} OWNER {USER}")
        await connection.execute("CREATE TABLE witnessed (id bigint PRIMARY KEY)")


def load(cluster: Cluster, monitors: int) -> Database:
    """The schema, and monitors that are checked."""
    url = cluster.url(USER, NAME)
    migrations.migrate(url)
    leader, _ = cluster.leading()
    return replace(fill(cluster.url("postgres", NAME, [leader]), monitors=monitors), url=url)


async def schedule(cluster: Cluster) -> None:
    """Have an agent check the monitors often, and nothing that is not on this machine."""
    async with connected(cluster, NAME) as connection:
        await connection.execute("UPDATE smtp_monitors SET hostname = '127.0.0.1', check_interval = $1", CHECK_SECONDS)
        await sql.locations.insert(connection, "de-nbg", name="Nürnberg", country="DE")


async def lost(cluster: Cluster, patches: Load, witness: Witness) -> Lost:
    counters = changes = 0
    async with connected(cluster, NAME) as connection:
        for number, acknowledged in enumerate(patches.acknowledged):
            name, kept = await _stored(connection, UUID(f"{PUBLIC_ID}{FIRST + number}"))
            counters += bool(acknowledged) and name < acknowledged[-1]
            changes += len(set(acknowledged) - set(kept))
    async with connected(cluster, "postgres") as connection:
        there = {row["id"] for row in await connection.fetch("SELECT id FROM witnessed")}
    return Lost(counters, changes, len({row for _, row in witness.written} - there))


async def checks_since(cluster: Cluster, moment: float) -> int:
    async with connected(cluster, NAME) as connection:
        query = "SELECT count(*) FROM smtp_checks WHERE checked_at > to_timestamp($1)"
        return int(await connection.fetchval(query, moment))


@contextlib.asynccontextmanager
async def connected(cluster: Cluster, name: str) -> AsyncIterator[asyncpg.Connection]:
    """As a superuser, to the node that leads."""
    connection = await connect(cluster.url("postgres", name))
    try:
        yield connection
    finally:
        await connection.close()


async def _stored(connection: asyncpg.Connection, monitor: UUID) -> tuple[int, Sequence[int]]:
    """The number that is its name, and all that ever were."""
    row = await connection.fetchrow("SELECT organization_id, id, name FROM smtp_monitors WHERE public_id = $1", monitor)
    assert row is not None
    query = (
        "SELECT after->>'name' AS name FROM smtp_monitor_changes WHERE organization_id = $1 AND smtp_monitor_id = $2"
    )
    kept = await connection.fetch(query, row["organization_id"], row["id"])
    return int(row["name"]), [int(each["name"]) for each in kept if (each["name"] or "").isdigit()]
