"""The demo data: the reference page's own monitor, and a second organization to be a stranger in."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

from sql import locations, users

MONITOR = UUID("33333333-3333-4333-8333-333333333333")
USERS = {
    "admin@example.com": ("Admin", "admin", None),
    "user@example.com": ("User", "user", None),
    "readonly@example.com": ("Readonly", "readonly", None),
    "supporter@example.com": ("Supporter", "user", "supporter"),
    "globaladmin@example.com": ("Global admin", "user", "admin"),
    "stranger@example.org": ("Stranger", "admin", None),
}


async def insert(connection: asyncpg.Connection, password_hashes: Mapping[str, str], smtp_password: bytes) -> None:
    """Load it in one transaction; *password_hashes* by e-mail address, *smtp_password* encrypted."""
    async with connection.transaction():
        await connection.execute("""
            INSERT INTO organizations (id, name) VALUES (1, 'Example'), (2, 'Stranger');
            INSERT INTO customers (organization_id, id, name)
            VALUES (1, 10, 'Example customer'), (1, 11, 'Other customer'), (2, 20, 'Stranger''s customer');
            SELECT setval(pg_get_serial_sequence('organizations', 'id'), 2),
                   setval(pg_get_serial_sequence('customers', 'id'), 20);
        """)
        for email, (name, role, global_role) in USERS.items():
            await users.insert(
                connection,
                1 if email.endswith("@example.com") else 2,
                email=email,
                password_hash=password_hashes[email],
                name=name,
                role=role,
                global_role=global_role,
            )
        query = """
            INSERT INTO smtp_monitors (organization_id, customer_id, id, public_id, name, hostname, port, status,
                                       smtp_config, smtp_password, created_at, updated_at)
            VALUES (1, 10, 200, $1, 'Outbound SMTP (Primary)', 'smtp.example.com', 587, 'disabled', $2, $3,
                    '2026-01-01T12:00:00Z', '2026-01-01T12:00:00Z')
        """
        config = '{"secure":false,"requireTls":true,"auth":{"user":"username","pass":null}}'
        await connection.execute(query, MONITOR, config, smtp_password)
        await connection.execute("""
            INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, last_checked_at)
            VALUES (1, 200, '2026-01-01T12:00:00Z');
            SELECT setval(pg_get_serial_sequence('smtp_monitors', 'id'), 200);
        """)


async def insert_watched(connection: asyncpg.Connection, *, port: int) -> None:
    """A location, and a monitor of the SMTP server that the demo itself can start and stop."""
    await locations.insert(connection, "de-nbg", name="Nürnberg", country="DE")
    query = """
        INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, check_interval,
                                   timeout_seconds, notification_email)
        VALUES (1, 10, 'Demo SMTP', '127.0.0.1', $1, 10, 5, 'ops@example.com')
    """
    await connection.execute(query, port)
