"""smtp-monitors organization: how much it may have."""

import argparse
import asyncio
from collections.abc import Mapping

import asyncpg

import sql
from server.cli.context import Context
from server.cli.database import connected, organization_id, print_table
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.organizations import represent
from sql.connection import Reach

EVERYTHING = Reach(None, None)


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("organization", help="show and change how much an organization may have")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    limits = actions.add_parser("limits", help="show the limits, after changing those that are named")
    limits.add_argument("name")
    for column in sql.organizations.LIMITS:
        limits.add_argument(f"--{column.replace('_', '-')}", type=int, metavar="N", dest=column)
    limits.set_defaults(run=run_limits)


def run_limits(context: Context) -> None:
    named = {column: getattr(context.options, column) for column in sql.organizations.LIMITS}
    changes = {column: limit for column, limit in named.items() if limit is not None}
    with context.database() as url:
        limits, used = asyncio.run(_limit(url, context.options.name, changes))
    rows = [(column.replace("_", " ").upper(), limits[column], used[column]) for column in sql.organizations.LIMITS]
    print_table(("", "LIMIT", "USED"), *rows)


async def _limit(url: str, name: str, changes: Mapping[str, int]) -> tuple[asyncpg.Record, asyncpg.Record]:
    async with connected(url) as connection, connection.transaction():
        organization = await organization_id(connection, name)
        before = await sql.organizations.select_locked(connection, EVERYTHING, organization)
        after = await sql.organizations.update(connection, EVERYTHING, organization, changes)
        assert before is not None
        assert after is not None
        shown = represent(before), represent(after)
        await audit.record(connection, OPERATOR, "organization", organization, before=shown[0], after=shown[1])
        return after, await sql.organizations.select_used(connection, organization)
