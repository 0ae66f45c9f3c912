"""run.py token: a session for a user, without a password."""

import argparse
import asyncio

import asyncpg

import sql
from server.auth import open_session
from server.cli.context import Context
from server.config import Config, ConfigError


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("token", help="print a token of a user, and nothing else")
    parser.add_argument("email")
    parser.set_defaults(run=run)


def run(context: Context) -> None:
    with context.configured() as config:
        print(asyncio.run(issue(config, context.options.email)))


async def issue(config: Config, email: str) -> str:
    connection = await asyncpg.connect(config.database_url)
    try:
        user = await sql.users.select_login(connection, email)
        if user is None:
            raise ConfigError(f"no active user has the address {email}")
        token, _ = await open_session(connection, user, secret=config.jwt_secret, hours=config.session_hours)
        return token
    finally:
        await connection.close()
