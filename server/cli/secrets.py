"""run.py secrets: keys for stored credentials, and their rotation."""

import argparse
import asyncio
import sys

import asyncpg

import sql
from server.cli.context import Context
from server.config import ConfigError
from server.secrets import KeyRing, Undecryptable, generate_key

BATCH = 500


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("secrets", help="make keys, rotate them")
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
    """Encrypt anew what another key encrypted; how many. Servers may run meanwhile."""
    connection = await asyncpg.connect(url)
    try:
        count = 0
        rows = sql.smtp_monitors.select_passwords(connection, not_under=ring.current_id, batch=BATCH)
        async for row in rows:
            bound_to = row["public_id"].bytes
            new = ring.encrypt(ring.decrypt(row["smtp_password"], bound_to), bound_to)
            if count and count % BATCH == 0 and sys.stderr.isatty():
                print(f"\r{count} credentials", end="", file=sys.stderr, flush=True)
            count += await sql.smtp_monitors.replace_password(
                connection, row["organization_id"], row["id"], row["smtp_password"], new
            )
        return count
    except Undecryptable as error:
        raise ConfigError(f"SECRETS_KEY lacks a key that stored credentials need: {error}") from error
    finally:
        await connection.close()
