"""Triggering checks and reading what they found: every role, and whole answers."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

import sql
from tests.api.test_roles import MONITORS, REACH, READONLY
from tests.conftest import MONITOR, Api
from tests.fleet.engine import agent_config, mailbox, running, stationed

READS = ("check-history", "incident-history", "alert-history", "details")
PATH = f"/api/smtp-monitors/{MONITOR}"


@pytest.mark.parametrize("call", [*READS, "trigger-check"])
@pytest.mark.parametrize("who", [*REACH, None])
async def test_what_a_role_may_do(api: Api, db: asyncpg.Connection, who: str | None, call: str) -> None:
    async with stationed(db, "de-nbg"):
        for monitor, public_id in MONITORS.items():
            method = "POST" if call == "trigger-check" else "GET"
            response = await api.call(method, f"/api/smtp-monitors/{public_id}/{call}", who)
            if who is None:
                expected = 401
            elif call == "trigger-check" and (who in READONLY or who == "supporter"):
                expected = 403
            else:
                expected = 200 if monitor in REACH[who] else 404
            assert response.status == expected, monitor


async def test_a_triggered_check_says_where(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg", "us-nyc"):
        answer = await (await api.call("POST", f"{PATH}/trigger-check")).json()
        due = answer.pop("dueAt")
        assert list(due) == ["de-nbg", "us-nyc"]
        assert all(abs(datetime.fromisoformat(one) - datetime.now(UTC)) < timedelta(seconds=5) for one in due.values())
        assert answer == {
            "success": True,
            "message": "Checks triggered successfully",
            "smtpMonitorId": 200,
            "locationCodes": ["de-nbg", "us-nyc"],
            "queueNames": ["smtp-monitor-checks-de-nbg", "smtp-monitor-checks-us-nyc"],
            "alreadyQueued": [],
        }
        await api.patch({"allowedCheckCountryCodes": ["US"]})
        assert (await (await api.call("POST", f"{PATH}/trigger-check")).json())["locationCodes"] == ["us-nyc"]
        await api.patch({"allowedCheckCountryCodes": ["FR"]})
        refused = await api.call("POST", f"{PATH}/trigger-check")
        assert (refused.status, (await refused.json())["code"]) == (400, "no_location_allowed")
        await db.execute("UPDATE locations SET active = false")
        refused = await api.call("POST", f"{PATH}/trigger-check")
        assert (refused.status, (await refused.json())["code"]) == (503, "no_location_active")
        assert refused.headers["Retry-After"]
        assert (await api.call("POST", "/api/smtp-monitors/200/trigger-check")).status == 400


async def test_a_check_is_read_back_in_the_shape_of_a_probe(api: Api, db: asyncpg.Connection) -> None:
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        async with running(agent_config(api.config)):
            await watched.check()
            await server.stop()
            await watched.check()
        failed, succeeded = (await (await api.call("GET", f"{PATH}/check-history")).json())["items"]
        assert (failed["verdict"], failed["phase"], failed["code"]) == ("failure", "connect", "connect_refused")
        assert succeeded == {
            "verdict": "success",
            "phase": "quit",
            "code": "ok",
            "message": "Der Server antwortet",
            "replyCode": succeeded["replyCode"],
            "replyText": succeeded["replyText"],
            "hostname": "127.0.0.1",
            "address": "127.0.0.1",
            "port": server.port,
            "checkedAt": succeeded["checkedAt"],
            "timings": succeeded["timings"],
            "warnings": [],
            "locationCode": "de-nbg",
            "locationName": "De-Nbg",
        }
        timings = succeeded["timings"]
        phases = ["dns", "connect", "tls", "greeting", "ehlo", "starttls", "auth", "mail", "quit", "total"]
        assert list(timings) == phases
        assert timings["tls"] is None
        assert 0 <= timings["greeting"] <= timings["total"]
        [place] = (await (await api.call("GET", f"{PATH}/details")).json())["locations"]
        assert (place["locationCode"], place["country"], place["checkedAt"]) == ("de-nbg", "DE", failed["checkedAt"])
        assert "HELP" in place["capabilities"]  # of the check before, which saw some
        one = await (await api.call("GET", f"{PATH}/check-history?limit=1")).json()
        assert one["items"] == [failed]
        assert (await api.call("GET", f"{PATH}/check-history?limit=201")).status == 400
        english = await api.call("GET", f"{PATH}/check-history", headers={"Accept-Language": "en"})
        assert (await english.json())["items"][1]["message"] == "The server answers"


async def fill(db: asyncpg.Connection, now: datetime) -> None:
    """Every ten minutes of three days a check; every sixth fails; the others take 100 ms."""
    for day in range(4):
        moment = (now - timedelta(days=day)).date()
        for table in sql.partitions.TABLES:
            if moment not in await sql.partitions.select(db, table):
                await sql.partitions.create(db, table, moment)
    query = """
        INSERT INTO smtp_checks (organization_id, smtp_monitor_id, checked_at, location_id, verdict, phase, code,
                                 detail, hostname, port, total_ms, dns_ms, connect_ms, auth_ms, quit_ms)
        SELECT 1, 200, $1::timestamptz - n * interval '10 minutes', l.id,
               CASE n % 6 WHEN 0 THEN 'failure' ELSE 'success' END, 'quit', 'ok', '', 'a.example', 25,
               CASE n % 6 WHEN 0 THEN 5000 ELSE 100 END,
               20, CASE n % 6 WHEN 0 THEN 4980 ELSE 60 END,
               CASE n % 2 WHEN 1 THEN 10 END, CASE n % 2 WHEN 1 THEN 10 ELSE 20 END
          FROM generate_series(0, 6 * 24 * 3 - 1) AS n, locations l
    """
    await db.execute(query, now - timedelta(seconds=1))


@pytest.mark.parametrize("rolled_up", [False, True])
async def test_details_add_up_whether_rolled_up_or_not(api: Api, db: asyncpg.Connection, rolled_up: bool) -> None:
    now = datetime.now(UTC)
    async with stationed(db, "de-nbg"):
        await fill(db, now)
        if rolled_up:
            await sql.smtp_check_rollups.roll_up(db)
            assert await db.fetchval("SELECT count(*) FROM smtp_check_hours") > 48
            assert await db.fetchval("SELECT count(*) FROM smtp_check_days") >= 2
        answer = await (await api.call("GET", f"{PATH}/details?range=week")).json()
        assert list(answer) == [
            "smtpMonitorId",
            "monitor",
            "latestCheck",
            "locations",
            "certificates",
            "capabilityChanges",
            "uptimeStats",
            "uptimeStatsMeta",
            "monitoringData",
            "incidents",
            "alerts",
            "testResultLog",
            "maintenance",
            "state",
            "stateSince",
            "lastError",
        ]
        assert answer["latestCheck"]["status"] == "failure"
        assert set(answer["latestCheck"]) == {"status", "checkedAt", "timingSmtp", "locationCode", "locationName"}
        stats = answer["uptimeStats"]
        assert list(stats) == ["day", "month", "year", "dayAvgResponse", "monthAvgResponse", "yearAvgResponse"]
        assert stats["month"] == stats["year"] == 83.333
        assert stats["dayAvgResponse"] == stats["yearAvgResponse"] == 100
        assert answer["uptimeStatsMeta"]["year"]["checks"] == 432
        assert answer["uptimeStatsMeta"]["year"]["failures"] == 72
        assert sum(point["checks"] for point in answer["monitoringData"]) == 432
        assert len(answer["testResultLog"]) == 50
        assert answer["maintenance"] == {"active": False, "windows": []}
        for query in ("range=day&granularity=minutes", "range=day&granularity=hour", "range=week", "range=year"):
            points = (await (await api.call("GET", f"{PATH}/details?{query}")).json())["monitoringData"]
            answered = [point for point in points if point["checks"] > point["failures"]]
            for point in answered:
                timings = {phase: taken for phase, taken in point["timings"].items() if taken is not None}
                assert (timings["dns"], timings["connect"]) == (20, 60), query
                assert abs(sum(timings.values()) - 100) < 1, query
                assert "tls" not in timings
            assert any(point["timings"]["auth"] for point in answered), query
        for name, total in (("day", 144), ("month", 432), ("year", 432)):
            answer = await (await api.call("GET", f"{PATH}/details?range={name}")).json()
            points = answer["monitoringData"]
            if name == "day":
                assert list(points[0]) == ["checkedAt", "status", "timingSmtp", "locationCode"]
                assert len(points) == total
                assert points == sorted(points, key=lambda point: point["checkedAt"])
            else:
                assert sum(point["checks"] for point in points) == total


async def test_retention_drops_whole_days(db: asyncpg.Connection) -> None:
    now = datetime.now(UTC)
    async with stationed(db, "de-nbg"):
        await fill(db, now)
        await sql.partitions.maintain(db, retention_days=1)
        days = await sql.partitions.select(db, "smtp_checks")
        assert min(days) == (now - timedelta(days=1)).date()
        assert max(days) == (now + timedelta(days=3)).date()
        oldest = await db.fetchval("SELECT min(checked_at) FROM smtp_checks")
        assert oldest.date() >= (now - timedelta(days=1)).date()
        await sql.partitions.maintain(db, retention_days=1)
