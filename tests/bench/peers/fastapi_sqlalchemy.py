"""The endpoint as a careful user of FastAPI and SQLAlchemy writes it."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.bench.peers.caller import Caller, Credentials, require_may, session_of, unauthorized
from tests.bench.peers.monitor import Monitor, MonitorPatch, represent, to_columns
from tests.bench.peers.tables import Session, SmtpMonitor, SmtpMonitorState, User

POOL_SIZE = 20  # of 5, 10, 20 and 40 the best all in all at 64 and 256 connections
URL = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)

engine = create_async_engine(URL, pool_size=POOL_SIZE, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)
last_checked_at = (
    select(SmtpMonitorState.last_checked_at)
    .where(
        SmtpMonitorState.organization_id == SmtpMonitor.organization_id,
        SmtpMonitorState.smtp_monitor_id == SmtpMonitor.id,
    )
    .scalar_subquery()
)
# columns instead of the object: nothing here is changed and flushed later
answered = (*SmtpMonitor.__table__.columns, last_checked_at.label("last_checked_at"))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def open_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


Db = Annotated[AsyncSession, Depends(open_session, scope="function")]


async def authenticate(credentials: Credentials, db: Db) -> Caller:
    organization_id, session_id = session_of(credentials)
    query = (
        select(User.organization_id, User.role, User.global_role, User.customer_ids)
        .join(Session, and_(Session.organization_id == User.organization_id, Session.user_id == User.id))
        .where(
            Session.organization_id == organization_id,
            Session.id == session_id,
            Session.expires_at > func.now(),
            User.active,
        )
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise unauthorized()
    return Caller(*row)


@app.patch("/api/smtp-monitors/{public_id}")
async def patch_monitor(
    public_id: UUID, patch: MonitorPatch, caller: Annotated[Caller, Depends(authenticate)], db: Db
) -> Monitor:
    require_may(caller, patch)
    row = await write(db, caller, public_id, to_columns(patch, public_id))
    if row is None:
        raise HTTPException(404, "Not found")
    await db.commit()
    return represent(row._asdict())


async def write(db: AsyncSession, caller: Caller, public_id: UUID, columns: Mapping[str, Any]) -> Row[Any] | None:
    reached = [SmtpMonitor.organization_id == caller.organization_id, SmtpMonitor.public_id == public_id]
    if caller.customer_ids is not None:
        reached.append(SmtpMonitor.customer_id.in_(caller.customer_ids))
    if not columns:
        return (await db.execute(select(*answered).where(*reached))).one_or_none()
    statement = (
        update(SmtpMonitor)
        .where(*reached)
        .values(**columns, version=SmtpMonitor.version + 1, updated_at=func.clock_timestamp())
        .returning(*answered)
        .execution_options(synchronize_session=False)
    )
    return (await db.execute(statement)).one_or_none()
