"""Migrations: yoyo runs them, over psycopg."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import conninfo
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration, MigrationList

from server.cli import migration_files


def migrate(dsn: str, report: Callable[[str], None] = lambda _: None) -> list[str]:
    """Apply what is missing, each in its own transaction; the ids of what was applied, reported one by one."""
    with _backend(dsn) as backend:
        pending = backend.to_apply(_read())
        for migration in pending:
            backend.apply_one(migration)
            report(migration.id)
        return [migration.id for migration in pending]


def roll_back(dsn: str, last: int = 0, report: Callable[[str], None] = lambda _: None) -> None:
    """Undo, the newest first, every migration whose number is greater than *last*."""
    with _backend(dsn) as backend:
        for migration in backend.to_rollback(_read()):
            if int(migration.id.partition("_")[0]) > last:
                backend.rollback_one(migration)
                report(migration.id)


def _read() -> MigrationList:
    migration_files.known()  # for what it refuses
    return read_migrations(str(migration_files.FOLDER))


# a migration is for the host that can be written to, and a silent host must not keep it from the others
MIGRATING = {"connect_timeout": 5, "target_session_attrs": "read-write"}


class Backend(PostgresqlPsycopgBackend):
    """Yoyo's, but whoever is killed leaves no lock, and of a migration all or nothing.

    Yoyo records a migration in another transaction than its own, and its lock is a row.
    """

    @contextlib.contextmanager
    def lock(self, timeout: float = 0) -> Iterator[None]:
        """Wait until no other migrates. The lock ends with the connection."""
        self.execute("SELECT pg_advisory_lock(hashtext('smtp-monitors migrations'))")
        try:
            yield
        finally:
            self.execute("SELECT pg_advisory_unlock(hashtext('smtp-monitors migrations'))")

    def apply_one(self, migration: Migration) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply")
            self.log_migration(migration, "apply")
            self.mark_one(migration, log=False)

    def rollback_one(self, migration: Migration) -> None:
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "rollback")
            self.log_migration(migration, "rollback")
            self.unmark_one(migration, log=False)


# Only a superuser may make a function with this, and who owns a database need not be one. 0031 makes it anew.
SUPERUSERS_ALONE = "SET smtp_monitors.purges_audit = 'on'"


class Cursor(psycopg.Cursor[Any]):
    """Leaves out what a migration that has landed should not have asked for."""

    def execute(self, query: Any, *arguments: Any, **options: Any) -> "Cursor":
        if isinstance(query, str):
            query = query.replace(SUPERUSERS_ALONE, "")
        super().execute(query, *arguments, **options)
        return self


@contextlib.contextmanager
def _backend(dsn: str) -> Iterator[Backend]:
    """Connected and locked. Yoyo's own URL parser knows one host; libpq's knows several."""
    arguments = {**MIGRATING, **conninfo.conninfo_to_dict(dsn)}
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, str(arguments.get("dbname", "")), arguments)
    backend = Backend(uri, "_yoyo_migration")
    backend.connection.cursor_factory = Cursor
    try:
        with backend.lock():
            yield backend
    finally:
        backend.connection.close()
