"""What an organization has after 90 days: customers, monitors in every state, outages, and their history in sums.

The engine's own statements sum the history up, so that nothing here has to know how.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import asyncpg

import sql

DAYS = 90
INTERVAL = 300
# customer, its domain, and its monitors: what comes before the domain, a port, milliseconds that an answer takes
CUSTOMERS = [
    ("Hanse Logistik", "hanse-logistik.example", [("mx1", 25, 180), ("mx2", 25, 210), ("submission", 587, 240)]),
    ("Klinikum Süd", "klinikum-sued.example", [("mx", 25, 95), ("relay", 465, 130), ("befunde", 587, 160)]),
    ("Stadtwerke Auental", "auental.example", [("smtp", 587, 320), ("rechnungen", 25, 410), ("stoerung", 25, 120)]),
    ("Möbelhaus Ahorn", "ahorn-moebel.example", [("mail", 25, 260), ("shop", 587, 280)]),
    ("Kanzlei Brandt & Öztürk", "brandt-oeztuerk.example", [("smtp", 465, 150), ("archiv", 25, 190)]),
    ("Nordlicht Hotels", "nordlicht.example", [("mx1", 25, 220), ("mx2", 25, 225), ("buchung", 587, 300)]),
    ("Verlag Kiesel", "kiesel.example", [("newsletter", 587, 520), ("redaktion", 25, 170)]),
]
# the public id of the first monitor
SLUG = "hanse-logistik"
MONITOR, MONITOR_HOST = "77777777-7777-4777-8777-777777777777", "mx1.hanse-logistik.example"
# host, how long ago it began and ended (None: it has not), phase, code, what the server said
OUTAGES = [
    (MONITOR_HOST, timedelta(minutes=23), None, "connect", "timeout", ""),
    ("befunde.klinikum-sued.example", timedelta(hours=2), None, "auth", "auth_rejected", "535 5.7.8 Bad credentials"),
    ("newsletter.kiesel.example", timedelta(minutes=4), None, "connect", "connect_refused", ""),
    (MONITOR_HOST, timedelta(days=9), timedelta(days=8, hours=19), "connect", "connect_refused", ""),
    (MONITOR_HOST, timedelta(days=41), timedelta(days=40, hours=12), "dns", "dns_failed", ""),
    (MONITOR_HOST, timedelta(hours=20), timedelta(hours=18), "greeting", "greeting_temporary", "421"),
    ("rechnungen.auental.example", timedelta(days=3), timedelta(days=2), "starttls", "tls_certificate_expired", ""),
]
WARNED, PAUSED, SILENT = "relay.klinikum-sued.example", "archiv.brandt-oeztuerk.example", "mx2.nordlicht.example"


def load(url: str) -> None:
    """Into organization 1 of the demo data; whatever loop this thread runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _load(url)).result()


async def _load(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        today = datetime.now(UTC).date()
        await sql.partitions.ensure(connection, {today - timedelta(days=n) for n in range(DAYS + 1)})
        async with connection.transaction():
            await _insert(connection)
            await connection.execute("UPDATE smtp_check_rollups SET rolled_up_to = $1", _ago(days=DAYS))
            await sql.smtp_check_rollups.roll_up(connection)
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection) -> None:
    await connection.execute(TABLES)
    for name, domain, monitors in CUSTOMERS:
        customer = await sql.customers.insert(connection, 1, name)
        rows = [(f"{name}: {host}", f"{host}.{domain}", port, customer["id"], ms) for host, port, ms in monitors]
        await connection.executemany("INSERT INTO showcase VALUES ($1, $2, $3, $4, $5)", rows)
    for host, begun, ended, *what in OUTAGES:
        times = [None if ago is None else datetime.now(UTC) - ago for ago in (begun, ended)]
        await connection.execute("INSERT INTO outages VALUES ($1, $2, $3, $4, $5, $6)", host, *times, *what)
    for statement in STATEMENTS:
        await connection.execute(statement)
    await connection.execute("UPDATE smtp_monitors SET status = 'disabled' WHERE hostname = $1", PAUSED)
    await connection.execute(WARNING, WARNED)
    await connection.execute(WINDOW, SILENT)
    await connection.execute(STATUS_PAGE)


