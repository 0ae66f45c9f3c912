"""The connection of a command, and words for values that the database refuses."""

import contextlib
import re
from collections.abc import AsyncIterator

import asyncpg

import sql
from server.checks.text import escaped
from server.cli import schema
from server.cli.environment import ConfigError
from server.http.constraints import CONSTRAINTS, LIMITS

NUMBER = re.compile("[1-9][0-9]{0,17}")


class NoSuchOrganizationError(ConfigError):
    """No organization has that name or number."""


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """To a database with the schema of this version. ConfigError for a value that a constraint refuses."""
    async with schema.opened(url) as connection:
        await schema.refuse_other(connection)
        try:
            yield connection
        except asyncpg.IntegrityConstraintViolationError as error:
            raise _refused(error) from error


async def organization_id(connection: asyncpg.Connection, named: str | int) -> int:
    """The organization of that name or number; ConfigError if there is none, or several have the name."""
    if isinstance(named, int):
        return named
    found = await sql.organizations.select_ids(connection, named)
    if len(found) > 1:
        numbers = ", ".join(map(str, found))
        raise ConfigError(f"several organizations have the name {named}; name one by its number: {numbers}")
    if found:
        return found[0]
    if NUMBER.fullmatch(named) and await sql.organizations.select_exists(connection, int(named)):
        return int(named)
    raise NoSuchOrganizationError(f"no organization has the name {named}")


async def user_id(connection: asyncpg.Connection, address: str, organization: str | None) -> int:
    """The user with that address, active or not; ConfigError if there is none, or several organizations have one."""
    wanted = None if organization is None else await organization_id(connection, organization)
    found = await sql.users.select_ids(connection, address, wanted)
    if not found:
        raise ConfigError(f"no user has the address {address}")
    if len(found) > 1:
        raise ConfigError(f"several organizations have a user with the address {address}; add --organization")
    return found[0]


def print_table(*rows: tuple[object, ...]) -> None:
    """Columns of one width each; None is a dash."""
    texts = [["-" if cell is None else escaped(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _refused(error: asyncpg.IntegrityConstraintViolationError) -> ConfigError:
    name = error.constraint_name or ""
    if name in LIMITS:
        return ConfigError(f"limit_reached: {LIMITS[name]} = {error.detail}")
    field, code = CONSTRAINTS[name]
    return ConfigError(f"{field}: {code}")
