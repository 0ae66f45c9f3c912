"""smtp-monitors webhook: where an organization's alerts are posted to."""

import argparse
import asyncio
import secrets
from urllib.parse import urlsplit

import sql
from server.access.key_ring import KeyRing
from server.alerts.webhook import bound_to
from server.cli import directory
from server.cli.context import Context
from server.cli.directory import Opening
from server.cli.environment import ConfigError
from server.cli.settings import read_key_ring
from server.resources import audit
from server.resources.audit import OPERATOR


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("organization", type=int, metavar="ORGANIZATION_ID")
    parser.add_argument("url", nargs="?", help="nowhere any more without it")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    options = context.options
    if options.url is not None:
        _judge(options.url)
    ring = read_key_ring(context.secret)
    with context.database() as url:
        secret = asyncio.run(_set(directory.opened(url, lambda: ring), options.organization, options.url, ring))
    print(f"secret: {secret}" if secret else "removed")


def _judge(url: str) -> None:
    """ConfigError for what is no URL that alerts can be posted to."""
    try:
        sound = url.isascii() and url.isprintable() and " " not in url and urlsplit(url).hostname
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError("the URL must be http:// or https:// with a host, in printable ASCII without spaces")


async def _set(opening: Opening, organization_id: int, url: str | None, ring: KeyRing) -> str | None:
    """The new secret, which is shown this once."""
    async with opening as cells:
        connection = await cells.of_organization(organization_id)
        async with connection.transaction():
            here = {"id": organization_id}
            if url is None:
                await sql.webhooks.delete(connection, organization_id)
                await audit.record(connection, OPERATOR, "webhook", organization_id, before=here)
                return None
            secret = secrets.token_urlsafe(32)
            encrypted = ring.encrypt(secret, bound_to(organization_id))
            await sql.webhooks.upsert(connection, organization_id, url=url, secret=encrypted)
            # whoever knows the URL may post to it
            await audit.record(
                connection, OPERATOR, "webhook", organization_id, before=here, after=here, secrets=("url", "secret")
            )
            return secret
