"""smtp-monitors organization move: an organization changes its cell while it is used, and loses nothing.

Its rows are copied by PostgreSQL's logical replication, and followed while they are written. Then its checks and alerts
that are under way end, and no others begin. At last its writes are refused for a moment, until the target has all of
them, and the directory names the new home. Writes of others are not refused (``server/cli/moves.py`` has the steps).

While nothing has moved yet, a command that dies or hangs refuses nothing for longer than 5 s: writes, checks and
alerts go on in the source. The directory has the step. Until ``arriving`` a move can be aborted; from then on it only
goes on. Each step can be done again, so whoever runs the command again goes on where it was broken off
(``tests/cells/test_interrupted_moves.py``).
"""

import argparse
import asyncio

import sql
from server.access.key_ring import KeyRing
from server.cli import move_ends
from server.cli.context import Context
from server.cli.environment import ConfigError
from server.cli.move_ends import ABORTING, COPYING
from server.cli.moves import Move


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=int, help="its number")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--to", type=int, metavar="CELL", help="the number of the cell; the same again goes on")
    way.add_argument("--abort", action="store_true", help="undo a move that has not come to its end")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    options = context.options
    ring = context.key_ring()
    with context.database() as url:
        if options.abort:
            asyncio.run(_abort(url, ring, options.id))
        else:
            asyncio.run(_move(url, ring, options.id, options.to))


async def _move(url: str, ring: KeyRing, organization_id: int, target: int) -> None:
    async with move_ends.directory(url, organization_id) as directory:
        begun = await sql.organization_moves.select(directory, organization_id)
        if begun is None:
            source = await move_ends.home(directory, organization_id)
            if source == target:
                raise ConfigError(f"organization {organization_id} lives in cell {target} already")
            step = COPYING
        else:
            source, step = begun["source_id"], begun["step"]
            if begun["target_id"] != target:
                raise ConfigError(f"organization {organization_id} moves to cell {begun['target_id']} already")
            if step == ABORTING:
                raise ConfigError(f"the move of organization {organization_id} is being undone; run it with --abort")
        async with move_ends.opened(directory, url, ring, organization_id, source, target) as ends:
            if begun is None:
                await move_ends.judge(ends)
                await sql.organization_moves.insert(directory, organization_id, source, target, step)
            print(f"organization {organization_id}: from cell {source} to cell {target}, step {step}", flush=True)
            await Move(ends).go_on(step)


async def _abort(url: str, ring: KeyRing, organization_id: int) -> None:
    async with move_ends.directory(url, organization_id) as directory:
        begun = await sql.organization_moves.select(directory, organization_id)
        if begun is None:
            raise ConfigError(f"organization {organization_id} does not move")
        source, target = begun["source_id"], begun["target_id"]
        if begun["step"] not in (COPYING, ABORTING):
            words = f"it is too late: cell {target} has all of organization {organization_id}"
            raise ConfigError(f"{words}; run the command with --to {target} to go on")
        async with move_ends.opened(directory, url, ring, organization_id, source, target) as ends:
            await Move(ends).abort()
