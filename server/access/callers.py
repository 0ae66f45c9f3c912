"""Who is calling: from a bearer token to a user with the roles it has now."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import jwt
from aiohttp import web

import sql
from server.access.caller import Caller
from server.fields.values import MAX_BIGINT
from server.http.errors import unauthorized
from sql.connection import Executor, Reach
from sql.listener import Listener

MAX_REMEMBERED = 10_000
MAX_TOKEN = 4096  # characters


def issue(organization_id: int, session_id: UUID, user_id: int, *, secret: str, expires_at: datetime) -> str:
    claims = {"sub": str(user_id), "sid": str(session_id), "org": organization_id, "exp": expires_at}
    return jwt.encode(claims, secret, algorithm="HS256")


async def open_session(db: Executor, user: asyncpg.Record, *, secret: str, hours: int) -> tuple[str, Caller]:
    """Make a session row and the token that names it; ApiError 401 if the user's password is another by now."""
    session_id = uuid4()
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    await sql.sessions.delete_expired(db, user["organization_id"])
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
    token = issue(user["organization_id"], session_id, user["id"], secret=secret, expires_at=expires_at)
    return token, to_caller(user, session_id, expires_at)


class Callers:
    """Verifies tokens and remembers who is behind them, for as long as changes are heard."""

    def __init__(self, pool: asyncpg.Pool, dsn: str, secret: str) -> None:
        self._pool = pool
        self._secret = secret
        self._remembered: dict[str, Caller] = {}
        self._changes = 0
        self.listener = Listener(dsn, "callers", self._forget)

    async def identify(self, token: str) -> Caller:
        """The caller with that token; ApiError 401 if there is none now."""
        caller = self._remembered.get(token)
        if caller is None or not self.listener.current:
            caller = await self._load(token)
        if caller.expires_at <= time.time():
            raise unauthorized("token_invalid")
        return caller

    async def _load(self, token: str) -> Caller:
        organization_id, session_id = self._verify(token)
        changes = self._changes
        row = await sql.sessions.select_caller(self._pool, organization_id, session_id)
        if row is None:
            raise unauthorized("token_invalid")
        caller = _limited(to_caller(row, row["session_id"], row["expires_at"]), row)
        if changes == self._changes:  # otherwise what was read may have changed meanwhile
            if len(self._remembered) >= MAX_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[token] = caller
        return caller

    def _verify(self, token: str) -> tuple[int, UUID]:
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], options={"require": ["exp", "sub"]})
            organization_id, session_id = claims["org"], UUID(claims["sid"])
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise unauthorized("token_invalid") from error
        if type(organization_id) is not int or not 0 < organization_id <= MAX_BIGINT:
            raise unauthorized("token_invalid")
        return organization_id, session_id

    def _forget(self, changed: str) -> None:
        """Drop those a ``users:id`` or ``sessions:id`` notification is about; all of them for any other."""
        self._changes += 1
        table, _, changed_id = changed.partition(":")
        if table == "users":
            gone = [token for token, caller in self._remembered.items() if str(caller.id) == changed_id]
        elif table == "sessions":
            gone = [token for token, caller in self._remembered.items() if str(caller.session_id) == changed_id]
        else:
            gone = list(self._remembered)
        for token in gone:
            del self._remembered[token]


def bearer_token(request: web.Request) -> str:
    credentials = request.headers.getall("Authorization", ())
    if len(credentials) > 1:  # a proxy in front may have judged the other one
        raise unauthorized("token_invalid")
    scheme, _, token = "".join(credentials).partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("token_missing")
    if len(token) > MAX_TOKEN:
        raise unauthorized("token_invalid")
    return token


def to_caller(user: asyncpg.Record, session_id: UUID, expires_at: datetime) -> Caller:
    customer_ids = user["customer_ids"]
    reach = Reach(
        None if user["global_role"] else user["organization_id"],
        None if customer_ids is None or user["global_role"] else tuple(customer_ids),
    )
    return Caller(
        session_id=session_id,
        expires_at=expires_at.timestamp(),
        organization_id=user["organization_id"],
        id=user["id"],
        email=user["email"],
        name=user["name"],
        role=user["role"],
        global_role=user["global_role"],
        reach=reach,
    )


def _limited(caller: Caller, session: asyncpg.Record) -> Caller:
    """The caller as an API token knows it: one for a customer reaches that customer alone."""
    customer_id = session["token_customer_id"]
    reach = caller.reach
    if customer_id is not None:
        allowed = reach.customer_ids is None or customer_id in reach.customer_ids
        reach = Reach(caller.organization_id, (customer_id,) if allowed else ())
    return replace(caller, token_name=session["token_name"], reach=reach)
