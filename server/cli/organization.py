"""smtp-monitors organization: how much it may have, where it lives, and its end."""

import argparse
import asyncio
import contextlib
from collections.abc import Mapping

import asyncpg

import sql
from server.agent.retention import PAUSE
from server.cli import directory, organization_move
from server.cli.context import Context
from server.cli.database import print_table
from server.cli.directory import NUMBER, Directory, NoSuchOrganizationError, Opening, Place
from server.cli.environment import ConfigError
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.organizations import represent
from sql.audit_events import NO_ORGANIZATION
from sql.connection import Reach

EVERYTHING = Reach(None, None)


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    limits = actions.add_parser("limits", help="show the limits, after changing those that are named")
    limits.add_argument("name")
    for column in sql.organizations.LIMITS:
        limits.add_argument(f"--{column.replace('_', '-')}", type=int, metavar="N", dest=column)
    limits.set_defaults(run=run_limits)
    delete = actions.add_parser("delete", help="delete an organization with all that it has, for good")
    delete.add_argument("name", help="its name, or its number")
    delete.add_argument("--yes", action="store_true", help="without this, nothing is deleted")
    delete.set_defaults(run=run_delete)
    move = actions.add_parser("move", help="move an organization to another cell, while it is used")
    organization_move.configure(move)


def run_limits(context: Context) -> None:
    named = {column: getattr(context.options, column) for column in sql.organizations.LIMITS}
    changes = {column: limit for column, limit in named.items() if limit is not None}
    with context.database() as url:
        limits, used = asyncio.run(_limit(directory.opened(url, context.key_ring), context.options.name, changes))
    rows = [(column.replace("_", " ").upper(), limits[column], used[column]) for column in sql.organizations.LIMITS]
    print_table(("", "LIMIT", "USED"), *rows)


async def _limit(opening: Opening, name: str, changes: Mapping[str, int]) -> tuple[asyncpg.Record, asyncpg.Record]:
    async with opening as cells:
        connection, organization = await cells.organization(name)
        async with connection.transaction():
            before = await sql.organizations.select_locked(connection, EVERYTHING, organization)
            after = await sql.organizations.update(connection, EVERYTHING, organization, changes)
            assert before is not None
            assert after is not None
            shown = represent(before), represent(after)
            await audit.record(connection, OPERATOR, "organization", organization, before=shown[0], after=shown[1])
            return after, await sql.organizations.select_used(connection, organization)


def run_delete(context: Context) -> None:
    with context.database() as url:
        number = asyncio.run(
            _delete(directory.opened(url, context.key_ring), context.options.name, sure=context.options.yes)
        )
    print(f"organization {number} deleted")


async def _delete(opening: Opening, name: str, *, sure: bool) -> int:
    """Mark it and remove its rows. If that is broken off, the agents go on, or the command with its number."""
    async with opening as cells:
        connection, organization = await _marked(cells, name) or await cells.organization(name)
        if organization not in await sql.organization_removals.select_marked(connection):
            if not sure:
                used = await sql.organizations.select_used(connection, organization)
                raise ConfigError(f"organization {organization} has {_told(used)}; add --yes to delete all of it")
            await _mark(connection, organization)
        while organization in await sql.organization_removals.select_marked(connection):
            async with connection.transaction():
                if await sql.retention.try_lock(connection):
                    await sql.organization_removals.step(connection, organization_id=organization)
            await asyncio.sleep(PAUSE)
        await cells.forget(organization)
        return organization


async def _marked(cells: Directory, name: str) -> Place | None:
    """The organization of that number, if its removal has begun."""
    if NUMBER.fullmatch(name):
        with contextlib.suppress(NoSuchOrganizationError):
            connection = await cells.of_organization(int(name))
            if int(name) in await sql.organization_removals.select_marked(connection):
                return connection, int(name)
    return None


async def _mark(connection: asyncpg.Connection, organization: int) -> None:
    async with connection.transaction():
        row = await sql.organizations.select_locked(connection, EVERYTHING, organization)
        if row is not None:
            await sql.organization_removals.mark(connection, organization)
            await audit.record(connection, OPERATOR, "organization", NO_ORGANIZATION, before=represent(row))


def _told(used: asyncpg.Record) -> str:
    words = {limit: counted.replace("_", " ") for limit, counted in sql.organizations.LIMITS.items()}
    return ", ".join(f"{used[limit]} {counted}" for limit, counted in words.items())
