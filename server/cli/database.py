"""The connection of a command, and words for values that the database refuses."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

from server.checks.text import escaped
from server.cli import schema
from server.cli.environment import ConfigError
from server.http.constraints import CONSTRAINTS, LIMITS


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """To a database with the schema of this version. ConfigError for a value that a constraint refuses."""
    async with schema.opened(url) as connection:
        await schema.refuse_other(connection)
        try:
            yield connection
        except asyncpg.IntegrityConstraintViolationError as error:
            raise _refused(error) from error


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
