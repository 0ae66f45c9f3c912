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
from server.access.cells import Cell, Cells
from server.access.signer import Signer
from server.http.errors import unauthorized, unavailable

MAX_REMEMBERED = 10_000
MAX_TOKEN = 4096  # characters


Remembered = tuple[Caller, Cell]


class Callers:
    """Verifies tokens and remembers their callers and where they live, while the cell there tells of changes."""

    def __init__(self, cells: Cells, signer: Signer, *, idle_minutes: int = 0) -> None:
        self._cells = cells
        self._signer = signer
        self._idle_minutes = idle_minutes
        self._remembered: dict[str, Remembered] = {}  # by the Authorization header
        self._changes = 0

    async def identify(self, authorization: Sequence[str]) -> Remembered:
        """The caller that the Authorization headers name, and its home; ApiError 401 if they name none now.

        Two headers are refused: a proxy in front may have judged the other one.
        """
        remembered = self._remembered.get(authorization[0]) if len(authorization) == 1 else None
        if remembered is None or time.monotonic() >= remembered[1].listener.trusted_until:
            remembered = await self._load(authorization)
        if remembered[0].expires_at <= time.time():
            raise unauthorized("token_invalid")
        return remembered

    async def _load(self, authorization: Sequence[str]) -> Remembered:
        organization_id, session_id = self._signer.verify(_bearer_token(authorization))
        changes = self._changes
        cell, row = await self._find(organization_id, session_id)
        if row is None:
            raise unauthorized("token_invalid")
        caller = to_caller(row, row["session_id"], row["expires_at"], row["opened_at"])
        caller = with_token(caller, name=row["token_name"], customer_id=row["token_customer_id"])
        caller = with_second_factor(caller, required=row["require_two_factor"], enrolled=row["enrolled"])
        if changes == self._changes:  # otherwise the row may be outdated already
            if len(self._remembered) >= MAX_REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[authorization[0]] = caller, cell
        return caller, cell

    async def _find(self, organization_id: int, session_id: UUID) -> tuple[Cell, asyncpg.Record | None]:
        """Where the organization lives, and the session there. ApiError 503 while it moves."""
        cell = await self._cells.of_organization(organization_id)
        row = await self._select(cell, organization_id, session_id)
        if row is not None:
            return cell, row
        departed = await sql.cells.select_departed(cell.pool, organization_id)
        if departed or not self._cells.read_once:
            await self._cells.read()
        home = await self._cells.of_organization(organization_id)
        if home is not cell:
            return home, await self._select(home, organization_id, session_id)
        if departed:
            raise unavailable("organization_moving")
        return cell, None

    async def _select(self, cell: Cell, organization_id: int, session_id: UUID) -> asyncpg.Record | None:
        return await sql.sessions.select_caller(cell.pool, organization_id, session_id, idle_minutes=self._idle_minutes)

    def keep_only(self, cell: int, session_ids: Set[UUID]) -> None:
        """Remember no other sessions of that cell: they are read again when they come."""
        self._remembered = {
            key: (caller, home)
            for key, (caller, home) in self._remembered.items()
            if home.number != cell or caller.session_id in session_ids
        }

    def forget(self, cell: int, changed: str) -> None:
        """Drop what a ``users:id`` or ``sessions:id`` notification names; for any other, all callers of the cell."""
        self._changes += 1
        table, _, changed_id = changed.partition(":")
        if table == "users":
            gone = [key for key, (caller, _) in self._remembered.items() if str(caller.id) == changed_id]
        elif table == "sessions":
            gone = [key for key, (caller, _) in self._remembered.items() if str(caller.session_id) == changed_id]
        else:
            gone = [key for key, (_, home) in self._remembered.items() if home.number == cell]
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
