"""What is kept for a time is purged afterwards: by age, in small steps, without waiting for anybody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

import sql
from server.agent import retention
from server.agent.retention import Retention
from server.cli.environment import ConfigError, Environment
from server.cli.settings import read_retention
from sql.connection import create_pool
from tests.conftest import Api
from tests.fleet.engine import agent_config, eventually, running, stationed

# what makes a row that is over for so long, and counts them; kept for how long by default
KINDS = {
    "sessions": (
        "INSERT INTO sessions SELECT 1, gen_random_uuid(), id, now(), now() - $1::interval FROM users LIMIT 1",
        "sessions WHERE expires_at < now()",
        0,
    ),
    "idempotency_keys": (
        "INSERT INTO idempotency_keys (organization_id, user_id, key, fingerprint, created_at) "
        "SELECT 1, min(id), $1::text, '', now() - $1::interval FROM users WHERE organization_id = 1",
        "idempotency_keys",
        1,
    ),
    "login_attempts": (
        "INSERT INTO login_attempts (email, source, attempted_at) VALUES ('', '', now() - $1::interval)",
        "login_attempts",
        1,
    ),
    "audit": (
        "INSERT INTO audit_events (organization_id, happened_at, address, action, resource) "
        "VALUES (1, now() - $1::interval, '', 'created', 'user')",
        "audit_events",
        400,
    ),
    "changes": (
        "INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address) "
        "VALUES (1, 200, 10000 - extract(epoch FROM $1::interval) / 3600, now() - $1::interval, '{}', '')",
        "smtp_monitor_changes",
        400,
    ),
    "incidents": (
        "INSERT INTO incidents (organization_id, smtp_monitor_id, opened_at, closed_at, close_reason, phase, code, "
        "detail, location_codes) VALUES (1, 200, now() - interval '9999 d', now() - $1::interval, 'recovered', '', '', "
        "'', '{}')",
        "incidents",
        400,
    ),
    "alerts": (
        "WITH a AS (INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts, "
        "state, ended_at) VALUES (1, 200, 'incident_opened', $1::text, 'email', '', '{}', 'delivered', "
        "now() - $1::interval) RETURNING id) INSERT INTO alert_attempts SELECT 1, id, 1, now(), true, '' FROM a",
        "alerts JOIN alert_attempts ON alert_id = id",
        400,
    ),
    "windows": (
        "INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at) "
        "VALUES (1, 'x', now() - $1::interval - interval '1 h', now() - $1::interval)",
        "maintenance_windows",
        400,
    ),
    "daily_results": (
        "INSERT INTO smtp_check_days VALUES (1, 200, now() - $1::interval, 1, 0, 0, 1, 1, 1, 1)",
        "smtp_check_days",
        400,
    ),
}


@pytest.fixture
async def pool(api: Api) -> AsyncIterator[asyncpg.Pool]:
    pool = await create_pool(api.config.database_url)
    yield pool
    await pool.execute("TRUNCATE smtp_check_days")
    await pool.close()


async def count(db: asyncpg.Connection, kind: str) -> int:
    return int(await db.fetchval(f"SELECT count(*) FROM {KINDS[kind][1]}"))


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_over_for_longer_than_it_is_kept_is_purged(api: Api, pool: asyncpg.Pool, kind: str) -> None:
    insert, _, days = KINDS[kind]
    assert getattr(Retention(), kind) == days
    for age in (1, 5 * 24 - 1, 5 * 24 + 1, 401 * 24):
        await api.db.execute(insert.replace("$1", f"'{age} h'"))
    await retention.purge(pool, replace(Retention(), **{kind: 5}))
    assert await count(api.db, kind) == 2
    await retention.purge(pool, replace(Retention(), **{kind: 1}))
    assert await count(api.db, kind) == 1


async def test_what_is_not_over_stays(api: Api, pool: asyncpg.Pool) -> None:
    await api.db.execute("""
        INSERT INTO incidents (organization_id, smtp_monitor_id, opened_at, phase, code, detail, location_codes)
        VALUES (1, 200, now() - interval '9999 d', '', '', '', '{}');
        INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts, created_at)
        VALUES (1, 200, 'incident_opened', '', 'email', '', '{}', now() - interval '9999 d');
        INSERT INTO maintenance_windows (organization_id, name, starts_at, ends_at, repeat, repeat_until)
        VALUES (1, 'for ever', now() - interval '9999 d', now() - interval '9998 d', 'weekly', NULL),
               (1, 'for long', now() - interval '9999 d', now() - interval '9998 d', 'weekly', now() + interval '1 d'),
               (1, 'over', now() - interval '9999 d', now() - interval '9998 d', 'weekly', now() - interval '9000 d');
    """)
    token = await api.call("POST", "/api/tokens", json={"name": "never ends", "expiresInDays": None})
    await retention.purge(pool, Retention())
    for table in ("incidents", "alerts"):
        assert await api.db.fetchval(f"SELECT count(*) FROM {table}") == 1
    names = await api.db.fetch("SELECT name FROM maintenance_windows ORDER BY id")
    assert [row["name"] for row in names] == ["for ever", "for long"]
    assert token.status == 201
    assert await api.db.fetchval("SELECT count(*) FROM sessions WHERE name IS NOT NULL") == 1


async def test_a_step_removes_so_many_rows_and_waits_for_nobody(api: Api, pool: asyncpg.Pool) -> None:
    step = sql.retention.KINDS["sessions"].step
    query = """
        INSERT INTO sessions (organization_id, id, user_id, expires_at)
        SELECT 1, gen_random_uuid(), min(u.id), now() - interval '1 d' FROM users u, generate_series(1, $1) AS n
         WHERE u.organization_id = 1 GROUP BY n
    """
    await api.db.execute(query, 2 * step + 10)
    async with api.db.transaction():
        await api.db.execute("SELECT FROM sessions WHERE expires_at < now() LIMIT 3 FOR UPDATE")
        assert await sql.retention.purge(pool, kind="sessions", days=0)
        assert await count(api.db, "sessions") == step + 10
        await retention.purge(pool, Retention())
        assert await count(api.db, "sessions") == 3
    await retention.purge(pool, Retention())
    assert await count(api.db, "sessions") == 0


async def test_the_old_changes_of_each_monitor_are_purged_in_steps(api: Api, pool: asyncpg.Pool) -> None:
    """Also of monitors that are gone; a monitor of young changes alone costs one look."""
    await api.db.execute("""
        INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address)
        SELECT o, m, v, now() - (401 - v) * interval '1 day', '{}', ''
          FROM generate_series(1, 2) AS o, generate_series(1, 30) AS m, generate_series(1, 60) AS v
         WHERE m < 20 OR v > 30
    """)
    steps = 0
    position: tuple[int, int] | None = (0, 0)
    while position is not None:
        before = await count(api.db, "changes")
        position = await sql.retention.purge_changes(pool, position, days=371, monitors=7, limit=100)
        assert before - await count(api.db, "changes") <= 100
        steps += 1
    left = await api.db.fetch("SELECT min(version), count(*) FROM smtp_monitor_changes GROUP BY 1 > 0")
    assert [tuple(row) for row in left] == [(31, 2 * 30 * 30)]
    assert steps >= 2 * 19 * 30 // 100


async def test_an_agent_purges(api: Api) -> None:
    async with stationed(api.db, "de-nbg"):
        await api.db.execute(KINDS["alerts"][0].replace("$1", "'500 d'"))
        await api.db.execute(KINDS["changes"][0].replace("$1", "'500 d'"))
        async with running(agent_config(api.config)):

            async def purged() -> bool:
                return await count(api.db, "alerts") == await count(api.db, "changes") == 0

            await eventually(purged)


async def test_a_purge_that_fails_does_not_keep_the_others_from_theirs(
    api: Api, pool: asyncpg.Pool, caplog: pytest.LogCaptureFixture
) -> None:
    await api.db.execute(KINDS["idempotency_keys"][0].replace("$1", "'500 d'"))
    await api.db.execute(KINDS["sessions"][0].replace("$1", "'500 d'"))
    await api.db.execute("ALTER TABLE sessions RENAME COLUMN expires_at TO elsewhere")
    try:
        await retention.purge(pool, Retention())
    finally:
        await api.db.execute("ALTER TABLE sessions RENAME COLUMN elsewhere TO expires_at")
    assert await count(api.db, "idempotency_keys") == 0
    assert "sessions were not purged" in caplog.text


async def test_a_purge_ends_when_the_agent_is_to_stop(api: Api, pool: asyncpg.Pool) -> None:
    await api.db.execute(KINDS["sessions"][0].replace("$1", "'500 d'"))
    stopping = asyncio.Event()
    stopping.set()
    await retention.purge(pool, Retention(), stopping)
    assert await count(api.db, "sessions") == 1


def test_each_time_is_a_setting() -> None:
    names = {
        "RETENTION_DAYS": "results",
        "DAILY_RESULTS_RETENTION_DAYS": "daily_results",
        "CHANGES_RETENTION_DAYS": "changes",
        "AUDIT_RETENTION_DAYS": "audit",
        "INCIDENTS_RETENTION_DAYS": "incidents",
        "ALERTS_RETENTION_DAYS": "alerts",
        "WINDOWS_RETENTION_DAYS": "windows",
        "SESSIONS_RETENTION_DAYS": "sessions",
        "LOGIN_ATTEMPTS_RETENTION_DAYS": "login_attempts",
        "IDEMPOTENCY_KEYS_RETENTION_DAYS": "idempotency_keys",
    }
    assert read_retention(Environment({})) == Retention()
    assert set(names.values()) == set(Retention.__slots__)
    for name, field in names.items():
        assert read_retention(Environment({name: "77"})) == replace(Retention(), **{field: 77})
        with pytest.raises(ConfigError, match=name):
            read_retention(Environment({name: "-1"}))
