"""run.py user add: the first user of an organization, who adds the others."""

import argparse
import asyncio
import secrets
from pathlib import Path

import asyncpg

import sql
from server import passwords
from server.cli.context import Context
from server.config import ConfigError
from server.errors import CONSTRAINTS
from server.fields import Invalid, email, trimmed


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("user", help="manage users")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a user; its password is made and printed once")
    add.add_argument("email")
    add.add_argument("--organization", required=True, metavar="NAME", help="made if there is none of that name")
    add.add_argument("--customer", metavar="NAME", help="make this customer of the organization, too")
    add.add_argument("--name", help="the e-mail address by default")
    add.add_argument("--role", choices=["admin", "user", "readonly"], default="admin")
    add.add_argument("--global-role", choices=["supporter", "admin"])
    add.add_argument("--password-file", type=Path, help="take the password from there instead")
    add.set_defaults(run=run)


def run(context: Context) -> None:
    options = context.options
    try:
        email(options.email)
        trimmed(1, 255)(options.organization)
    except Invalid as error:
        raise ConfigError(f"EMAIL or NAME is not valid: {error}") from error
    try:
        password = options.password_file.read_text().strip() if options.password_file else secrets.token_urlsafe(18)
    except OSError as error:
        raise ConfigError(f"--password-file: {error}") from error
    with context.database() as url:
        customer = asyncio.run(_add(url, options, password))
    print(f"user {options.email} added to {options.organization}")
    if customer is not None:
        print(f"customer {customer['id']} ({customer['public_id']}) added")
    if not options.password_file:
        print(f"password: {password}")


async def _add(url: str, options: argparse.Namespace, password: str) -> asyncpg.Record | None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            organization_id = await sql.organizations.ensure(connection, options.organization)
            await sql.users.insert(
                connection,
                organization_id,
                email=options.email,
                password_hash=passwords.hash_password(password),
                name=options.name or options.email,
                role=options.role,
                global_role=options.global_role,
            )
            if options.customer:
                return await sql.customers.insert(connection, organization_id, options.customer)
            return None
    except asyncpg.IntegrityConstraintViolationError as error:
        field, code = CONSTRAINTS[error.constraint_name or ""]
        raise ConfigError(f"{field}: {code}") from error
    finally:
        await connection.close()
