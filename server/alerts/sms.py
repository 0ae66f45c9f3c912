"""Alerts as text messages, through an HTTP gateway."""

import aiohttp
import orjson

from server.alerts.alert import Alert, subject
from server.alerts.webhook import post
from server.checks.words import describe

MAX_LENGTH = 160  # characters: one message


class Sms:
    """Posts ``{"to", "text", "id"}`` as JSON with a bearer token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self._session = session
        self._url = url
        self._token = token

    async def deliver(self, alert: Alert) -> str:
        words = subject(alert)
        if "code" in alert.facts and alert.kind != "incident_closed":
            words = f"{words}: {describe(alert.facts['code'], 'de', '')}"
        body = orjson.dumps({"to": alert.recipient, "text": words[:MAX_LENGTH], "id": str(alert.id)})
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token}",
            "Idempotency-Key": str(alert.id),
        }
        return await post(self._session, self._url, body, headers)
