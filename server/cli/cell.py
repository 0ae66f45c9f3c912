"""smtp-monitors cell: the databases that organizations live in (``server/access/cells.py``).

``add`` may be killed at every step and run again. The directory learns of a cell last, when all else is done, so that
no server meets a cell that is half made. A database that was given its number keeps it, unless another one has got that
number meanwhile. Numbers are never used twice, and no command takes a cell away: ids say the cell they were made in.
"""

import argparse
import asyncio
import secrets

import asyncpg

import sql
from server.access.cells import bound_to
from server.access.key_ring import KeyRing
from server.cli import cell_check, cell_looks, database_url, directory, migrations, schema
from server.cli.context import Context
from server.cli.database import connected, print_table
from server.cli.environment import ConfigError
from server.resources import audit
from server.resources.audit import OPERATOR
from sql.audit_events import NO_ORGANIZATION

LAST = 255  # the greatest number of a cell
ADDING = 0x63656C6C  # the lock of those who add cells


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an empty database a cell")
    add.add_argument("url", help="as DATABASE_URL; it is stored encrypted")
    add.add_argument("--closed", action="store_true", help="new organizations are not made there")
    add.set_defaults(run=run_add)
    for name, is_open, help_text in (
        ("open", True, "let new organizations be made there; of several, the newest is taken"),
        ("close", False, "let no new organizations be made there; those that live there stay"),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("number", type=int, choices=range(1, LAST + 1), metavar="N")
        action.set_defaults(run=run_set_open, open=is_open)
    url = actions.add_parser("url", help="a cell has another host, or another password")
    url.add_argument("number", type=int, choices=range(1, LAST + 1), metavar="N")
    url.add_argument("url", help="as DATABASE_URL; it must lead to that cell")
    url.set_defaults(run=run_set_url)
    listing = actions.add_parser("list", help="list the cells, with how they are")
    listing.set_defaults(run=run_list)
    check = actions.add_parser("check", help="look whether the cells are as they should be; 1 if one is not")
    check.set_defaults(run=run_check)


def run_add(context: Context) -> None:
    database_url.judge(context.options.url, "URL")
    ring = context.key_ring()
    with context.database() as url:
        number = asyncio.run(_add(url, context.options.url, ring, open_to_new=not context.options.closed))
    print(f"cell {number} added")


async def _add(home_url: str, url: str, ring: KeyRing, *, open_to_new: bool) -> int:
    async with connected(home_url) as home, schema.opened(url, "URL") as there:
        await sql.cells.lock(home, ADDING)
        cells = {row["id"]: row for row in await sql.cells.select_all(home)}
        await _refuse_known(home, there, directory.decrypted([*cells.values()], lambda: ring))
        await asyncio.to_thread(migrations.migrate, url)
        number = await sql.cells.select_number(there)
        if number == 0 or number in cells:
            number = await sql.cells.select_next_number(home)
            if number > LAST:
                raise ConfigError(f"there are {LAST} cells already")
            await sql.cells.make_number(there, number)
        await _copy_locations(home, there)
        async with home.transaction():
            await sql.cells.insert(home, number, ring.encrypt(url, bound_to(number)), open_to_new=open_to_new)
            shown = {"id": number, "open": open_to_new}
            await audit.record(home, OPERATOR, "cell", NO_ORGANIZATION, after=shown)
        return number


async def _refuse_known(home: asyncpg.Connection, there: asyncpg.Connection, urls: dict[int, str]) -> None:
    """ConfigError if that database is cell 0, is a cell already, or has organizations."""
    await schema.missing_in(there)  # for what it refuses
    if await _is_same(home, there):
        raise ConfigError("the URL leads to the database of cell 0")
    try:
        number = await sql.cells.select_number(there)
        if number in urls:
            async with schema.opened(urls[number], f"cell {number}") as known:
                if await _is_same(known, there):
                    raise ConfigError(f"the URL leads to the database of cell {number}, which is added already")
        if await sql.organizations.select_any(there):
            raise ConfigError("the database has organizations, whose ids say another cell; add an empty one")
    except asyncpg.UndefinedTableError:
        return  # no migration has been there


async def _is_same(one: asyncpg.Connection, other: asyncpg.Connection) -> bool:
    """Whether both lead to one database, by whatever URLs. A lock tells everybody; system identifiers not."""
    key = secrets.randbits(62)
    await sql.cells.lock(one, key)
    return not await sql.cells.try_lock(other, key)


async def _copy_locations(home: asyncpg.Connection, there: asyncpg.Connection) -> None:
    rows = await sql.locations.select_all(home)
    known = {(row["id"], row["code"]) for row in rows}
    if not known >= {(row["id"], row["code"]) for row in await sql.locations.select_all(there)}:
        raise ConfigError("the database has locations that cell 0 has not; add an empty one")
    await sql.locations.copy(there, rows)


def run_set_open(context: Context) -> None:
    number, is_open = context.options.number, context.options.open
    with context.database() as url:
        asyncio.run(_set_open(url, number, is_open=is_open))
    print(f"cell {number} is {'open' if is_open else 'closed'}")


async def _set_open(url: str, number: int, *, is_open: bool) -> None:
    async with connected(url) as connection, connection.transaction():
        if not await sql.cells.set_open(connection, number, open_to_new=is_open):
            raise ConfigError(f"there is no cell {number}")
        before, after = {"id": number, "open": not is_open}, {"id": number, "open": is_open}
        await audit.record(connection, OPERATOR, "cell", NO_ORGANIZATION, before=before, after=after)


def run_set_url(context: Context) -> None:
    database_url.judge(context.options.url, "URL")
    number, ring = context.options.number, context.key_ring()
    with context.database() as url:
        asyncio.run(_set_url(url, number, context.options.url, ring))
    print(f"cell {number} has a new URL")


async def _set_url(home_url: str, number: int, url: str, ring: KeyRing) -> None:
    """Servers and agents follow within a second. ConfigError if that database is not that cell."""
    async with connected(home_url) as home, schema.opened(url, "URL") as there:
        await schema.refuse_distant(there)
        if (found := await sql.cells.select_number(there)) != number:
            raise ConfigError(f"the URL leads to cell {found}, not to cell {number}")
        async with home.transaction():
            if not await sql.cells.set_url(home, number, ring.encrypt(url, bound_to(number))):
                raise ConfigError(f"there is no cell {number}")
            shown = {"id": number}
            await audit.record(home, OPERATOR, "cell", NO_ORGANIZATION, before=shown, after=shown, secrets=("url",))


def run_list(context: Context) -> None:
    with context.database() as url:
        looks = asyncio.run(cell_looks.all_of(url, context.key_ring))
    rows = [
        (look.number, look.place, "open" if look.open else "closed", look.organizations, look.monitors, look.state)
        for look in looks
    ]
    print_table(("CELL", "DATABASE", "NEW ORGANIZATIONS", "ORGANIZATIONS", "MONITORS", "STATE"), *rows)


def run_check(context: Context) -> int:
    with context.database() as url:
        findings = asyncio.run(cell_check.check(url, context.key_ring, context.workers()))
    print_table(*[(f"cell {number}", finding.kind, finding.words) for number, finding in findings])
    return int(any(finding.kind == cell_check.FAULT for _, finding in findings))
