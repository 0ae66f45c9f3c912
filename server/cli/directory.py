"""The cells of a command: who lives where, and a connection to each cell that it asks.

A cell is connected to when it is first asked. So a command for one organization needs cell 0 and the cell of that
organization, and with cell 0 alone there is one connection and one short question: whether there are other cells.
SECRETS_KEY is needed where there are some, because their URLs are encrypted.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import asyncpg

import sql
from server.access.cell_numbers import home_number
from server.access.cells import bound_to
from server.access.key_ring import KeyRing, Undecryptable
from server.cli import database_errors, schema
from server.cli.database import connected
from server.cli.environment import ConfigError
from sql.connection import Reach

NUMBER = re.compile("[1-9][0-9]{0,17}")
Place = tuple[asyncpg.Connection, int]  # the cell of an organization, and its number
Opening = contextlib.AbstractAsyncContextManager["Directory"]
Rows = list[asyncpg.Record]
Select = Callable[[asyncpg.Connection, str, int | None], Awaitable[Rows]]
BATCH = 1000


class SelectPage(Protocol):
    """How many there are, and a page of them."""

    async def __call__(
        self, db: asyncpg.Connection, reach: Reach, /, *, organization_id: int | None, limit: int, offset: int
    ) -> tuple[int, Rows]: ...


class NoSuchOrganizationError(ConfigError):
    """No organization has that name or number."""


@contextlib.asynccontextmanager
async def opened(url: str, ring: Callable[[], KeyRing]) -> AsyncIterator["Directory"]:
    """The directory in cell 0, which has the schema of this version. *url* is that of cell 0."""
    async with connected(url) as home, contextlib.AsyncExitStack() as stack:
        cells = await sql.cells.select_all(home)
        homes = await sql.cells.select_homes(home) if cells else {}
        yield Directory(home, decrypted(cells, ring) if cells else {}, homes, stack)


def decrypted(cells: list[asyncpg.Record], ring: Callable[[], KeyRing]) -> dict[int, str]:
    """The URLs of cells, by their numbers."""
    keys = ring()
    try:
        return {row["id"]: keys.decrypt(row["url"], bound_to(row["id"])) for row in cells}
    except Undecryptable as error:
        raise ConfigError(f"SECRETS_KEY lacks the key that the URLs of cells need: {error}") from error


class Directory:
    """*unusable* says why the cells that were asked in vain cannot be used."""

    def __init__(
        self, home: asyncpg.Connection, urls: dict[int, str], homes: dict[int, int], stack: contextlib.AsyncExitStack
    ) -> None:
        self.home = home
        self.unusable: dict[int, str] = {}
        self._urls, self._homes, self._stack = urls, homes, stack
        self._connections = {0: home}

    async def cell(self, number: int) -> asyncpg.Connection:
        """ConfigError if it cannot be used."""
        if number not in self._connections:
            await self._connect(number)
        if number in self.unusable:
            raise ConfigError(f"cell {number}: {self.unusable[number]}")
        return self._connections[number]

    async def usable(self) -> list[tuple[int, asyncpg.Connection]]:
        """All cells that can be used, in order. Those that are away are waited for together."""
        await asyncio.gather(*[self._connect(number) for number in self._urls.keys() - self._connections.keys()])
        return sorted(self._connections.items())

    async def for_new(self) -> asyncpg.Connection:
        """The cell that new organizations are made in."""
        return await self.cell((await sql.cells.select_newest_open(self.home) or 0) if self._urls else 0)

    def refuse_unusable(self, hint: str = "") -> None:
        if self.unusable:
            reasons = [f"cell {number}: {reason}" for number, reason in sorted(self.unusable.items())]
            raise ConfigError("; ".join(reasons) + hint)

    def lives_in(self, organization_id: int, number: int) -> bool:
        """False also in a cell that has left-over rows of it."""
        return home_number(self._homes, organization_id) == number

    async def of_organization(self, organization_id: int) -> asyncpg.Connection:
        number = home_number(self._homes, organization_id)
        if number and number not in self._urls:
            raise NoSuchOrganizationError(f"no organization has the number {organization_id}")
        return await self.cell(number)

    async def organization(self, named: str | int) -> Place:
        """The organization of that name or number; ConfigError if there is none, or several have the name.

        A name is looked for in all cells. One that is away may have it, too, so a number is needed then.
        """
        if isinstance(named, int):
            return await self.of_organization(named), named
        found = await self._named(named)
        if len(found) > 1:
            numbers = ", ".join(str(number) for _, number in found)
            raise ConfigError(f"several organizations have the name {named}; name one by its number: {numbers}")
        if found and not self.unusable:
            return found[0]
        if NUMBER.fullmatch(named) and (place := await self._numbered(int(named))):
            return place
        self.refuse_unusable("; without it, name the organization by its number")
        raise NoSuchOrganizationError(f"no organization has the name {named}")

    async def users(self, address: str, organization: str | int | None, select: Select) -> Rows:
        """What *select* finds at that address, of that organization or of all."""
        if organization is not None:
            connection, wanted = await self.organization(organization)
            return await select(connection, address, wanted)
        rows = [row for row in await select(self.home, address, None) if self.lives_in(row["organization_id"], 0)]
        for elsewhere in await sql.cells.select_remote_logins(self.home, address) if self._urls else []:
            rows += await select(await self.of_organization(elsewhere), address, elsewhere)
        return rows

    async def everything(self, select_page: SelectPage, named: str | None) -> Rows:
        """All pages of an organization, or of all cells that can be used; look at ``unusable`` then."""
        if named is not None:
            connection, organization_id = await self.organization(named)
            return await _pages(connection, select_page, organization_id)
        return [
            row
            for number, connection in await self.usable()
            for row in await _pages(connection, select_page, None)
            if self.lives_in(row["organization_id"], number)
        ]

    async def expect_login(self, email: str, organization_id: int) -> None:
        """To be called before such a user is made: log-in finds it in another cell than 0 by this alone."""
        if not self.lives_in(organization_id, 0):
            await sql.cells.insert_remote_login(self.home, email, organization_id)

    async def forget(self, organization_id: int) -> None:
        """The addresses and slugs of an organization that is gone."""
        if self._urls:
            await sql.cells.delete_remote_logins(self.home, organization_id)
            await sql.status_page_slugs.keep_only(self.home, organization_id, [])

    async def _named(self, name: str) -> list[Place]:
        return [
            (connection, organization_id)
            for number, connection in await self.usable()
            for organization_id in await sql.organizations.select_ids(connection, name)
            if self.lives_in(organization_id, number)
        ]

    async def _numbered(self, organization_id: int) -> Place | None:
        with contextlib.suppress(NoSuchOrganizationError):
            connection = await self.of_organization(organization_id)
            if await sql.organizations.select_exists(connection, organization_id):
                return connection, organization_id
        return None

    async def _connect(self, number: int) -> None:
        try:
            with database_errors.worded():
                connection = await self._stack.enter_async_context(schema.opened(self._urls[number], f"cell {number}"))
                await schema.refuse_distant(connection)
        except ConfigError as error:
            self.unusable[number] = str(error)
        else:
            self._connections[number] = connection


async def _pages(connection: asyncpg.Connection, select_page: SelectPage, organization_id: int | None) -> Rows:
    rows: Rows = []
    total = 1
    while len(rows) < total:
        total, page = await select_page(
            connection, Reach(None, None), organization_id=organization_id, limit=BATCH, offset=len(rows)
        )
        rows += page
    return rows
