"""Whether the schema is the one that this version works with."""

import sql
from server.cli import migrations, program
from server.cli.database import connected
from server.cli.environment import ConfigError


async def refuse_other(url: str) -> None:
    """ConfigError if migrations are missing, or if there are some that this version does not know."""
    if missing := await find_missing(url):
        raise ConfigError(f"the schema is behind by {', '.join(sorted(missing))}; run: {program.name()} migrate")


async def find_missing(url: str) -> set[str]:
    """The ids of the migrations to apply. ConfigError if the schema is of a newer version."""
    async with connected(url) as connection:
        applied = await sql.applied_migrations.select_applied(connection)
    known = migrations.known()
    if unknown := applied - known:
        newer = ", ".join(sorted(unknown))
        raise ConfigError(f"the schema is ahead by {newer}; this is an older version, and must not write to it")
    return known - applied
