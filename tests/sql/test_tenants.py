"""Organizations are apart: statements name the organization of the rows that they touch, and tables keep it."""

import asyncio
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from sql import partitions, smtp_monitor_lists, smtp_monitor_updates
from sql.connection import Reach
from sql.smtp_monitor_lists import Filters, Window
from tests.sql.exceptions import EXCEPTIONS
from tests.sql.groups import HOLE
from tests.sql.references import Catalogue, references
from tests.sql.texts import texts

ROOT = Path(__file__).parents[2]
# They say where organizations live, and have no rows of an organization.
DIRECTORY = {"organization_homes", "organization_moves", "remote_logins", "departures", "departed_smtp_monitors"}
DIRECTORY |= {"status_page_slugs"}


@pytest.fixture
async def catalogue(db: asyncpg.Connection) -> Catalogue:
    """The tables with an organization_id, and organizations themselves."""
    query = """
        SELECT c.relname
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
         WHERE c.relnamespace = 'public'::regnamespace
           AND c.relkind IN ('r', 'p')
    """
    tables = {row["relname"] for row in await db.fetch(query)}
    assert tables > DIRECTORY
    query = """
        SELECT conname
          FROM pg_constraint
          JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)
         WHERE contype IN ('p', 'u')
           AND attname = 'organization_id'
    """
    constraints = {row["conname"] for row in await db.fetch(query)}
    columns = {**dict.fromkeys(tables - DIRECTORY, "organization_id"), "organizations": "id"}
    return Catalogue(columns, constraints)


def unbound(text: str, catalogue: Catalogue) -> set[str]:
    """The tables that a text refers to without naming the organization."""
    found = {reference.table for reference in references(text, catalogue) if not reference.bound}
    return {"?" if table == HOLE else table for table in found}


async def test_statements_name_the_organization_or_are_known_not_to(
    db: asyncpg.Connection, catalogue: Catalogue
) -> None:
    found = set()
    for path in [*(ROOT / "sql").rglob("*.py"), *(ROOT / "server").rglob("[!_]*.py")]:
        for text in texts(ROOT, path):
            # only sql/ puts names of tables into statements
            apart = set() if text.owner.startswith("sql.") else {"?"}
            found |= {f"{text.owner} {table}" for table in unbound(text.sql, catalogue) - apart}
    query = """
        SELECT proname, pg_get_functiondef(oid) AS definition
          FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace
           AND prokind = 'f'
    """
    for row in await db.fetch(query):
        # a statement that is made by format() is within quotes
        text = row["definition"].replace("'SELECT", ";SELECT").replace("'INSERT", ";INSERT")
        found |= {f"function.{row['proname']} {table}" for table in unbound(text, catalogue)}
    allowed = {line.strip() for lines in EXCEPTIONS.values() for line in lines.strip().splitlines()}
    assert found - allowed == set(), "name the organization"
    assert allowed - found == set(), "these exceptions are of no use any more"


@pytest.mark.parametrize("columns", [["port"], ["name"], ["smtp_password"], list(smtp_monitor_updates.UPDATABLE)])
def test_patches_name_the_organization(catalogue: Catalogue, columns: list[str]) -> None:
    for version, kept, masked, alone in product((17, 18), *[(False, True)] * 3):
        statement, _ = smtp_monitor_updates.update_statement(
            frozenset(columns), version, kept=kept, masked=masked, alone=alone
        )
        assert "smtp_monitors" in {reference.table for reference in references(statement, catalogue)}
        assert unbound(statement, catalogue) == set()


