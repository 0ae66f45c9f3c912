"""Alerts posted to an organization's own URL, signed with its secret."""

import hashlib
import hmac
import time

import aiohttp
import orjson

from server.access.key_ring import KeyRing, Undecryptable
from server.alerts.alert import Alert, DeliveryError, represent, subject
from server.http.times import timestamp


class Webhook:
    def __init__(self, session: aiohttp.ClientSession, ring: KeyRing) -> None:
        self._session = session
        self._ring = ring

    async def deliver(self, alert: Alert) -> str:
        """Post it. Any answer but a 2xx is a failure, also a redirect."""
        try:
            secret = self._ring.decrypt(alert.secret or b"", bound_to(alert.organization_id))
        except Undecryptable as error:
            raise DeliveryError("the webhook's secret cannot be read") from error
        body = orjson.dumps(
            {
                "id": str(alert.id),
                "kind": alert.kind,
                "createdAt": timestamp(alert.created_at),
                "summary": subject(alert),
                **represent(alert.facts),
            }
        )
        moment = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Alert-Id": str(alert.id),
            "X-Alert-Timestamp": moment,
            "X-Alert-Signature": sign(secret, moment, body),
        }
        return await post(self._session, alert.recipient, body, headers)


def sign(secret: str, moment: str, body: bytes) -> str:
    """HMAC-SHA256 over ``timestamp.body``, so that an old delivery cannot be sent again as a new one."""
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def bound_to(organization_id: int) -> bytes:
    """What the encrypted secret of an organization is bound to."""
    return b"webhook:%d" % organization_id


async def post(session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> str:
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            said = f"HTTP {response.status} {response.reason}"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise DeliveryError.of(error) from error
    if not 200 <= response.status < 300:
        raise DeliveryError(said)
    return said
