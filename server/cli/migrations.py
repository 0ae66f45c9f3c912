"""Migrations: yoyo runs them, over psycopg."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from psycopg import conninfo
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"


def known() -> set[str]:
    return {path.stem for path in MIGRATIONS.glob("*.sql") if not path.name.endswith(".rollback.sql")}


def migrate(dsn: str, report: Callable[[str], None] = lambda _: None) -> list[str]:
    """Apply what is missing, each in its own transaction; the ids of what was applied, reported one by one."""
    with _backend(dsn) as backend:
        pending = backend.to_apply(read_migrations(str(MIGRATIONS)))
        for migration in pending:
            backend.apply_one(migration)
            report(migration.id)
        return [migration.id for migration in pending]


def roll_back(dsn: str) -> None:
    """Undo everything."""
    with _backend(dsn) as backend:
        backend.rollback_migrations(backend.to_rollback(read_migrations(str(MIGRATIONS))))


@contextlib.contextmanager
def _backend(dsn: str) -> Iterator[PostgresqlPsycopgBackend]:
    """Connected and locked. Yoyo's own URL parser knows one host; libpq's knows several."""
    arguments = conninfo.conninfo_to_dict(dsn)
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, str(arguments.get("dbname", "")), arguments)
    backend = PostgresqlPsycopgBackend(uri, "_yoyo_migration")
    try:
        backend.init_database()
        with backend.lock():
            yield backend
    finally:
        backend.connection.close()
