"""The cells that a caller reaches: its home, and with a global role all of them.

With one cell, and for callers without a global role, nothing is asked but the home.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sql
from server.access.cell_numbers import made_in
from server.access.cells import Cell, Cells
from server.fields.values import Invalid
from server.http.errors import ApiError, unavailable
from sql.connection import UNAVAILABLE, Reach

FAILURES: tuple[type[BaseException], ...] = (ApiError, *UNAVAILABLE)


def is_away(error: BaseException) -> bool:
    """Whether the error says that a cell could not answer."""
    return isinstance(error, UNAVAILABLE) or (isinstance(error, ApiError) and error.status == 503)


@dataclass(frozen=True, slots=True)
class ReachedCells:
    cells: Cells
    home: Cell
    reach: Reach

    @property
    def one(self) -> bool:
        """Whether there is nothing to reach but the home."""
        return self.reach.organization_id is not None or self.cells.alone

    async def numbers(self) -> list[int]:
        return [self.home.number] if self.one else await self.cells.all_numbers()

    async def of_organization(self, organization_id: int) -> Cell:
        """Where it lives. An organization of no cell is looked for at home, where it is not found."""
        return self.home if self.one else await self._get(self.cells.number_of(organization_id))

    async def of_monitor(self, public_id: UUID) -> Cell:
        """Where it lives, if it is anywhere. ApiError 503 while it moves."""
        if self.one:
            return self.home
        cell = await self._get(made_in(public_id))
        organization_id = await sql.cells.select_departed_monitor(cell.pool, public_id)
        return cell if organization_id is None else await self._left_for(cell, organization_id)

    async def of_monitors(self, public_ids: Sequence[UUID]) -> Cell:
        """Where all of them live; Invalid if they live in different cells."""
        if self.one:
            return self.home
        found: set[Cell] = set()
        for number in {made_in(public_id) for public_id in public_ids}:
            cell = await self._get(number)
            made_there = [public_id for public_id in public_ids if made_in(public_id) == number]
            left = await sql.cells.select_departed_monitors(cell.pool, made_there)
            found |= {await self._left_for(cell, organization_id) for organization_id in {*left.values()}}
            found |= {cell} if len(left) < len(made_there) else set()
        if len(found) > 1:
            raise Invalid.of([("ids", "several_cells", {})])
        return found.pop()

    async def of_customer(self, customer: int | UUID) -> Cell:
        """Where it lives, or the home if it is nowhere. ApiError 503 while a cell is away that may have it."""
        if self.one:
            return self.home
        away: BaseException | None = None
        numbers = await self.in_turn(customer)
        for number in numbers:
            try:
                cell = await self.cells.get(number)
                if await sql.customers.select_one(cell.pool, self.reach, customer) is not None:
                    return cell
            except FAILURES as error:
                away = away or error
        if away is not None:
            raise away
        await self.require_settled(numbers)
        return self.home

    async def in_turn(self, made_id: int | UUID) -> list[int]:
        """All cells, that in which a number was made before the others. A random id says none: the home is first."""
        first = made_in(made_id) if isinstance(made_id, int) else self.home.number
        return sorted(await self.cells.all_numbers(), key=lambda number: (number != first, number))

    async def require_settled(self, numbers: Sequence[int]) -> None:
        """ApiError 503 while an organization is leaving one of those cells: nobody can ask for it for a moment."""
        for number in numbers:
            cell = await self.cells.get(number)
            for organization_id in await sql.cells.select_departed_organizations(cell.pool):
                if self.cells.number_of(organization_id) == number:
                    raise unavailable("organization_moving")

    async def is_free(self, name: str, *, but: int | None) -> bool:
        """Whether no organization of any cell has the name, *but* that one. An error while a cell is away."""
        cells = [await self.cells.get(number) for number in await self.numbers()]
        taken = await asyncio.gather(*[sql.organizations.select_ids(cell.pool, name) for cell in cells])
        return {organization_id for ids in taken for organization_id in ids} <= {but}

    async def _get(self, number: int) -> Cell:
        return await self.cells.get(number) if await self.cells.knows(number) else self.home

    async def _left_for(self, cell: Cell, organization_id: int) -> Cell:
        """The home of an organization that has once left that cell."""
        home = await self.cells.of_organization(organization_id)
        if home is not cell or not await sql.cells.select_departed(cell.pool, organization_id):
            return home
        await self.cells.read()
        home = await self.cells.of_organization(organization_id)
        if home is cell:
            raise unavailable("organization_moving")
        return home
