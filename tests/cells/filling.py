"""An organization with a row in each table that it can have rows in."""

from uuid import UUID

import asyncpg

import sql


async def fill(db: asyncpg.Connection, name: str, monitors: int) -> tuple[int, list[UUID]]:
    """An organization with monitors, and a row in most of the tables that it can have rows in."""
    organization_id: int = (await sql.organizations.insert(db, {"name": name}))["id"]
    await db.execute("UPDATE organizations SET max_smtp_monitors = 1000000 WHERE id = $1", organization_id)
    customer_id = (await sql.customers.insert(db, organization_id, "First"))["id"]
    await db.execute(MONITORS, organization_id, customer_id, monitors)
    rows = await db.fetch("SELECT public_id FROM smtp_monitors WHERE organization_id = $1 ORDER BY id", organization_id)
    email = f"{name.lower()}@example.com"
    user = await sql.users.insert(
        db, organization_id, email=email, password_hash="$argon2id$no", name=name, role="admin"
    )
    for statement in REST:
        await db.execute(statement, organization_id, user["id"])
    return organization_id, [row["public_id"] for row in rows]


MONITORS = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, notification_email)
    SELECT $1, $2, 'Monitor ' || n, 'mail-' || n || '.example.com', 'team@example.com' FROM generate_series(1, $3) AS n
"""
# $1 is the organization, $2 its user; every statement names both
REST = (
    "INSERT INTO sessions (organization_id, id, user_id, expires_at) VALUES ($1, gen_random_uuid(), $2, 'infinity')",
    "INSERT INTO sessions (organization_id, id, user_id, expires_at, name) VALUES ($1, gen_random_uuid(), $2,"
    " 'infinity', 'token')",
    "INSERT INTO second_factors (organization_id, user_id, secret, confirmed_at) VALUES ($1, $2, 'secret', now())",
    "INSERT INTO recovery_codes VALUES ($1, $2, 'hash')",
    "INSERT INTO idempotency_keys (organization_id, user_id, key, fingerprint, answer) VALUES ($1, $2, 'k', 'f', '{}')",
    "INSERT INTO webhooks (organization_id, url, secret) SELECT $1, 'https://example.com', 'secret' WHERE $2 > 0",
    "INSERT INTO audit_events (organization_id, address, action, resource, actor_id)"
    " VALUES ($1, '192.0.2.1', 'created', 'user', $2)",
    "INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at)"
    " SELECT $1, 'Night', now(), now() + interval '1 hour' WHERE $2 > 0",
    """
    WITH page AS (
        INSERT INTO status_pages (organization_id, slug, title)
        SELECT $1, format('page-%s', $1::bigint), 'Page' WHERE $2 > 0
        RETURNING *
    ), shown AS (
        INSERT INTO status_page_smtp_monitors
        SELECT page.organization_id, page.id, m.id, 1, 'Mail'
          FROM page
          JOIN smtp_monitors m ON m.organization_id = $1
         ORDER BY m.id
         LIMIT 1
    )
    INSERT INTO status_page_messages (organization_id, status_page_id, kind, title, body)
    SELECT organization_id, id, 'info', 'Hello', 'All is well.' FROM page
    """,
    """
    WITH monitor AS (
        SELECT * FROM smtp_monitors WHERE organization_id = $1 AND $2 > 0 ORDER BY id LIMIT 1
    ), state AS (
        INSERT INTO smtp_monitor_states SELECT organization_id, id, now(), 'down' FROM monitor
    ), sighting AS (
        INSERT INTO smtp_monitor_sightings
        SELECT m.organization_id, m.id, l.id, 'capabilities', now(), '["STARTTLS"]' FROM monitor m, locations l
    ), incident AS (
        INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes, acknowledged_at,
                               acknowledged_by, acknowledge_reason)
        SELECT organization_id, id, 'connect', 'timeout', '', '{de-nbg}', now(), '{}', 'known' FROM monitor
        RETURNING *
    ), alert AS (
        INSERT INTO alerts (organization_id, smtp_monitor_id, incident_id, kind, occasion, channel, recipient, facts,
                            attempts, next_attempt_at)
        SELECT organization_id, smtp_monitor_id, id, 'incident_opened', 'o', 'email', 'a@example.com', '{}', 1,
               now() + interval '1 hour'
          FROM incident
        RETURNING *
    ), attempt AS (
        INSERT INTO alert_attempts (organization_id, alert_id, number, delivered, detail)
        SELECT organization_id, id, 1, false, 'refused' FROM alert
    ), result AS (
        INSERT INTO smtp_checks (organization_id, smtp_monitor_id, checked_at, location_id, verdict, phase, code,
                                 detail, hostname, port, total_ms)
        SELECT organization_id, id, now(), 1, 'success', 'quit', 'ok', '', hostname, 25, 12 FROM monitor
    ), hour AS (
        INSERT INTO smtp_check_hours
        SELECT organization_id, id, date_trunc('hour', now()), 1, 0, 0, 1, 12, 12, 12 FROM monitor
    )
    INSERT INTO smtp_check_days
    SELECT organization_id, id, date_trunc('day', now()), 1, 0, 0, 1, 12, 12, 12 FROM monitor
    """,
)
