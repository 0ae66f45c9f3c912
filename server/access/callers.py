"""From a bearer token to the caller behind it.

Each worker remembers callers, so that a request costs no look-up. Triggers on users and sessions NOTIFY what
has changed, and the worker forgets it. The listening connection proves several times a second that it hears;
while it does not, every request asks the database. So a change holds on every worker within a second
(``tests/api/test_sessions.py``, ``tests/api/test_users.py``).
"""

import time
from collections.abc import Sequence, Set
from uuid import UUID

import asyncpg

import sql
from server.access.caller import Caller, to_caller, with_second_factor, with_token
from server.access.signer import Signer
from server.http.errors import unauthorized
from sql.listener import Listener

MAX_REMEMBERED = 10_000
MAX_TOKEN = 4096  # characters


class Callers:
    """Verifies tokens and remembers their callers, for as long as it hears of changes."""

    def __init__(self, pool: asyncpg.Pool, dsn: str, signer: Signer, *, idle_minutes: int = 0) -> None:
        self._pool = pool
        self._signer = signer
        self._idle_minutes = idle_minutes
        self._remembered: dict[str, Caller] = {}  # by the Authorization header
        self._changes = 0
        self.listener = Listener(dsn, "callers", self._forget)

    async def identify(self, authorization: Sequence[str]) -> Caller:
        """The caller that the Authorization headers name; ApiError 401 if they name none now.

        Two headers are refused: a proxy in front may have judged the other one.
        """
        caller = self._remembered.get(authorization[0]) if len(authorization) == 1 else None
        if caller is None or time.monotonic() >= self.listener.trusted_until:
            caller = await self._load(authorization)
        if caller.expires_at <= time.time():
            raise unauthorized("token_invalid")
        return caller

    async def _load(self, authorization: Sequence[str]) -> Caller:
        organization_id, session_id = self._signer.verify(_bearer_token(authorization))
        changes = self._changes
        row = await sql.sessions.select_caller(self._pool, organization_id, session_id, idle_minutes=self._idle_minutes)
        if row is None:
            raise unauthorized("token_invalid")
        caller = to_caller(row, row["session_id"], row["expires_at"], row["opened_at"])
        caller = with_token(caller, name=row["token_name"], customer_id=row["token_customer_id"])
        caller = with_second_factor(caller, required=row["require_two_factor"], enrolled=row["enrolled"])
        if changes == self._changes:  # otherwise the row may be outdated already
            if len(self._remembered) >= MAX_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[authorization[0]] = caller
        return caller

    def keep_only(self, session_ids: Set[UUID]) -> None:
        """Remember no other sessions: they are read again when they come."""
        kept = {key: caller for key, caller in self._remembered.items() if caller.session_id in session_ids}
        self._remembered = kept

    def _forget(self, changed: str) -> None:
        """Drop the callers that a ``users:id`` or ``sessions:id`` notification names; all of them for any other."""
        self._changes += 1
        table, _, changed_id = changed.partition(":")
        if table == "users":
            gone = [key for key, caller in self._remembered.items() if str(caller.id) == changed_id]
        elif table == "sessions":
            gone = [key for key, caller in self._remembered.items() if str(caller.session_id) == changed_id]
        else:
            gone = list(self._remembered)
        for key in gone:
            del self._remembered[key]


def _bearer_token(authorization: Sequence[str]) -> str:
    if len(authorization) > 1:
        raise unauthorized("token_invalid")
    scheme, _, token = "".join(authorization).partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("token_missing")
    if len(token) > MAX_TOKEN:
        raise unauthorized("token_invalid")
    return token
