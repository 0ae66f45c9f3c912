"""smtp-monitors token: a session for a user, or an API token, without a password."""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg

import sql
from server.access.sessions import open_session
from server.access.signer import Signer
from server.cli import directory
from server.cli.context import Context
from server.cli.directory import Directory
from server.cli.environment import ConfigError
from server.fields.values import Invalid, trimmed
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.tokens import shown_end
from server.serving.config import Config


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email")
    parser.add_argument("--organization", metavar="NAME", help="where several have a user with that address")
    parser.add_argument("--name", help="make an API token of that name, which lasts for --days or for ever")
    parser.add_argument("--days", type=int, choices=range(1, 366), metavar="N", help="1 to 365, with --name")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    options = context.options
    try:
        name = None if options.name is None else trimmed(1, 255)(options.name)
    except Invalid as error:
        raise ConfigError(f"--name is not valid: {error}") from error
    if options.days and name is None:
        raise ConfigError("--days is for API tokens: give it a --name")
    with context.configured() as config:
        issued = issue(config, options.email, organization=options.organization, name=name, days=options.days)
        print(asyncio.run(issued))


async def issue(
    config: Config,
    email: str,
    *,
    organization: str | int | None = None,
    name: str | None = None,
    days: int | None = None,
) -> str:
    """With a *name*, an API token that ends after *days* or never."""
    signer = Signer(config.jwt_secret)
    async with directory.opened(config.database_url, lambda: config.key_ring) as cells:
        user = await _active(cells, email, organization)
        connection = await cells.of_organization(user["organization_id"])
        async with connection.transaction():
            if name is not None:
                return await _api_token(connection, user, signer, name=name, days=days)
            token, caller = await open_session(connection, user, signer, hours=config.session_hours)
            await audit.record_session(connection, OPERATOR, "logged_in", caller)
            return token


async def _active(cells: Directory, email: str, organization: str | int | None) -> asyncpg.Record:
    users = await cells.users(email, organization, sql.users.select_logins)
    if not users:
        raise ConfigError(f"no active user has the address {email}")
    if len(users) > 1:
        raise ConfigError(f"several organizations have a user with the address {email}; add --organization")
    return users[0]


async def _api_token(
    connection: asyncpg.Connection, user: asyncpg.Record, signer: Signer, *, name: str, days: int | None
) -> str:
    expires_at = sql.tokens.NEVER if days is None else datetime.now(UTC) + timedelta(days=days)
    organization_id, token_id = user["organization_id"], uuid4()
    await sql.sessions.insert(
        connection,
        organization_id,
        token_id,
        user_id=user["id"],
        password_hash=user["password_hash"],
        expires_at=expires_at,
        name=name,
    )
    shown = {"id": str(token_id), "userId": user["id"], "name": name, "expiresAt": shown_end(expires_at)}
    await audit.record(connection, OPERATOR, "token", organization_id, after=shown)
    return signer.issue(organization_id, token_id, user["id"], expires_at=expires_at)
