"""A command's own connection, and what it tells of values that the database refuses."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

import sql
from server.access import passwords
from server.cli.environment import ConfigError
from server.http.constraints import CONSTRAINTS


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """ConfigError for a value that a constraint refuses, such as an address that is taken."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    except asyncpg.IntegrityConstraintViolationError as error:
        field, code = CONSTRAINTS[error.constraint_name or ""]
        raise ConfigError(f"{field}: {code}") from error
    finally:
        await connection.close()


async def organization_id(connection: asyncpg.Connection, name: str) -> int:
    found = await sql.organizations.select_id(connection, name)
    if found is None:
        raise ConfigError(f"no organization has the name {name}")
    return found


def new_password(file: Path | None) -> str:
    """What the file holds, or one made now."""
    if file is None:
        return secrets.token_urlsafe(18)
    try:
        password = file.read_text().strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--password-file: {error}") from error
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
        raise ConfigError(f"--password-file must hold {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters")
    return password


def print_table(*rows: tuple[object, ...]) -> None:
    """Columns of one width each; None is a dash."""
    texts = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
