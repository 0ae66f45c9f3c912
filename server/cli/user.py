"""smtp-monitors user: the first user of an organization, who adds the others; and help for those locked out."""

import argparse
import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

import sql
from server.access import passwords
from server.checks.text import escaped
from server.cli import directory
from server.cli.context import Context
from server.cli.customer import add_customer
from server.cli.database import print_table
from server.cli.directory import Directory, NoSuchOrganizationError, Opening
from server.cli.environment import ConfigError
from server.cli.new_passwords import judge_password, new_password
from server.fields.contacts import email
from server.fields.values import Invalid, trimmed
from server.resources import audit
from server.resources.audit import OPERATOR
from server.resources.two_factor import record_change
from server.resources.users import represent
from sql.connection import Reach

ALL = Reach(None, None)


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="add a user; its password is made and printed once")
    add.add_argument("email")
    add.add_argument("--organization", required=True, metavar="NAME", help="made if there is none of that name")
    add.add_argument("--customer", metavar="NAME", help="make this customer of the organization, too")
    add.add_argument("--name", help="the e-mail address by default")
    add.add_argument("--role", choices=["admin", "user", "readonly"], default="admin")
    add.add_argument("--global-role", choices=["supporter", "admin"])
    listing = actions.add_parser("list", help="list users")
    listing.add_argument("--organization", metavar="NAME", help="of this one alone")
    deactivate = actions.add_parser("deactivate", help="end a user's sessions and tokens, and let it log in no more")
    deactivate.add_argument("email")
    password = actions.add_parser("password", help="give a user a new password, which ends its sessions and tokens")
    password.add_argument("email")
    reset = actions.add_parser("reset-two-factor", help="remove the second factor of a user who has lost it")
    reset.add_argument("email")
    for action in (deactivate, password, reset):
        action.add_argument("--organization", metavar="NAME", help="where several have a user with that address")
    for action in (add, password):
        action.add_argument("--password-file", type=Path, help="take the password from there instead")
    runs = (
        (add, run_add),
        (listing, run_list),
        (deactivate, run_deactivate),
        (password, run_password),
        (reset, run_reset),
    )
    for action, run in runs:
        action.set_defaults(run=run)


def run_add(context: Context) -> None:
    options = context.options
    try:
        email(options.email)
        trimmed(1, 255)(options.organization)
    except Invalid as error:
        raise ConfigError(f"EMAIL or NAME is not valid: {error}") from error
    password = new_password(options.password_file)
    judge_password(password, email=options.email, name=options.name or options.email)
    with context.database() as url:
        customer = asyncio.run(_add(directory.opened(url, context.key_ring), options, password))
    print(escaped(f"user {options.email} added to {options.organization}"))
    if customer is not None:
        print(f"customer {customer['id']} ({customer['public_id']}) added")
    if not options.password_file:
        print(f"password: {password}")


async def _add(opening: Opening, options: argparse.Namespace, password: str) -> asyncpg.Record | None:
    async with opening as cells:
        connection, organization = await _existing(cells, options.organization)
        async with connection.transaction():
            organization = organization or await _made(connection, options.organization)
            await cells.expect_login(options.email, organization)
            like = await sql.users.select_hash(connection, options.email)
            row = await sql.users.insert(
                connection,
                organization,
                email=options.email,
                password_hash=passwords.hash_password(password, like=like),
                name=options.name or options.email,
                role=options.role,
                global_role=options.global_role,
            )
            await audit.record(connection, OPERATOR, "user", organization, after=represent(row))
            return await add_customer(connection, organization, options.customer) if options.customer else None


async def _existing(cells: Directory, named: str) -> tuple[asyncpg.Connection, int | None]:
    """The organization of that name or number; if there is none, where to make it."""
    try:
        return await cells.organization(named)
    except NoSuchOrganizationError:
        return await cells.for_new(), None


