"""smtp-monitors secrets: keys for stored credentials, and their rotation."""

import argparse
import asyncio
import sys
from uuid import UUID

import asyncpg

import sql
from server.access import cells, two_factor
from server.access.key_ring import KeyRing, Undecryptable, generate_key
from server.alerts import webhook
from server.cli import directory
from server.cli.context import Context
from server.cli.environment import ConfigError

BATCH = 500


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    generate = actions.add_parser("generate", help="print a new key for SECRETS_KEY")
    generate.set_defaults(run=lambda _: print(generate_key()))
    rotate = actions.add_parser("rotate", help="encrypt every stored credential with the first key of SECRETS_KEY")
    rotate.set_defaults(run=run_rotate)


def run_rotate(context: Context) -> None:
    with context.configured() as config:
        count = asyncio.run(rotate(config.database_url, config.key_ring))
    print(f"{count} credentials now under the first key")


async def rotate(url: str, ring: KeyRing) -> int:
    """Encrypt again what another key encrypted, in every cell. Gives how many. Servers may run meanwhile.

    ConfigError if a cell is away, once the others are done: what it stores may still need the old key.
    """
    try:
        async with directory.opened(url, lambda: ring) as cells:
            count = await _rotate_cells(cells.home, ring)
            for _, connection in await cells.usable():
                count += sum([await rotate_part(connection, ring) for rotate_part in PARTS])
            cells.refuse_unusable(f"; {count} credentials of other cells now under the first key; keep the old one")
            return count
    except Undecryptable as error:
        raise ConfigError(f"SECRETS_KEY lacks a key that stored credentials need: {error}") from error


async def _rotate_current(connection: asyncpg.Connection, ring: KeyRing) -> int:
    count = 0
    rows = sql.smtp_monitors.select_passwords(connection, not_under=ring.current_id, batch=BATCH)
    async for row in rows:
        new = _again(ring, row["smtp_password"], row["public_id"])
        _say(count)
        count += await sql.smtp_monitors.replace_password(
            connection, row["organization_id"], row["id"], row["smtp_password"], new
        )
    return count


async def _rotate_kept(connection: asyncpg.Connection, ring: KeyRing) -> int:
    """The passwords that changes of monitors have replaced or set."""
    count = 0
    rows = sql.smtp_monitor_changes.select_passwords(connection, not_under=ring.current_id, batch=BATCH)
    async for row in rows:
        kept, bound_to = (row["before_password"], row["after_password"]), row["public_id"]
        if bound_to is None:  # an earlier version has kept it of a deleted monitor: nobody can open it
            await sql.smtp_monitor_changes.replace_passwords(connection, row, None, None)
            continue
        before, after = [None if old is None else _again(ring, old, bound_to) for old in kept]
        _say(count)
        await sql.smtp_monitor_changes.replace_passwords(connection, row, before, after)
        count += 1
    return count


async def _rotate_webhooks(connection: asyncpg.Connection, ring: KeyRing) -> int:
    count = 0
    for row in await sql.webhooks.select_secrets(connection, not_under=ring.current_id):
        organization_id, old = row["organization_id"], row["secret"]
        bound_to = webhook.bound_to(organization_id)
        new = ring.encrypt(ring.decrypt(old, bound_to), bound_to)
        count += await sql.webhooks.replace_secret(connection, organization_id, old, new)
    return count


async def _rotate_cells(connection: asyncpg.Connection, ring: KeyRing) -> int:
    count = 0
    for row in await sql.cells.select_urls(connection, not_under=ring.current_id):
        bound_to = cells.bound_to(row["id"])
        new = ring.encrypt(ring.decrypt(row["url"], bound_to), bound_to)
        count += await sql.cells.replace_url(connection, row["id"], row["url"], new)
    return count


async def _rotate_second_factors(connection: asyncpg.Connection, ring: KeyRing) -> int:
    count = 0
    rows = sql.second_factors.select_secrets(connection, not_under=ring.current_id, batch=BATCH)
    async for row in rows:
        key, old = (row["organization_id"], row["user_id"]), row["secret"]
        bound_to = two_factor.bound_to(*key)
        new = ring.encrypt(ring.decrypt(old, bound_to), bound_to)
        count += await sql.second_factors.replace_secret(connection, *key, old, new)
    return count


PARTS = (_rotate_current, _rotate_kept, _rotate_second_factors, _rotate_webhooks)


def _again(ring: KeyRing, old: bytes, public_id: UUID) -> bytes:
    return ring.encrypt(ring.decrypt(old, public_id.bytes), public_id.bytes)


def _say(count: int) -> None:
    if count and count % BATCH == 0 and sys.stderr.isatty():
        print(f"\r{count} credentials", end="", file=sys.stderr, flush=True)
