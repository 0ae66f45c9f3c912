"""smtp-monitors customer: whom an organization watches servers for."""

import argparse
import asyncio

import asyncpg

import sql
from server.cli.context import Context
from server.cli.database import connected, organization_id, print_table
from server.cli.environment import ConfigError
from server.fields.values import Invalid, trimmed
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.customers import represent
from sql.connection import Reach

BATCH = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a customer to an organization")
    add.add_argument("name")
    add.add_argument("--organization", required=True, metavar="NAME")
    add.set_defaults(run=run_add)
    listing = actions.add_parser("list", help="list customers")
    listing.add_argument("--organization", metavar="NAME", help="of this one alone")
    listing.set_defaults(run=run_list)


def run_add(context: Context) -> None:
    try:
        name = trimmed(1, 255)(context.options.name)
    except Invalid as error:
        raise ConfigError(f"NAME is not valid: {error}") from error
    with context.database() as url:
        asyncio.run(_add(url, context.options.organization, name))


async def _add(url: str, organization: str, name: str) -> None:
    async with connected(url) as connection, connection.transaction():
        row = await add_customer(connection, await organization_id(connection, organization), name)
    print(f"customer {row['id']} ({row['public_id']}) added")


async def add_customer(connection: asyncpg.Connection, organization: int, name: str) -> asyncpg.Record:
    row = await sql.customers.insert(connection, organization, name)
    await audit.record(connection, OPERATOR, "customer", organization, after=represent(row))
    return row


def run_list(context: Context) -> None:
    with context.database() as url:
        asyncio.run(_list(url, context.options.organization))


async def _list(url: str, organization: str | None) -> None:
    async with connected(url) as connection:
        wanted = None if organization is None else await organization_id(connection, organization)
        rows: list[asyncpg.Record] = []
        total = 1
        while len(rows) < total:
            total, page = await sql.customers.select_page(
                connection, Reach(None, None), organization_id=wanted, limit=BATCH, offset=len(rows)
            )
            rows += page
    table = [(row["id"], row["public_id"], row["organization_id"], row["name"]) for row in rows]
    print_table(("ID", "PUBLIC ID", "ORGANIZATION", "NAME"), *table)