async def _made(connection: asyncpg.Connection, name: str) -> int:
    made = await sql.organizations.ensure(connection, name)
    await audit.record(connection, OPERATOR, "organization", made, after={"id": made, "name": name})
    return made


def run_list(context: Context) -> None:
    with context.database() as url:
        asyncio.run(_list(directory.opened(url, context.key_ring), context.options.organization))


async def _list(opening: Opening, organization: str | None) -> None:
    columns = ("id", "email", "organization_id", "role", "global_role", "customer_ids", "active")
    async with opening as cells:
        rows = await cells.everything(sql.users.select_page, organization)
        print_table(
            ("ID", "EMAIL", "ORGANIZATION", "ROLE", "GLOBAL ROLE", "CUSTOMERS", "ACTIVE"),
            *(tuple(row[column] for column in columns) for row in rows),
        )
        cells.refuse_unusable()


def run_deactivate(context: Context) -> None:
    with context.database() as url:
        asyncio.run(_deactivate(directory.opened(url, context.key_ring), context.options))
    print(f"user {context.options.email} deactivated")


async def _deactivate(opening: Opening, options: argparse.Namespace) -> None:
    async with opening as cells, _locked(cells, options) as (connection, user):
        administered = await sql.users.has_administrator(connection, user["organization_id"])
        row = await sql.users.update(connection, user["organization_id"], user["id"], {"active": False})
        await sql.sessions.delete_others(connection, user["organization_id"], user["id"])
        if administered and not await sql.users.has_administrator(connection, user["organization_id"]):
            raise ConfigError(f"{options.email} is the last active administrator of its organization")
        before, after = represent(user), represent(row)
        await audit.record(connection, OPERATOR, "user", user["organization_id"], before=before, after=after)


def run_password(context: Context) -> None:
    password = new_password(context.options.password_file)
    with context.database() as url:
        asyncio.run(_set_password(directory.opened(url, context.key_ring), context.options, password))
    print(f"user {context.options.email} has a new password")
    if not context.options.password_file:
        print(f"password: {password}")


async def _set_password(opening: Opening, options: argparse.Namespace, password: str) -> None:
    async with opening as cells, _locked(cells, options) as (connection, user):
        judge_password(password, email=user["email"], name=user["name"])
        like = await sql.users.select_hash(connection, user["email"])
        password_hash = passwords.hash_password(password, like=like)
        await sql.users.replace_password(connection, user["organization_id"], user["email"], password_hash)
        await sql.sessions.delete_others(connection, user["organization_id"], user["id"])
        me = {"id": user["id"]}
        await audit.record(
            connection, OPERATOR, "user", user["organization_id"], before=me, after=me, secrets=("password",)
        )


def run_reset(context: Context) -> None:
    with context.database() as url:
        asyncio.run(_reset(directory.opened(url, context.key_ring), context.options))
    print(f"user {context.options.email} has no second factor")


async def _reset(opening: Opening, options: argparse.Namespace) -> None:
    async with opening as cells, _locked(cells, options) as (connection, user):
        if await sql.second_factors.delete(connection, user["organization_id"], user["id"]):
            await sql.sessions.delete_others(connection, user["organization_id"], user["id"])
            record = functools.partial(audit.record, connection, OPERATOR)
            await record_change(record, user["organization_id"], user["id"], active=False)


@contextlib.asynccontextmanager
async def _locked(
    cells: Directory, options: argparse.Namespace
) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Record]]:
    """A transaction with the user that is meant, active or not. ConfigError if there is none, or several."""
    found = await cells.users(options.email, options.organization, sql.users.select_with_address)
    if len(found) > 1:
        raise ConfigError(f"several organizations have a user with the address {options.email}; add --organization")
    if found:
        connection = await cells.of_organization(found[0]["organization_id"])
        async with connection.transaction():
            user = await sql.users.select_locked(connection, ALL, found[0]["id"])
            if user is not None:
                yield connection, user
                return
    raise ConfigError(f"no user has the address {options.email}")
