"""What an alert tells, whichever version has stored it."""

from typing import Any

import asyncpg
import orjson
import pytest

from server.alerts.alert import read_facts, represent
from server.serving.config import Config
from tests.conftest import MONITOR
from tests.fleet.engine import agent_config, ended, mailbox, running, stationed
from tests.fleet.receiver import receiver, set_webhook

MONITOR_FACTS = {
    "monitorName": "Old",
    "hostname": "a.example",
    "port": 25,
    "smtpMonitorId": 200,
    "publicId": MONITOR,
    "organizationId": 1,
}
INCIDENT_FACTS = {
    **MONITOR_FACTS,
    "phase": "connect",
    "code": "connect_refused",
    "detail": "why",
    "incidentId": 1,
    "openedAt": "2026-01-01T12:00:00.000Z",
    "closedAt": "2026-01-01T12:05:00.000Z",
    "closeReason": "recovered",
    "locationCodes": ["de-nbg"],
}
CERTIFICATE_FACTS = {**MONITOR_FACTS, "notAfter": "2026-02-01T12:00:00.000Z", "daysLeft": 5}


def test_times_are_told_in_utc() -> None:
    """JSON has them in the time zone of the database's session."""
    stored = '{"opened_at": "2026-01-01T17:30:00.123456+05:30", "closed_at": null, "days_left": 5}'
    assert represent(read_facts(stored)) == {"openedAt": "2026-01-01T12:00:00.123Z", "closedAt": None, "daysLeft": 5}


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        (
            "incident_opened",
            INCIDENT_FACTS | {"closedAt": None, "closeReason": None},
            "Beginn: 2026-01-01T12:00:00.000Z",
        ),
        ("incident_closed", INCIDENT_FACTS, "Ende: 2026-01-01T12:05:00.000Z: Der Server antwortet wieder"),
        ("certificate_expires", CERTIFICATE_FACTS, "Gültig bis: 2026-02-01T12:00:00.000Z, noch 5 Tage"),
    ],
)
async def test_an_alert_that_waited_through_an_upgrade_is_delivered(
    db: asyncpg.Connection, config: Config, kind: str, facts: dict[str, object], words: str
) -> None:
    """Earlier versions stored the facts as they are told."""
    insert = """
        INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts)
        VALUES (1, 200, $1, 'old', $2, $3, $4)
    """
    async with receiver() as hooks, receiver() as gateway, mailbox() as relay, stationed(db, "de-nbg") as watched:
        await set_webhook(db, config, hooks.url)
        for channel, recipient in (("webhook", hooks.url), ("sms", "+4930123456"), ("email", "ops@example.com")):
            await db.execute(insert, kind, channel, recipient, orjson.dumps(facts).decode())
        async with running(agent_config(config, relay, sms_url=gateway.url, sms_token="token")):
            alerts = await ended(watched, 3)
    assert {alert["state"] for alert in alerts} == {"delivered"}
    assert orjson.loads(hooks.requests[0][1]).items() >= facts.items()
    assert "Old" in orjson.loads(gateway.requests[0][1])["text"]
    payload: Any = relay.sink.messages[0].get_payload(decode=True)
    assert words in payload.decode()
