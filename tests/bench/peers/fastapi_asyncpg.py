"""The endpoint as a careful user of FastAPI and asyncpg writes it."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from fastapi import FastAPI, HTTPException

from tests.bench.peers.caller import OrganizationId
from tests.bench.peers.monitor import Monitor, MonitorPatch, represent, to_columns

POOL_SIZE = 40  # of 5, 10, 20 and 40 the fastest at 256 connections, and level with 10 and 20 at 64


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=POOL_SIZE, max_size=POOL_SIZE, init=_decode_json
    ) as pool:
        app.state.pool = pool
        yield


async def _decode_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("json", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


app = FastAPI(lifespan=lifespan)


@app.patch("/api/smtp-monitors/{public_id}")
async def patch_monitor(public_id: UUID, patch: MonitorPatch, organization_id: OrganizationId) -> Monitor:
    columns = to_columns(patch)
    assignments = "".join(f"{column} = ${n}, " for n, column in enumerate(columns, 3))
    query = f"""
        UPDATE smtp_monitors
           SET {assignments} updated_at = now()
         WHERE organization_id = $1
           AND public_id = $2
        RETURNING *
    """
    if not columns:
        query = "SELECT * FROM smtp_monitors WHERE organization_id = $1 AND public_id = $2"
    row = await app.state.pool.fetchrow(query, organization_id, public_id, *columns.values())
    if row is None:
        raise HTTPException(404, "Not found")
    return represent(dict(row))
