"""Alerts: over every channel, until delivered, once for what must be told once, and never in silence."""

import hashlib
import hmac
from typing import Any

import asyncpg
import orjson
from aiosmtpd.smtp import SMTP, Envelope, Session

import sql
from server.http.times import timestamp
from server.serving.config import Config
from tests.conftest import MONITOR, Api
from tests.fleet.engine import agent_config, break_down, ended, eventually, mailbox, running, stationed
from tests.fleet.receiver import receiver, set_webhook


def attempts_of(alert: asyncpg.Record) -> list[dict[str, Any]]:
    attempts: list[dict[str, Any]] = orjson.loads(alert["attempts"])
    return attempts


async def test_a_webhook_is_signed_and_an_sms_is_short(db: asyncpg.Connection, config: Config) -> None:
    async with receiver() as hooks, receiver() as gateway, stationed(db, "de-nbg") as watched:
        await set_webhook(db, config, hooks.url)
        await watched.watch(1, notification_email=None, notification_phone_number="+4930123456", name="N" * 255)
        async with running(agent_config(config, sms_url=gateway.url, sms_token="token")):
            await watched.check()
            await watched.check()
            alerts = await ended(watched, 2)
    [(headers, body)] = hooks.requests
    signed = headers["X-Alert-Timestamp"].encode() + b"." + body
    expected = hmac.new(b"webhook secret", signed, hashlib.sha256).hexdigest()
    assert headers["X-Alert-Signature"] == f"sha256={expected}"
    event = orjson.loads(body)
    [incident] = await watched.incidents()
    assert event == {
        "id": headers["X-Alert-Id"],
        "kind": "incident_opened",
        "createdAt": event["createdAt"],
        "summary": f"[SMTP] Störung: {'N' * 255}",
        "monitorName": "N" * 255,
        "hostname": "127.0.0.1",
        "port": 1,
        "smtpMonitorId": 200,
        "publicId": MONITOR,
        "organizationId": 1,
        "phase": "connect",
        "code": "connect_refused",
        "detail": incident["detail"],
        "incidentId": incident["id"],
        "openedAt": timestamp(incident["opened_at"]),
        "closedAt": None,
        "closeReason": None,
        "locationCodes": ["de-nbg"],
    }
    [(headers, body)] = gateway.requests
    message = orjson.loads(body)
    assert headers["Authorization"] == "Bearer token"
    assert message["to"] == "+4930123456"
    assert len(message["text"]) == 160
    assert {event["id"], message["id"]} == {str(alert["id"]) for alert in alerts}
    assert {alert["state"] for alert in alerts} == {"delivered"}


async def test_what_is_not_delivered_is_tried_again_under_the_same_id(db: asyncpg.Connection, config: Config) -> None:
    async with receiver() as hooks, stationed(db, "de-nbg") as watched:
        hooks.statuses = [500, 302]
        await set_webhook(db, config, hooks.url)
        await watched.watch(1, notification_email=None)
        async with running(agent_config(config)):
            await watched.check()
            await watched.check()
            for attempts in (1, 2):

                async def tried(attempts: int = attempts) -> bool:
                    return len(hooks.requests) == attempts and len(attempts_of((await watched.alerts())[0])) == attempts

                await eventually(tried)
                await db.execute("UPDATE alerts SET next_attempt_at = now()")
                await sql.alerts.wake(db)
            [alert] = await ended(watched, 1)
    assert [attempt["detail"] for attempt in attempts_of(alert)] == [
        "HTTP 500 Internal Server Error",
        "HTTP 302 Found",
        "HTTP 204 No Content",
    ]
    assert [attempt["delivered"] for attempt in attempts_of(alert)] == [False, False, True]
    assert len({headers["X-Alert-Id"] for headers, _ in hooks.requests}) == 1


async def test_an_address_that_is_refused_for_good_is_given_up(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg") as watched:

        async def refuse(_: SMTP, __: Session, ___: Envelope, address: str, ____: list[str]) -> str:
            return f"550 no {address}"

        relay.sink.handle_RCPT = refuse  # type: ignore[attr-defined]
        async with running(agent_config(config, relay)):
            await break_down(watched)
            [alert] = await ended(watched, 1)
    assert alert["state"] == "given_up"
    assert "550" in attempts_of(alert)[0]["detail"]


async def test_a_lost_attempt_is_made_again(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        [lost] = await sql.alerts.lease(db, ["email"], limit=10)
        assert await sql.alerts.lease(db, ["email"], limit=10) == [], "leased"
        await db.execute("UPDATE alerts SET next_attempt_at = now()")
        async with running(agent_config(config, relay)):
            [alert] = await ended(watched, 1)
    assert attempts_of(alert)[0]["number"] == 2
    assert [message["X-Alert-Id"] for message in relay.sink.messages] == [str(lost["id"])]


async def test_of_one_incident_the_earlier_alert_leaves_first(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
            await watched.watch(server.port)
            await watched.check()
            await watched.check()
        await db.execute("UPDATE alerts SET next_attempt_at = now() + interval '1 h' WHERE kind = 'incident_opened'")
        assert await sql.alerts.lease(db, ["email"], limit=10) == []
        await db.execute("UPDATE alerts SET next_attempt_at = now()")
        [first] = await sql.alerts.lease(db, ["email"], limit=10)
        assert first["kind"] == "incident_opened"


async def test_the_mail_says_what_and_where(db: asyncpg.Connection, config: Config, api: Api) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg") as watched:
        async with running(agent_config(config, relay)):
            await break_down(watched)
            await ended(watched, 1)
        [message] = relay.sink.messages
        payload: Any = message.get_payload(decode=True)
        words = payload.decode()
        assert "127.0.0.1:1" in words
        assert "connect_refused" in words
        assert "de-nbg" in words
    answer = await (await api.call("GET", f"/api/smtp-monitors/{MONITOR}/alert-history")).json()
    [alert] = answer["items"]
    [attempt] = alert["attempts"]
    assert alert["id"] == message["X-Alert-Id"]
    assert (alert["kind"], alert["channel"], alert["status"]) == ("incident_opened", "email", "delivered")
    assert (attempt["number"], attempt["delivered"]) == (1, True)
    assert attempt["endedAt"].endswith("Z")
    answer = await (await api.call("GET", f"/api/smtp-monitors/{MONITOR}/incident-history")).json()
    [incident] = answer["items"]
    assert (incident["id"], incident["status"], incident["code"]) == (alert["incidentId"], "open", "connect_refused")
