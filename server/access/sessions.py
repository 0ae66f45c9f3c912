"""Opening a session: its row, and the token that names it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg

import sql
from server.access.caller import Caller, to_caller
from server.access.signer import Signer
from server.http.errors import unauthorized
from sql.connection import Executor


async def open_session(db: Executor, user: asyncpg.Record, signer: Signer, *, hours: int) -> tuple[str, Caller]:
    """The token and its caller; ApiError 401 if the user's password is another by now."""
    session_id = uuid4()
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    opened = await sql.sessions.insert(
        db,
        user["organization_id"],
        session_id,
        user_id=user["id"],
        password_hash=user["password_hash"],
        expires_at=expires_at,
    )
    if not opened:
        raise unauthorized("wrong_credentials")
    token = signer.issue(user["organization_id"], session_id, user["id"], expires_at=expires_at)
    return token, to_caller(user, session_id, expires_at, datetime.now(UTC))
