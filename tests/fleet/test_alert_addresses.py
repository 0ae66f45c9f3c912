"""An alert goes to exactly the address that is stored, in the envelope and in the header."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from server.alerts.alert import Alert
from server.alerts.email import Email, Relay
from server.fields.contacts import email
from server.fields.values import Invalid
from tests.conftest import Api
from tests.probe.scripted_smtp import Session, Step, serve

LONG = f"{'l' * 64}@{'.'.join(['d' * 60] * 3)}.example"
ADDRESSES = [
    "ops@example.com",
    "a!#$%&'*+-/=?^_`{|}~b@example.com",
    "=?=?@example.com",
    "=?utf-8?=@example.com",
    "user%example.org@example.com",
    "example.org!user@example.com",
    "o'brien@example.com",
    "--@example.com",
    LONG,
    "ü@example.org",
    "x@bücher.example",
]
ENCODED_WORDS = [
    "=?utf-8?q?ops?=@example.com",
    "=?UTF-8?B?b3Bz?=@example.com",
    "a=?utf-8?q?ops=40example.org?=b@example.com",
    "=?x?y??=@example.com",
]
FACTS = {"monitor_name": "x", "public_id": "x", "hostname": "a.example", "port": 25, "not_after": None, "days_left": 1}


async def delivered(address: str) -> tuple[str, str]:
    """The envelope's and the header's line as they were sent."""
    message: list[str] = []

    async def receive(session: Session) -> None:
        while (line := await session.receive()) != ".":
            message.append(line)

    script: list[Step] = [
        b"220 a ESMTP\r\n",
        "EHLO",
        b"250-a\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
        "MAIL",
        b"250 ok\r\n",
        "RCPT",
    ]
    script += [b"250 ok\r\n", "DATA", b"354 go\r\n", receive, b"250 ok\r\n", "QUIT", b"221 bye\r\n"]
    alert_id = UUID("88888888-8888-4888-8888-888888888888")
    alert = Alert(1, alert_id, "certificate_expires", address, FACTS, datetime.now(UTC))
    async with serve(script) as server:
        await Email(Relay("127.0.0.1", server.port, tls=False, sender="alerts@example.com")).deliver(alert)
    header = "\n".join(message).replace("\n ", " ")
    return server.lines[2], next(line for line in header.splitlines() if line.startswith("To:"))


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_odd_address_is_written_to_as_it_is(address: str) -> None:
    assert email(address) == address
    envelope, header = await delivered(address)
    assert envelope == f"RCPT TO:<{address}>"
    assert header.removeprefix("To:").strip() == address


@pytest.mark.parametrize("address", ENCODED_WORDS)
async def test_an_address_with_an_encoded_word_is_refused(api: Api, address: str) -> None:
    """Programs would read another address in it."""
    response = await api.patch({"notificationEmail": address})
    assert (response.status, (await response.json())["errors"][0]["code"]) == (400, "invalid_email")
    with pytest.raises(Invalid):
        email(address)
    envelope, _ = await delivered(address)
    assert envelope == f"RCPT TO:<{address}>", "also one that was stored before"
