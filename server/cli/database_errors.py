"""What a command says of a database that it cannot use."""

import contextlib
import logging
from collections.abc import Iterator

import asyncpg
import psycopg
from psycopg import errors

from server.cli.environment import ConfigError
from sql.connection import LOST

logger = logging.getLogger(__name__)

REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.LockNotAvailableError,  # somebody holds it, or its organization moves
    asyncpg.ReadOnlySQLTransactionError,
    errors.InsufficientPrivilege,
    errors.ReadOnlySqlTransaction,
)


@contextlib.contextmanager
def worded() -> Iterator[None]:
    """Give what both drivers raise words for a terminal, as a ConfigError."""
    try:
        yield
    except REFUSED as error:
        raise ConfigError(f"the database refuses it: {' '.join(str(error).split())}") from error
    except (psycopg.OperationalError, *LOST) as error:
        logger.debug("database", exc_info=True)
        words = " ".join(str(error).split()) or type(error).__name__
        raise ConfigError(f"the database cannot be reached: {words}") from error
