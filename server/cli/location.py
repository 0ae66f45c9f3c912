"""smtp-monitors location add: a place where agents stand."""

import argparse
import asyncio

import sql
from server.cli import program
from server.cli.context import Context
from server.cli.database import connected
from server.cli.environment import ConfigError
from server.cli.options import parsed
from server.fields.values import country_code, trimmed
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.locations import location_code, represent
from sql.audit_events import NO_ORGANIZATION


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a location")
    add.add_argument("code", type=parsed(location_code), help="for instance de-nbg")
    add.add_argument("--name", required=True, type=parsed(trimmed(1, 255)))
    add.add_argument("--country", required=True, type=parsed(country_code), help="ISO 3166-1 alpha-2")
    add.set_defaults(run=run)


def run(context: Context) -> None:
    options = context.options
    with context.database() as url:
        asyncio.run(_add(url, options.code, options.name, options.country))
    print(f"location {options.code} added; run its agent: {program.name()} agent --location {options.code}")


async def _add(url: str, code: str, name: str, country: str) -> None:
    async with connected(url) as connection, connection.transaction():
        if number := await sql.cells.select_number(connection):
            raise ConfigError(f"DATABASE_URL leads to cell {number}; locations are made in cell 0, and copied")
        row = await sql.locations.insert(connection, code, name=name, country=country)
        await audit.record(connection, OPERATOR, "location", NO_ORGANIZATION, after=represent(row), id_key="code")
