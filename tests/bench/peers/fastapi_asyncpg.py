"""The endpoint as a careful user of FastAPI and asyncpg writes it."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Request

from tests.bench.peers.caller import Caller, Credentials, require_may, session_of, unauthorized
from tests.bench.peers.monitor import Monitor, MonitorPatch, represent, to_columns

POOL_SIZE = 20  # of 5, 10, 20 and 40 the best all in all at 64 and 256 connections
COLUMNS = """
    m.*, (SELECT last_checked_at
            FROM smtp_monitor_states s
           WHERE s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id) AS last_checked_at
"""
REACHED = "m.organization_id = $1 AND m.public_id = $2 AND ($3::bigint[] IS NULL OR m.customer_id = ANY($3))"


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


async def acquire(request: Request) -> AsyncIterator[asyncpg.Connection]:
    async with request.app.state.pool.acquire() as connection:
        yield connection


# given back before the answer is sent, so that other requests wait for it no longer than they must
Connection = Annotated[asyncpg.Connection, Depends(acquire, scope="function")]


async def authenticate(credentials: Credentials, connection: Connection) -> Caller:
    query = """
        SELECT u.organization_id, u.role, u.global_role, u.customer_ids
          FROM sessions s
          JOIN users u ON u.organization_id = s.organization_id AND u.id = s.user_id
         WHERE s.organization_id = $1 AND s.id = $2 AND s.expires_at > now() AND u.active
    """
    row = await connection.fetchrow(query, *session_of(credentials))
    if row is None:
        raise unauthorized()
    return Caller(**row)


@app.patch("/api/smtp-monitors/{public_id}")
async def patch_monitor(
    public_id: UUID, patch: MonitorPatch, caller: Annotated[Caller, Depends(authenticate)], connection: Connection
) -> Monitor:
    require_may(caller, patch)
    row = await update(connection, caller, public_id, to_columns(patch, public_id))
    if row is None:
        raise HTTPException(404, "Not found")
    return represent(dict(row))


async def update(
    connection: asyncpg.Connection, caller: Caller, public_id: UUID, columns: Mapping[str, Any]
) -> asyncpg.Record | None:
    reached = (caller.organization_id, public_id, caller.customer_ids)
    if not columns:
        return await connection.fetchrow(f"SELECT {COLUMNS} FROM smtp_monitors m WHERE {REACHED}", *reached)
    assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, 4))
    query = f"""
        UPDATE smtp_monitors m
           SET {assignments}, version = version + 1, updated_at = clock_timestamp()
         WHERE {REACHED}
        RETURNING {COLUMNS}
    """
    return await connection.fetchrow(query, *reached, *columns.values())
