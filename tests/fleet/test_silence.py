"""When nothing is told, when something is told apart, and whose settings count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

import sql
from server.agent import upkeep
from server.agent.record import Checked, record
from server.checks.outcome import Certificate, Code, Outcome, Phase, TlsFacts, Warned, WarningCode
from server.resources.smtp_checks import represent_stored
from server.serving.config import Config
from sql.alerts import ExpiringCertificate
from sql.connection import create_pool
from sql.rows import Key
from tests.fleet.engine import agent_config, break_down, ended, mailbox, running, stationed


@pytest.mark.parametrize("silence", ["status", "window"])
async def test_maintenance_checks_on_and_is_silent(db: asyncpg.Connection, config: Config, silence: str) -> None:
    async with stationed(db, "de-nbg") as watched, running(agent_config(config)):
        await watched.watch(1)
        if silence == "status":
            await db.execute("UPDATE smtp_monitors SET status = 'maintenance' WHERE id = 200")
        else:
            now = datetime.now(UTC)
            hour = timedelta(hours=1)
            window = {"name": "Now", "starts_at": now - hour, "ends_at": now + hour}
            await sql.maintenance_windows.insert(db, 1, 10, None, window)
        for _ in range(3):
            await watched.check()
        assert await watched.incidents() == []
        assert await watched.count() == 3
        await db.execute("DELETE FROM maintenance_windows; UPDATE smtp_monitors SET status = 'active' WHERE id = 200")
        await watched.check()
        assert len(await watched.incidents()) == 1, "the outage outlasts the silence"
        assert [alert["kind"] for alert in await watched.alerts()] == ["incident_opened"]


async def test_disabling_a_monitor_closes_its_incident(db: asyncpg.Connection, config: Config) -> None:
    pool = await create_pool(config.database_url)
    async with stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        await db.execute("UPDATE smtp_monitors SET status = 'disabled' WHERE id = 200")
        await upkeep.sweep(pool)
        [incident] = await watched.incidents()
        assert incident["close_reason"] == "disabled"
        assert [alert["kind"] for alert in await watched.alerts()] == ["incident_closed", "incident_opened"]
    await pool.close()


async def test_an_open_incident_is_reminded_of(db: asyncpg.Connection, config: Config) -> None:
    pool = await create_pool(config.database_url)
    async with stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        kinds: list[list[str]] = []
        for statement in (
            "UPDATE incidents SET reminded_at = now() - interval '11 minutes'",
            "UPDATE organizations SET reminder_interval_minutes = 10 WHERE id = 1",
            "SELECT",
            "UPDATE incidents SET reminded_at = now() - interval '11 minutes'",
            "UPDATE smtp_monitors SET status = 'maintenance' WHERE id = 200; "
            "UPDATE incidents SET reminded_at = now() - interval '11 minutes'",
        ):
            await db.execute(statement)
            await upkeep.sweep(pool)
            kinds.append([alert["kind"] for alert in await watched.alerts()])
        reminders = [of.count("incident_reminder") for of in kinds]
        assert reminders == [0, 1, 1, 2, 2]
    await pool.close()


async def test_an_organizations_settings_count(db: asyncpg.Connection, config: Config) -> None:
    await db.execute("UPDATE organizations SET failure_confirmations = 1, location_share_percent = 100 WHERE id = 1")
    async with stationed(db, "de-nbg", "us-nyc") as watched:
        await watched.watch(1)
        async with running(agent_config(config, location="de-nbg")):
            await db.execute("UPDATE smtp_monitors SET allowed_check_country_codes = '{DE}' WHERE id = 200")
            await watched.check()
            assert len(await watched.incidents()) == 1
            await db.execute("DELETE FROM incidents")
            await db.execute(
                "UPDATE smtp_monitor_locations SET checked_at = now(), successes = 9 WHERE location_id <> "
                "(SELECT min(id) FROM locations)"
            )
            await db.execute("UPDATE smtp_monitors SET allowed_check_country_codes = NULL WHERE id = 200")
            await watched.check()
            assert await watched.incidents() == [], "half of the locations is not all of them"
            await db.execute("UPDATE organizations SET location_share_percent = 50 WHERE id = 1")
            await watched.check()
            assert len(await watched.incidents()) == 1


async def test_a_certificate_that_ends_is_told_of_once_and_apart(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        end = datetime.now(UTC) + timedelta(days=5)
        for occasion in ("certificate_expires:ab:7", "certificate_expires:ab:7", "certificate_expires:ab:3"):
            await sql.alerts.insert_of_certificates(db, [ExpiringCertificate(1, 200, occasion, end, 5)])
        alerts = await watched.alerts()
        assert [alert["kind"] for alert in alerts] == ["certificate_expires"] * 2
        assert await watched.incidents() == []
        await db.execute("UPDATE smtp_monitors SET status = 'maintenance' WHERE id = 200")
        last = ExpiringCertificate(1, 200, "certificate_expires:ab:1", end, 0)
        await sql.alerts.insert_of_certificates(db, [last])
        assert len(await watched.alerts()) == 2


async def test_a_result_whose_certificate_ends_soon_is_told_of(db: asyncpg.Connection, config: Config) -> None:
    pool = await create_pool(config.database_url)
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        await sql.partitions.maintain(db, retention_days=35)
        location = await sql.locations.select_one(db, "de-nbg")
        assert location is not None
        now = datetime.now(UTC)
        certificate = Certificate("CN=a", "CN=b", ("a.example",), "01", "ab:cd", now, now + timedelta(days=5), 5)
        outcome = Outcome(
            phase=Phase.QUIT,
            code=Code.OK,
            hostname="a.example",
            port=25,
            checked_at=now,
            timings={Phase.CONNECT: 1.5},
            total=2.5,
            reply_text="nul \0 and half a pair \ud800",
            tls=TlsFacts("TLSv1.3", "AES", True, certificate),
            capabilities=("STARTTLS", "\0"),
            warnings=(Warned(WarningCode.CERTIFICATE_EXPIRES_SOON, "5"),),
        )
        for seconds in (0, 1):
            later = replace(outcome, checked_at=now + timedelta(seconds=seconds))
            await record(pool, location["id"], [Checked(Key(1, 200), later)])
        [alert] = await watched.alerts()
        assert alert["kind"] == "certificate_expires"
        newest, _ = await sql.smtp_checks.select_history(db, 1, 200, limit=2)
        assert (newest["verdict"], newest["connect_ms"], newest["total_ms"]) == ("warning", 1.5, 2.5)
        assert newest["reply_text"] == "nul  and half a pair ?"
        shown = represent_stored(newest, "en")
        assert shown["verdict"] == "warning"
        words = "The certificate expires soon: 5"
        assert shown["warnings"] == [{"code": "certificate_expires_soon", "message": words}]
    await pool.close()


async def test_two_locations_that_fail_at_once_open_one_incident(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg", "us-nyc") as watched:
        await watched.watch(1)
        async with (
            running(agent_config(config, relay, location="de-nbg")),
            running(agent_config(config, relay, location="us-nyc")),
            running(agent_config(config, relay, location="us-nyc")),
        ):
            for _ in range(4):
                await watched.check(locations=2)
            await ended(watched, 1)
        assert len(await watched.incidents()) == 1
        assert len(relay.sink.messages) == 1
