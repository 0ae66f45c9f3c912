"""Pages of monitors. An index alone tells which ones are on a page; kept counts tell how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import asyncpg

from sql import smtp_monitor_index, smtp_monitor_orders, smtp_monitor_states
from sql.connection import Executor, Reach
from sql.fragments import DEPARTED
from sql.smtp_monitor_updates import COLUMNS
from sql.smtp_monitor_walks import FEW, All, Position, Values, Walk, Wanted, Within, every_row, reads_each

ORDER = itemgetter("organization_id", "id")  # of select_page, for rows of several databases
ORDERED = "organization_id, id"
DEEP = 1000  # rows before a page from which on it may be read from the end


@dataclass(frozen=True, slots=True)
class Filters:
    organization_id: int | None = None
    customer_id: int | None = None
    status: str | None = None
    search: str | None = None
    states: Sequence[str] | None = None
    sort: str | None = None  # a key of ORDERS; without one, by organization and id


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list: *limit* rows behind the first *offset*, or behind the row at *after*."""

    limit: int
    offset: int = 0
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, whether there are *more* behind them, and how many match; None if that was not counted."""

    rows: Sequence[asyncpg.Record]
    more: bool
    total: int | None


async def select_page(db: Executor, reach: Reach, filters: Filters, window: Window) -> Page:
    """The monitors of one part of the list, oldest first. What lies behind a position is not counted."""
    meant = await _meant(db, reach, filters)
    if meant is None:
        return Page([], more=False, total=0 if window.after is None else None)
    values = Values()
    within = await _within(db, values, meant, window)
    wanted = Wanted(
        None if filters.status is None else values.put(filters.status, "text"),
        None if filters.states is None else values.put(filters.states, "text[]"),
    )
    in_order_of_ids = wanted.anything and not filters.search and filters.sort is None
    indexed = in_order_of_ids or await smtp_monitor_index.can_be_used(db)
    walk = await _walk(db, values, meant, within, wanted, filters.search or None, indexed=indexed)
    if window.after is not None:
        return await _select_behind(db, walk, values, meant.organization_id, window.after, window.limit)
    if filters.sort is None:
        return await _select_page(db, walk, values, window)
    if filters.search or not indexed:
        return await _select_found(db, walk, values, filters.sort, window)
    return await _select_sorted(db, walk, values, within, wanted, filters.sort, window)


async def count_by_status(db: Executor) -> dict[str, int]:
    """How many monitors of all organizations have each status. This reads every monitor."""
    rows = await db.fetch("SELECT status, count(*) AS monitors FROM smtp_monitors GROUP BY status")
    return {row["status"]: row["monitors"] for row in rows}


async def _meant(db: Executor, reach: Reach, filters: Filters) -> Reach | None:
    """What both the reach and the filters allow. With customers it names their organization. None is nothing."""
    tenant = reach.organization_id if reach.organization_id is not None else filters.organization_id
    customer_ids = _customer_ids(reach, filters.customer_id)
    if filters.organization_id not in (None, tenant) or customer_ids == ():
        return None
    if tenant is None and customer_ids is not None:
        query = f"SELECT organization_id FROM customers WHERE id = ANY($1) AND organization_id NOT IN {DEPARTED}"
        tenant = await db.fetchval(query, customer_ids)
        if tenant is None:
            return None
    return Reach(tenant, customer_ids)


def _customer_ids(reach: Reach, wanted: int | None) -> tuple[int, ...] | None:
    """The customers that both the reach and the filter allow; None allows all."""
    if wanted is None or reach.customer_ids is None:
        return reach.customer_ids if wanted is None else (wanted,)
    return (wanted,) if wanted in reach.customer_ids else ()


async def _within(db: Executor, values: Values, meant: Reach, window: Window) -> Within:
    organization = None if meant.organization_id is None else values.put(meant.organization_id, "bigint")
    if meant.customer_ids is None:
        return Within(organization, None, each=False)
    customers = values.put(meant.customer_ids, "bigint[]")
    each = len(meant.customer_ids) <= FEW or await _reads_each(db, meant, window)
    return Within(organization, customers, each=each)


async def _reads_each(db: Executor, meant: Reach, window: Window) -> bool:
    query = """
        SELECT (SELECT coalesce(sum(smtp_monitors), 0)
                  FROM customer_counts
                 WHERE organization_id = $1
                   AND customer_id = ANY($2))::bigint AS of_customers,
               (SELECT coalesce(sum(smtp_monitors), 0)
                  FROM organization_counts
                 WHERE organization_id = $1)::bigint AS of_all
    """
    row = await db.fetchrow(query, meant.organization_id, meant.customer_ids)
    assert row is not None
    assert meant.customer_ids is not None
    monitors = row["of_customers"]
    rows = min(window.offset, max(monitors - window.offset, 0)) + window.limit
    return reads_each(len(meant.customer_ids), rows=rows, share=monitors / max(row["of_all"], 1), monitors=monitors)


async def _walk(
    db: Executor, values: Values, meant: Reach, within: Within, wanted: Wanted, text: str | None, *, indexed: bool
) -> Walk:
    if wanted.anything and text is None:
        return All(within)
    if not indexed:
        return every_row(values, within, wanted, text)
    search = None if text is None else await smtp_monitor_index.look_for(db, meant, text)
    return smtp_monitor_index.find(values, within, wanted, search)


async def _select_page(db: Executor, walk: Walk, values: Values, window: Window) -> Page:
    limit, offset = values.put(window.limit, "bigint"), values.put(window.offset, "bigint")
    keys = f"SELECT * FROM ({walk.read(limit=f'{limit} + {offset}')}) AS r OFFSET {offset}"
    if window.offset >= DEEP:
        # what is nearer to the end is read from there
        near = f"(SELECT CASE WHEN 2 * {offset} <= n THEN {limit} + {offset} ELSE 0 END FROM total)"
        far = f"(SELECT CASE WHEN 2 * {offset} <= n THEN 0 ELSE greatest(n - {offset}, 0) END FROM total)"
        keys = f"""
            (SELECT * FROM ({walk.read(limit=near)}) AS r OFFSET {offset})
             UNION ALL
            (SELECT *
               FROM ({walk.read(limit=far, backwards=True)}) AS r
             OFFSET (SELECT greatest(n - {offset} - {limit}, 0) FROM total))
        """
    return await _fetch(db, walk, walk.ctes, values, window, keys, ORDERED)


async def _select_found(db: Executor, walk: Walk, values: Values, sort: str, window: Window) -> Page:
    """As _select_page(), all of which is read and sorted."""
    limit, offset = values.put(window.limit, "bigint"), values.put(window.offset, "bigint")
    keys = smtp_monitor_orders.of_found(walk, sort, limit=limit, offset=offset)
    return await _fetch(db, walk, walk.ctes, values, window, keys, "place")


async def _select_sorted(
    db: Executor, walk: Walk, values: Values, within: Within, wanted: Wanted, sort: str, window: Window
) -> Page:
    """As _select_page(), by indexes in this order."""
    limit, offset = values.put(window.limit, "bigint"), values.put(window.offset, "bigint")
    keys = smtp_monitor_orders.of_all(within, wanted, sort, limit=limit, offset=offset)
    ctes = walk.ctes or [smtp_monitor_index.UNINDEXED]
    return await _fetch(db, walk, ctes, values, window, keys, "place")


async def _fetch(
    db: Executor, walk: Walk, ctes: Sequence[str], values: Values, window: Window, keys: str, order: str
) -> Page:
    ctes = [*ctes, f"total AS MATERIALIZED (SELECT {walk.counting} AS n)"]
    rows = await db.fetch(_statement(ctes, keys, "(SELECT n FROM total) AS total,", order), *values)
    if rows:
        return Page(rows, more=window.offset + len(rows) < rows[0]["total"], total=rows[0]["total"])
    # Behind the last page no row tells how many there are. PostgreSQL has to know the type of every value.
    counting = f"WITH {', '.join(ctes)} SELECT n, {', '.join(values.names)} FROM total"
    return Page([], more=False, total=await db.fetchval(counting, *values))


async def _select_behind(
    db: Executor, walk: Walk, values: Values, tenant: int | None, after: Position, limit: int
) -> Page:
    organization_id, monitor_id = after
    if tenant is None:
        key = f"({values.put(organization_id, 'bigint')}, {values.put(monitor_id, 'bigint')})"
        condition = f"AND (r.organization_id, r.id) > {key}"
    elif organization_id > tenant:
        return Page([], more=False, total=None)
    else:
        condition = f"AND r.id > {values.put(monitor_id if organization_id == tenant else 0, 'bigint')}"
    keys = walk.read(limit=values.put(limit + 1, "bigint"), after=condition)
    rows = await db.fetch(_statement(walk.ctes, keys, "", ORDERED), *values)
    return Page(rows[:limit], more=len(rows) > limit, total=None)


def _statement(ctes: Sequence[str], keys: str, more: str, order: str) -> str:
    """The rows of some keys, and how many there are, in one statement: all are of one moment.

    Before a far page only keys are read, from an index. Rows are joined one by one: the planner does not know
    how long a page is, and might read the whole table.
    """
    return f"""
        WITH {", ".join([*ctes, f"k AS ({keys})"])}
        SELECT {more} {COLUMNS}, {smtp_monitor_states.COLUMNS},
               (SELECT name
                  FROM customers c
                 WHERE c.organization_id = m.organization_id AND c.id = m.customer_id) AS customer_name
          FROM k
         CROSS JOIN LATERAL (
                SELECT *
                  FROM smtp_monitors m
                 WHERE m.organization_id = k.organization_id
                   AND m.id = k.id
                 LIMIT 1
               ) AS m
        {smtp_monitor_states.JOINS}
         ORDER BY {order}
    """
