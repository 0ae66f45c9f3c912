"""The URL of a webhook is a secret: those see it who may set it, and neither a log nor an attempt tells it."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
import pytest
import trustme

from server.alerts.alert import Alert, DeliveryError
from server.alerts.email import Email, Relay
from server.alerts.webhook import post
from tests.conftest import MONITOR, Api
from tests.fleet.engine import agent_config, eventually, running, stationed
from tests.fleet.receiver import receiver, set_webhook

PATH = f"/api/smtp-monitors/{MONITOR}"
SEES = {"admin", "globaladmin"}


@pytest.mark.parametrize("who", ["admin", "globaladmin", "user", "readonly", "restricted", "supporter"])
async def test_only_admins_see_where_a_webhook_is(api: Api, who: str) -> None:
    query = """
        INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts)
        VALUES (1, 200, 'certificate_expires', '1', 'webhook', 'https://example.com/s3cret', '{}'),
               (1, 200, 'certificate_expires', '1', 'email', 'ops@example.com', '{}')
    """
    await api.db.execute(query)
    for path, name in ((f"{PATH}/alert-history", "items"), (f"{PATH}/details", "alerts")):
        answer = await (await api.call("GET", path, who)).json()
        recipients = {alert["channel"]: alert["recipient"] for alert in answer[name]}
        hook = "https://example.com/s3cret" if who in SEES else None
        assert recipients == {"webhook": hook, "email": "ops@example.com"}


async def test_the_log_and_the_history_tell_a_failure_without_the_url(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with stationed(api.db, "de-nbg") as watched:
        await set_webhook(api.db, api.config, "http://127.0.0.1:1/s3cret")
        await watched.watch(1, notification_email=None)
        async with running(agent_config(api.config)):
            await watched.check()
            await watched.check()

            async def tried() -> bool:
                return bool(await api.db.fetchval("SELECT EXISTS (SELECT FROM alert_attempts)"))

            await eventually(tried)
    assert await api.db.fetchval("SELECT detail FROM alert_attempts") == "ClientConnectorError: Connection refused"
    assert "not delivered: ClientConnectorError: Connection refused" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://s3cret.invalid/", "ClientConnectorDNSError"),
        ("http://127.0.0.1:1/s3cret", "ClientConnectorError: Connection refused"),
        ("http://[s3cret/", "InvalidUrlClientError"),
        ("http://127.0.0.1:99999/s3cret", "InvalidUrlClientError"),
        ("https://127.0.0.1:{plain}/s3cret", "ClientConnectorSSLError: WRONG_VERSION_NUMBER"),
        ("https://127.0.0.1:{tls}/s3cret", "ClientConnectorCertificateError: CERTIFICATE_VERIFY_FAILED"),
    ],
)
async def test_whatever_fails_is_told_without_the_url(url: str, told: str) -> None:
    async with receiver() as plain, untrusted() as tls, aiohttp.ClientSession() as session:
        with pytest.raises(DeliveryError) as failed:
            await post(session, url.format(plain=plain.url.split(":")[-1].strip("/"), tls=tls), b"{}", {})
    assert str(failed.value) == told


async def test_a_relay_that_is_away_is_told_without_its_address() -> None:
    relay = Relay("127.0.0.1", 1, tls=False, sender="alerts@example.com")
    monitor = {"monitor_name": "x", "public_id": "x", "hostname": "a.example", "port": 25}
    facts = {**monitor, "not_after": None, "days_left": 1}
    alert = Alert(1, uuid4(), "certificate_expires", "ops@example.com", facts, datetime.now(UTC))
    with pytest.raises(DeliveryError) as failed:
        await Email(relay).deliver(alert)
    assert str(failed.value) == "SMTPConnectError: Connection refused"


@contextlib.asynccontextmanager
async def untrusted() -> AsyncIterator[int]:
    """The port of a server whose certificate nobody trusts, and which names another host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("s3cret.example").configure_cert(context)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
