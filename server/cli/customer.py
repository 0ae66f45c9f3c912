"""smtp-monitors customer: whom an organization watches servers for."""

import argparse
import asyncio

import asyncpg

import sql
from server.cli import directory
from server.cli.context import Context
from server.cli.database import print_table
from server.cli.directory import Opening
from server.cli.environment import ConfigError
from server.fields.values import Invalid, trimmed
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.customers import represent


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
        asyncio.run(_add(directory.opened(url, context.key_ring), context.options.organization, name))


async def _add(opening: Opening, named: str, name: str) -> None:
    async with opening as cells:
        connection, organization = await cells.organization(named)
        async with connection.transaction():
            row = await add_customer(connection, organization, name)
    print(f"customer {row['id']} ({row['public_id']}) added")


async def add_customer(connection: asyncpg.Connection, organization: int, name: str) -> asyncpg.Record:
    row = await sql.customers.insert(connection, organization, name)
    await audit.record(connection, OPERATOR, "customer", organization, after=represent(row))
    return row


def run_list(context: Context) -> None:
    with context.database() as url:
        asyncio.run(_list(directory.opened(url, context.key_ring), context.options.organization))


async def _list(opening: Opening, named: str | None) -> None:
    async with opening as cells:
        rows = await cells.everything(sql.customers.select_page, named)
        table = [(row["id"], row["public_id"], row["organization_id"], row["name"]) for row in rows]
        print_table(("ID", "PUBLIC ID", "ORGANIZATION", "NAME"), *table)
        cells.refuse_unusable()
