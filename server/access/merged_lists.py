"""Lists of all that a caller reaches, in whichever cells it is.

All cells are asked at the same time, each for its first rows up to the end of the page, and what they answer is merged
in the order of the list. So a page costs each cell the rows before it, too, and ends at MERGED_ROWS at the latest;
deeper lies what ``organizationId``, or the ``after`` of monitors, leads to.

A cell that is away, or that an organization is just leaving, is named. If no cell answers, the whole list is an error
(``tests/cells/test_global_lists.py``).
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

import asyncpg

from server.access.reached_cells import ReachedCells, is_away
from server.fields.values import Invalid
from server.http.query import Page
from sql import smtp_monitor_lists
from sql.outages import outage

MERGED_ROWS = 10_000
Rows = Sequence[asyncpg.Record]
Select = Callable[..., Awaitable[tuple[int, list[asyncpg.Record]]]]
Order = Callable[[asyncpg.Record], Any]
Answered = TypeVar("Answered")


async def select_page(
    reached: ReachedCells, select: Select, order: Order, page: Page, **filters: Any
) -> tuple[int, Rows, Sequence[int]]:
    """How many match, those on the page, and the cells that are away. *order* gives what rows are sorted by."""
    numbers = await _asked(reached, filters.get("organization_id"))
    limit, offset = _first(numbers, page.size, page.offset)

    async def ask(pool: asyncpg.Pool) -> tuple[int, Rows]:
        return await select(pool, reached.reach, **filters, limit=limit, offset=offset)

    answers, away = await _ask(reached, numbers, ask)
    rows = _merge([rows for _, rows in answers], order, page.offset - offset, page.size)
    return sum(total for total, _ in answers), rows, away


async def select_monitors(
    reached: ReachedCells, filters: smtp_monitor_lists.Filters, window: smtp_monitor_lists.Window
) -> tuple[smtp_monitor_lists.Page, Sequence[int]]:
    """A part of the list of monitors, and the cells that are away."""
    numbers = await _asked(reached, filters.organization_id)
    limit, offset = _first(numbers, window.limit, window.offset)
    part = smtp_monitor_lists.Window(limit, offset, window.after)

    async def ask(pool: asyncpg.Pool) -> smtp_monitor_lists.Page:
        return await smtp_monitor_lists.select_page(pool, reached.reach, filters, part)

    pages, away = await _ask(reached, numbers, ask)
    if len(numbers) == 1:
        return pages[0], away
    rows = _merge([page.rows for page in pages], smtp_monitor_lists.ORDER, window.offset, window.limit)
    left = sum(len(page.rows) for page in pages) > window.offset + len(rows)
    total = None if window.after is not None else sum(page.total or 0 for page in pages)
    return smtp_monitor_lists.Page(rows, more=left or any(page.more for page in pages), total=total), away


async def select_all(
    reached: ReachedCells,
    select: Callable[[asyncpg.Pool], Awaitable[Answered]],
    organization_id: int | None = None,
) -> tuple[list[Answered], Sequence[int]]:
    """What each of the cells answers, or the one of an organization, and those that are away."""
    return await _ask(reached, await _asked(reached, organization_id), select)


async def _asked(reached: ReachedCells, organization_id: int | None) -> list[int]:
    """The cells that have what is listed: all of them, or the one where that organization lives."""
    if organization_id is None or reached.one:
        return await reached.numbers()
    return [(await reached.of_organization(organization_id)).number]


def _first(numbers: Sequence[int], limit: int, offset: int) -> tuple[int, int]:
    """What each cell is asked for. Several of them do not know which of their rows lie before the page."""
    if len(numbers) == 1:
        return limit, offset
    if offset + limit > MERGED_ROWS:
        raise Invalid.of([("page", "too_deep", {"limit": MERGED_ROWS})])
    return offset + limit, 0


async def _ask(
    reached: ReachedCells, numbers: Sequence[int], ask: Callable[[asyncpg.Pool], Awaitable[Answered]]
) -> tuple[list[Answered], Sequence[int]]:
    """The answers, and who is away; if nobody answers, the error of the first."""

    async def ask_one(number: int) -> Answered:
        if not reached.one:
            await reached.require_settled([number])
        return await ask((await reached.cells.get(number)).pool)

    if len(numbers) == 1:
        return [await ask_one(numbers[0])], ()
    found = await asyncio.gather(*map(ask_one, numbers), return_exceptions=True)
    answers: list[Answered] = []
    away: list[int] = []
    for number, answer in zip(numbers, found, strict=True):
        if not isinstance(answer, BaseException):
            answers.append(answer)
            continue
        if not is_away(answer):
            raise answer
        outage.passed(f"asking cell {number}", answer)
        away.append(number)
    if not answers:
        raise next(error for error in found if isinstance(error, BaseException))
    return answers, away


def _merge(lists: Sequence[Rows], order: Order, offset: int, limit: int) -> Rows:
    if len(lists) == 1 and offset == 0:
        return lists[0]
    return list(islice(heapq.merge(*lists, key=order), offset, offset + limit))