def _ago(**time: float) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(**time)


TABLES = """
    CREATE TEMPORARY TABLE showcase (name text, host text, port integer, customer_id bigint, ms real) ON COMMIT DROP;
    CREATE TEMPORARY TABLE outages (host text, since timestamptz, until timestamptz, phase text, code text, reply text)
        ON COMMIT DROP
"""
STATEMENTS = [
    f"""
    INSERT INTO smtp_monitors (organization_id, public_id, customer_id, name, hostname, port, check_interval,
                               timeout_seconds, notification_email, created_at, updated_at)
    SELECT 1, CASE host WHEN '{MONITOR_HOST}' THEN '{MONITOR}' ELSE gen_random_uuid() END,
           customer_id, name, host, port, {INTERVAL}, 10, 'betrieb@example.com',
           now() - interval '{DAYS} days', now() - interval '{DAYS} days'
      FROM showcase
    """,
    # every five minutes of two days, every hour before them; slower by day, and a little by chance
    f"""
    INSERT INTO smtp_checks (organization_id, smtp_monitor_id, checked_at, location_id, verdict, phase, code, detail,
                             reply_code, reply_text, hostname, address, port, dns_ms, connect_ms, greeting_ms, ehlo_ms,
                             starttls_ms, tls_ms, quit_ms, total_ms)
    SELECT 1, m.id, t, l.id, CASE WHEN o.host IS NULL THEN 'success' ELSE 'failure' END, coalesce(o.phase, 'quit'),
           coalesce(o.code, 'ok'), '', CASE WHEN o.host IS NULL THEN 221 END, o.reply, m.hostname, '192.0.2.25', m.port,
           0.08 * took, 0.15 * took, 0.12 * took, 0.1 * took, CASE WHEN m.port <> 465 THEN 0.15 * took END,
           0.3 * took, 0.1 * took, took
      FROM smtp_monitors m
      JOIN showcase s ON s.host = m.hostname
     CROSS JOIN (SELECT min(id) AS id FROM locations) AS l
     CROSS JOIN (SELECT generate_series(now() - interval '2 days', now(), interval '{INTERVAL} seconds')
                  UNION ALL
                 SELECT generate_series(now() - interval '{DAYS - 1} days', now() - interval '49 hours', interval '1 h')
                ) AS times (t)
     CROSS JOIN LATERAL (
           SELECT s.ms * (1 + 0.2 * sin(extract(epoch FROM t) / 13751) + (hashtext(m.id || t::text) & 255) / 700.0)
          ) AS c (took)
      LEFT JOIN outages o ON o.host = m.hostname AND t >= o.since AND (o.until IS NULL OR t < o.until)
    """,
    """
    INSERT INTO incidents (organization_id, smtp_monitor_id, opened_at, closed_at, close_reason, phase, code, detail,
                           location_codes)
    SELECT 1, m.id, o.since, o.until, CASE WHEN o.until IS NOT NULL THEN 'recovered' END, o.phase, o.code, o.reply,
           ARRAY[(SELECT min(code) FROM locations)]
      FROM outages o
      JOIN smtp_monitors m ON m.hostname = o.host
    """,
    """
    WITH a AS (
        INSERT INTO alerts (organization_id, smtp_monitor_id, incident_id, kind, occasion, channel, recipient, facts,
                            state, attempts, created_at, ended_at)
        SELECT 1, smtp_monitor_id, id, 'incident_opened', 'opened ' || id, 'email', 'betrieb@example.com', '{}',
               'delivered', 2, opened_at, opened_at + interval '1 minute'
          FROM incidents
        RETURNING id, created_at
    )
    INSERT INTO alert_attempts (organization_id, alert_id, number, ended_at, delivered, detail)
    SELECT 1, a.id, n, a.created_at + n * interval '20 s', n = 2, CASE n WHEN 1 THEN '451 try again' ELSE '' END
      FROM a
     CROSS JOIN generate_series(1, 2) AS n
    """,
    # nobody checks them again today
    """
    UPDATE smtp_monitor_locations l
       SET due_at = now() + interval '1 day', checked_at = now(), successes = 9, verdict = 'success'
      FROM smtp_monitors m
      JOIN showcase s ON s.host = m.hostname
     WHERE l.organization_id = m.organization_id AND l.smtp_monitor_id = m.id
    """,
    """
    UPDATE smtp_monitor_locations l
       SET verdict = 'failure', phase = o.phase, code = o.code, detail = o.reply, failures = 9, successes = 0
      FROM smtp_monitors m
      JOIN outages o ON o.host = m.hostname AND o.until IS NULL
     WHERE l.organization_id = m.organization_id AND l.smtp_monitor_id = m.id
    """,
    """
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, last_checked_at, state, state_since)
    SELECT 1, m.id, now(), CASE WHEN o.host IS NULL THEN 'up' ELSE 'down' END,
           coalesce(o.since, now() - interval '60 days')
      FROM smtp_monitors m
      JOIN showcase s ON s.host = m.hostname
      LEFT JOIN outages o ON o.host = m.hostname AND o.until IS NULL
        ON CONFLICT (organization_id, smtp_monitor_id) DO UPDATE
       SET last_checked_at = excluded.last_checked_at, state = excluded.state, state_since = excluded.state_since
    """,
]
WARNING = """
    WITH warned AS (
        UPDATE smtp_monitor_locations l
           SET verdict = 'warning', phase = 'starttls', code = 'certificate_expires_soon'
          FROM smtp_monitors m
         WHERE m.hostname = $1 AND l.organization_id = m.organization_id AND l.smtp_monitor_id = m.id
        RETURNING l.organization_id, l.smtp_monitor_id
    )
    UPDATE smtp_monitor_states s
       SET state = 'warning', state_since = now() - interval '5 hours'
      FROM warned w
     WHERE s.organization_id = w.organization_id AND s.smtp_monitor_id = w.smtp_monitor_id
"""
WINDOW = """
    INSERT INTO maintenance_windows (organization_id, smtp_monitor_id, name, starts_at, ends_at)
    SELECT organization_id, id, 'Umzug des Servers', now() - interval '10 minutes', now() + interval '2 hours'
      FROM smtp_monitors
     WHERE hostname = $1
"""
# of a customer, with a message of each kind
STATUS_PAGE = f"""
    INSERT INTO status_page_slugs VALUES ('{SLUG}', 1);
    WITH page AS (
        INSERT INTO status_pages (organization_id, customer_id, slug, title, description, language, visibility,
                                  shows_response_times)
        SELECT 1, id, '{SLUG}', 'E-Mail der Hanse Logistik', 'Empfang und Versand, geprüft alle fünf Minuten.',
               'de', 'public', true
          FROM customers
         WHERE organization_id = 1 AND name = 'Hanse Logistik'
        RETURNING id, customer_id
    ), shown AS (
        INSERT INTO status_page_smtp_monitors
        SELECT 1, page.id, m.id, m.id, CASE m.port WHEN 587 THEN 'Versand' ELSE 'Empfang ' || right(m.name, 1) END
          FROM page
          JOIN smtp_monitors m ON m.organization_id = 1 AND m.customer_id = page.customer_id
    )
    INSERT INTO status_page_messages (organization_id, status_page_id, kind, title, body, starts_at, ends_at, updates)
    SELECT 1, id, kind, title, body, now() - ago, now() - ago + lasts,
           jsonb_build_array(jsonb_build_object('at', now() - ago + interval '10 minutes', 'body', later))
      FROM page
     CROSS JOIN (VALUES
           ('incident', 'Empfang 1 antwortet nicht', 'Mails kommen über den zweiten Server an, etwas später als sonst.',
            'Der Rechenzentrumsbetreiber tauscht ein Netzteil.', interval '20 minutes', NULL),
           ('maintenance', 'Neue Zertifikate', 'Alle Server bekommen neue Zertifikate.', 'Fertig.',
            interval '12 days', interval '1 hour')
          ) AS said (kind, title, body, later, ago, lasts)
"""
