"""What servers show that seldom changes is kept each time that it is something else, and told by the details."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

import sql
from server.agent.record import Checked
from server.agent.sightings import Sightings
from server.checks.outcome import Certificate, Code, Outcome, Phase, TlsFacts
from sql.rows import Key
from tests.conftest import MONITOR, Api
from tests.fleet.engine import agent_config, location_id, mailbox, running, stationed

NOW = datetime.now(UTC)
ISSUER = Certificate("CN=b", "CN=c", (), "02", "cd", NOW, NOW + timedelta(days=50, hours=1), 50)
OWN = Certificate("CN=a", "CN=b", ("a.example",), "01", "ab", NOW, NOW + timedelta(days=5, hours=1), 5)
TLS = TlsFacts("TLSv1.3", "AES", True, OWN, (ISSUER,))
OUTCOME = Outcome(
    phase=Phase.QUIT,
    code=Code.OK,
    hostname="a.example",
    port=25,
    checked_at=NOW,
    timings={},
    total=1,
    tls=TLS,
    capabilities=("SIZE 10", "8BITMIME"),
)


@pytest.fixture
async def pool(api: Api) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(api.config.database_url, min_size=1, max_size=1) as pool:
        yield pool


async def details(api: Api) -> dict[str, Any]:
    answer: dict[str, Any] = await (await api.call("GET", f"/api/smtp-monitors/{MONITOR}/details")).json()
    return answer


async def test_only_what_is_something_else_is_kept(api: Api, db: asyncpg.Connection, pool: asyncpg.Pool) -> None:
    async with stationed(db, "de-nbg"):
        location = await location_id(db, "de-nbg")

        async def see(by: Sightings, minutes: int, **changes: Any) -> int:
            outcome = replace(OUTCOME, checked_at=NOW + timedelta(minutes=minutes), **changes)
            await by.keep(pool, location, [Checked(Key(1, 200), outcome), Checked(Key(1, 999), outcome)])
            return int(await db.fetchval("SELECT count(*) FROM smtp_monitor_sightings"))

        one, other = Sightings(), Sightings()
        tomorrow = replace(TLS, certificate=replace(OWN, days_left=4), chain=(replace(ISSUER, days_left=49),))
        assert await see(one, 0) == 2
        assert await see(one, 20, tls=tomorrow, capabilities=("8BITMIME", "SIZE 10")) == 2
        assert await see(other, 21) == 2
        renewed = replace(TLS, certificate=replace(OWN, fingerprint_sha256="ef"))
        # a failure shows the certificate that it is about, but perhaps half of the capabilities
        assert await see(one, 22, tls=renewed, capabilities=("8BITMIME",), code=Code.TLS_CERTIFICATE_UNTRUSTED) == 3
        assert await see(one, 23) == 3  # too soon after the last
        assert await see(one, 40, tls=None, capabilities=("SIZE 10", "CHUNKING")) == 4
        shown = await details(api)
        [newest, oldest] = shown["certificates"]
        assert [seen["tls"]["certificate"]["fingerprintSha256"] for seen in (newest, oldest)] == ["ef", "ab"]
        assert newest["tls"]["certificate"]["daysLeft"] == 5
        [issuer] = newest["tls"]["chain"]
        assert (issuer["subject"], issuer["daysLeft"]) == ("CN=b", 50)
        [drift] = shown["capabilityChanges"]
        assert (drift["gained"], drift["lost"], drift["locationCode"]) == (["CHUNKING"], ["8BITMIME"], "de-nbg")


async def test_a_server_of_many_faces_has_a_limit(api: Api, db: asyncpg.Connection, pool: asyncpg.Pool) -> None:
    async with stationed(db, "de-nbg"):
        location, sightings = await location_id(db, "de-nbg"), Sightings()
        for hour in range(sql.smtp_monitor_sightings.KEPT + 3):
            face = replace(OUTCOME, tls=None, capabilities=(f"X{hour}",), checked_at=NOW + timedelta(hours=hour))
            await sightings.keep(pool, location, [Checked(Key(1, 200), face)])
        rows = await db.fetch("SELECT facts->>0 AS face FROM smtp_monitor_sightings ORDER BY seen_at")
        assert len(rows) == sql.smtp_monitor_sightings.KEPT
        assert rows[-1]["face"] == f"X{sql.smtp_monitor_sightings.KEPT + 2}"


async def test_an_agent_keeps_what_it_sees(api: Api, db: asyncpg.Connection) -> None:
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        async with running(agent_config(api.config)):
            await watched.check()
            await watched.check()
        assert "HELP" in (
            await db.fetchval("SELECT facts::text FROM smtp_monitor_sightings WHERE kind = 'capabilities'")
        )
        assert (await details(api))["capabilityChanges"] == []
