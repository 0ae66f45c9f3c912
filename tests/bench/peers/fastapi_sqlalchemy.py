"""The endpoint as a careful user of FastAPI and SQLAlchemy writes it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.bench.peers.caller import OrganizationId
from tests.bench.peers.monitor import Monitor, MonitorPatch, represent, to_columns
from tests.bench.peers.tables import SmtpMonitor

POOL_SIZE = 20  # of 5, 10, 20 and 40 the fastest at 64 and 256 connections, by a little

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
# this dialect hands "options" to nobody
settings = {"search_path": str(url.query["options"]).removeprefix("-csearch_path=")}
engine = create_async_engine(
    url.difference_update_query(["options"]),
    pool_size=POOL_SIZE,
    max_overflow=0,
    connect_args={"server_settings": settings},
)
new_session = async_sessionmaker(engine, expire_on_commit=False)
# columns instead of the object: nothing here is changed and flushed later
answered = SmtpMonitor.__table__.columns


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def open_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


@app.patch("/api/smtp-monitors/{public_id}")
async def patch_monitor(
    public_id: UUID,
    patch: MonitorPatch,
    organization_id: OrganizationId,
    db: Annotated[AsyncSession, Depends(open_session, scope="function")],
) -> Monitor:
    reached = (SmtpMonitor.organization_id == organization_id, SmtpMonitor.public_id == public_id)
    columns = to_columns(patch)
    if columns:
        statement = update(SmtpMonitor).where(*reached).values(**columns, updated_at=func.now()).returning(*answered)
        row = (await db.execute(statement.execution_options(synchronize_session=False))).one_or_none()
        await db.commit()
    else:
        row = (await db.execute(select(*answered).where(*reached))).one_or_none()
    if row is None:
        raise HTTPException(404, "Not found")
    return represent(row._asdict())
