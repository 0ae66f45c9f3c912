"""The statements that insert the showcase, and the times and names in them."""

DAYS = 90
INTERVAL = 300
# the public id of the monitor that is shown
MONITOR, MONITOR_HOST = "77777777-7777-4777-8777-777777777777", "mx1.hanse-logistik.example"

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
    WITH silent AS (
        INSERT INTO maintenance_windows (organization_id, smtp_monitor_id, name, starts_at, ends_at)
        SELECT organization_id, id, 'Umzug des Servers', now() - interval '10 minutes', now() + interval '2 hours'
          FROM smtp_monitors
         WHERE hostname = $1
        RETURNING *
    )
    UPDATE smtp_monitor_states s
       SET state = 'maintenance', state_since = w.starts_at
      FROM silent w
     WHERE s.organization_id = w.organization_id AND s.smtp_monitor_id = w.smtp_monitor_id
"""
