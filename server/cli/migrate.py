"""smtp-monitors migrate: bring the schema up to date, or back.

Every cell is migrated, cell 0 first, and it is undone last: a new column of the directory is there before a cell needs
it. A cell that is away does not keep the others from it. Servers run with cells one migration apart meanwhile, so that
an upgrade needs no pause. Until such a cell is migrated, what needs the new schema is answered with 503 there
(``server/http/error_answers.py``). No worker looks at the schema of a cell before it asks it something: that would cost
a cell that hangs its time at every opening, and would say nothing of a migration that comes later.
"""

import argparse
import asyncio
from collections.abc import Callable

import sql
from server.cli import database_errors, directory, migrations, schema
from server.cli.context import Context
from server.cli.environment import ConfigError

FIRST_WITH_CELLS = 27  # the number of the migration that brought the directory


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--back-to",
        type=int,
        choices=range(1, 10_000),
        metavar="N",
        help="undo the migrations after number N, with the data that they brought; for the version before",
    )
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    back_to = context.options.back_to
    with context.database() as url:
        several = asyncio.run(_has_cells(url))
        if back_to is None:
            _migrate(0, url, None, several=several)
            others = asyncio.run(_urls(context, url)) if several else {}
        else:
            others = asyncio.run(_urls(context, url)) if several else {}
            if others and back_to < FIRST_WITH_CELLS:
                raise ConfigError(f"before migration {FIRST_WITH_CELLS} there is no directory, and there are cells")
        order = sorted(others.items(), reverse=back_to is not None)
        failed = {number: reason for number, cell in order if (reason := _tried(number, cell, back_to))}
        if back_to is not None:
            _migrate(0, url, back_to, several=several)
    wanted = "up to date" if back_to is None else f"that of migration {back_to}"
    if failed:
        reasons = "; ".join(f"cell {number}: {reason}" for number, reason in sorted(failed.items()))
        raise ConfigError(f"the schema is {wanted}, but not in every cell; {reasons}")
    print(f"the schema is {wanted}")


def _tried(number: int, url: str, back_to: int | None) -> str:
    """Why it could not be done; empty if it was."""
    try:
        with database_errors.worded():
            asyncio.run(schema.find_missing(url, f"cell {number}"))
            _migrate(number, url, back_to, several=True)
    except ConfigError as error:
        return str(error)
    return ""


def _migrate(number: int, url: str, back_to: int | None, *, several: bool) -> None:
    report = _reporter(f"cell {number}: " if several else "")
    if back_to is None:
        migrations.migrate(url, lambda migration: report(f"applied {migration}"))
    else:
        migrations.roll_back(url, back_to, lambda migration: report(f"undone {migration}"))


def _reporter(prefix: str) -> Callable[[str], None]:
    return lambda line: print(prefix + line, flush=True)


async def _has_cells(url: str) -> bool:
    async with schema.opened(url) as connection:
        await schema.missing_in(connection)  # for what it refuses
        return await sql.cells.select_any(connection)


async def _urls(context: Context, url: str) -> dict[int, str]:
    async with schema.opened(url) as connection:
        return directory.decrypted(await sql.cells.select_all(connection), context.key_ring)
