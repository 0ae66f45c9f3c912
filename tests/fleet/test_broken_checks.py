"""A check that goes wrong is a failure like any other: it is recorded, and an incident opens."""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import pytest

import sql.demo
from server.access.key_ring import KeyRing, generate_key
from server.checks.networks import Networks
from server.serving.config import Config
from tests.conftest import Api
from tests.fleet.engine import Watched, agent_config, running, stationed
from tests.probe import scripted_smtp
from tests.probe.scripted_smtp import Session, Step
from tests.probe.test_probe_auth import challenge, offer
from tests.probe.test_probe_lies import receive_nonce

HISTORY = f"/api/smtp-monitors/{sql.demo.MONITOR}/check-history"
CREDENTIALS = '{"ignoreTls": true, "auth": {"user": "u", "pass":null}}'


async def count_to_two(session: Session) -> None:
    """SCRAM with a number of iterations that is a digit, but not of ASCII."""
    await challenge(session, f"r={await receive_nonce(session)}x,s=c2FsdA==,i=²")


async def recorded(watched: Watched, api: Api) -> Sequence[str]:
    """Phase and code of the two checks that open an incident."""
    for _ in range(2):
        await watched.check()
    [incident] = await watched.incidents()
    newest, oldest = (await (await api.call("GET", HISTORY)).json())["items"]
    assert newest["code"] == oldest["code"] == incident["code"]
    return newest["phase"], newest["code"]


async def test_a_hostile_server_does_not_blind_its_monitor(api: Api, db: asyncpg.Connection, config: Config) -> None:
    script: list[Step] = [*offer("SCRAM-SHA-256"), count_to_two]
    async with scripted_smtp.serve(script) as server, stationed(db, "de-nbg") as watched:
        password = config.key_ring.encrypt("p", sql.demo.MONITOR.bytes)
        await watched.watch(server.port, smtp_config=CREDENTIALS, smtp_password=password)
        async with running(agent_config(config)):
            assert await recorded(watched, api) == ("auth", "protocol_error")


async def test_a_password_that_no_key_opens(
    api: Api, db: asyncpg.Connection, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    password = KeyRing.parse(generate_key()).encrypt("p", sql.demo.MONITOR.bytes)
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, smtp_config=CREDENTIALS, smtp_password=password)
        async with running(agent_config(config)):
            assert await recorded(watched, api) == ("dns", "secrets_unavailable")
    assert f"the password of monitor {sql.demo.MONITOR} cannot be read: no such key" in caplog.messages


async def test_a_config_that_no_parser_has_seen(
    api: Api, db: asyncpg.Connection, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, smtp_config='{"tls": 5}')
        async with running(agent_config(config)):
            assert await recorded(watched, api) == ("dns", "internal_error")
    assert f"internal error in a check of monitor {sql.demo.MONITOR}" in caplog.messages


async def test_what_a_name_means_inside_is_not_stored(api: Api, db: asyncpg.Connection, config: Config) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, hostname="localhost")
        async with running(replace(agent_config(config), allowed=Networks())):
            assert await recorded(watched, api) == ("connect", "target_not_allowed")
        [incident] = await watched.incidents()
        assert incident["detail"] == ""
        assert await db.fetchval("SELECT max(concat(detail, address)) FROM smtp_checks") == ""
        # as it was stored once
        await db.execute("UPDATE smtp_checks SET detail = '127.0.0.1'; UPDATE incidents SET detail = '127.0.0.1'")
        for read in ("check-history", "incident-history", "details"):
            answer = await api.call("GET", f"/api/smtp-monitors/{sql.demo.MONITOR}/{read}")
            assert answer.status == 200
            assert "127.0.0.1" not in await answer.text()