@pytest.mark.parametrize("customers", [None, (10,), tuple(range(10, 40))])
@pytest.mark.parametrize(
    "asked", [{}, {"status": "disabled"}, {"states": ("down", "up")}, {"sort": "state"}, {"sort": "name"}], ids=str
)
@pytest.mark.parametrize("search", [None, "smtp", "Example customer"])
@pytest.mark.parametrize("window", [Window(10), Window(10, offset=2000), Window(10, after=(1, 5))])
async def test_lists_name_the_organization(
    db: asyncpg.Connection,
    catalogue: Catalogue,
    customers: tuple[int, ...] | None,
    asked: dict[str, Any],
    search: str | None,
    window: Window,
) -> None:
    ran: list[str] = []
    with db.query_logger(lambda query: ran.append(query.query)):
        await smtp_monitor_lists.select_page(db, Reach(1, customers), Filters(search=search, **asked), window)
        await asyncio.sleep(0)  # the logger is called in the next turn of the loop
    whole = [text for text in ran if "TABLESAMPLE" not in text]  # that of look_for() is judged above
    found = set[str]().union(*(unbound(text, catalogue) for text in whole))
    assert whole
    assert found <= {"unindexed_smtp_monitors"}  # as UNINDEXED and can_be_used()


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SELECT 1 FROM users WHERE organization_id = $1", set()),
        ("SELECT 1 FROM users WHERE id = $1", {"users"}),
        ("SELECT organization_id FROM users WHERE id = $1 ORDER BY organization_id", {"users"}),
        ("SELECT 1 FROM users WHERE organization_id = $1 OR id = $2", {"users"}),
        ("SELECT 1 FROM users WHERE organization_id = $1 AND id = $2 OR id = $3", {"users"}),
        ("SELECT 1 FROM users WHERE (organization_id = $1 AND id = $2 OR id = $3)", {"users"}),
        ("SELECT 1 FROM users WHERE (organization_id = $1 AND id = $2) AND (id = $3 OR id = $4)", set()),
        ("SELECT 1 FROM users WHERE CASE WHEN id = $2 AND organization_id = $1 THEN true ELSE true END", {"users"}),
        ("SELECT 1 FROM users WHERE NOT organization_id = $1", {"users"}),
        ("SELECT 1 FROM users WHERE organization_id <> $1", {"users"}),
        ("SELECT 1 FROM users WHERE ($2::bigint IS NULL OR organization_id = $2)", {"users"}),
        ("SELECT 1 FROM users WHERE ($1::bigint IS NULL OR organization_id = $1)", set()),
        ("SELECT 1 FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.organization_id = $1", {"sessions"}),
        ("SELECT 1 FROM users u JOIN sessions s ON s.organization_id = u.organization_id", {"users", "sessions"}),
        (
            "SELECT 1 FROM users u, sessions s WHERE s.organization_id = u.organization_id AND u.organization_id = 1",
            set(),
        ),
        ("SELECT 1 FROM logins JOIN users USING (organization_id, email) WHERE organization_id = $1", set()),
        ("SELECT 1 FROM logins JOIN users USING (organization_id, email)", {"logins", "users"}),
        ("SELECT 1 FROM logins JOIN users USING (email) WHERE logins.organization_id = $1", {"users"}),
        ("SELECT 1 WHERE EXISTS (SELECT FROM users WHERE id = $1) AND organization_id = $1", {"users"}),
        ("SELECT 1 FROM users WHERE organization_id = $1 UNION SELECT 1 FROM users", {"users"}),
        ("DELETE FROM users WHERE ctid = ANY(ARRAY(SELECT ctid FROM users WHERE organization_id = $1))", set()),
        ("DELETE FROM users WHERE ctid = ANY(ARRAY(SELECT ctid FROM users WHERE id = $1))", {"users"}),
        ("DELETE FROM users WHERE ctid = ANY(ARRAY(SELECT ctid FROM logins WHERE organization_id = $1))", {"users"}),
        ("UPDATE users u SET name = $2 FROM k WHERE (u.organization_id, u.id) = (k.organization_id, k.id)", set()),
        ("UPDATE users SET organization_id = $1 WHERE id = $2", {"users"}),
        ("INSERT INTO webhooks VALUES ($1, $2, $3)", {"webhooks"}),
        (
            "INSERT INTO webhooks (organization_id, url) VALUES ($1, $2) ON CONFLICT (url) DO UPDATE SET url = $2",
            {"webhooks"},
        ),
        ("INSERT INTO webhooks (organization_id, url) SELECT 1, url FROM webhooks WHERE url = $1", {"webhooks"}),
        ("TRUNCATE users", {"users"}),
        (f"SELECT 1 FROM {HOLE} WHERE id = $1", {"?"}),
        ("SELECT 1 FROM locations WHERE id = $1", set()),
    ],
)
def test_what_names_no_organization_is_found(catalogue: Catalogue, text: str, tables: set[str]) -> None:
    assert unbound(text, catalogue) == tables


async def test_changes_of_one_organization_can_be_replicated(db: asyncpg.Connection, catalogue: Catalogue) -> None:
    """PostgreSQL refuses changes if the replica identity does not have the column of a publication's row filter."""
    transaction = db.transaction()
    await transaction.start()
    tables = ", ".join(f"{table} WHERE ({column} = 1)" for table, column in catalogue.columns.items())
    await db.execute(f"CREATE PUBLICATION one FOR TABLE {tables} WITH (publish_via_partition_root)")
    day = date(2026, 1, 1)
    await partitions.ensure(db, {day})
    parts = {(await partitions.select(db, table))[day]: "organization_id" for table in partitions.TABLES}
    for table, column in {**catalogue.columns, **parts}.items():
        await db.execute(f"UPDATE {table} SET {column} = {column} WHERE false")
        await db.execute(f"DELETE FROM {table} WHERE false")
    with pytest.raises(asyncpg.InvalidColumnReferenceError):
        await db.execute("ALTER TABLE webhooks REPLICA IDENTITY NOTHING; DELETE FROM webhooks WHERE false")
    await transaction.rollback()


async def test_ids_of_tenants_rows_have_room_for_the_number_of_a_cell(
    db: asyncpg.Connection, catalogue: Catalogue
) -> None:
    query = """
        SELECT refobjid::regclass::text AS "table", seqtypid::regtype::text AS type
          FROM pg_sequence
          JOIN pg_depend ON objid = seqrelid
         WHERE classid = 'pg_class'::regclass
           AND refclassid = 'pg_class'::regclass
           AND deptype IN ('a', 'i')
           AND refobjid::regclass::text = ANY($1)
    """
    rows = await db.fetch(query, list(catalogue.columns))
    assert {"organizations", "smtp_monitors"} < {row["table"] for row in rows}
    assert {row["table"]: row["type"] for row in rows} == {row["table"]: "bigint" for row in rows}
