"""A good server, in every mode: what is well is found well, and no message ever arrives."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from server.checks.target import TlsOptions
from tests.probe.probing import SUCCESS, Expected, examine, failure
from tests.probe.tls_certificates import authority

USER, PASSWORD = "me", "s3cret"
LOGIN = {"user": USER, "password": PASSWORD}
MAIL = {"mail_from": "a@example.com", "rcpt_to": "b@example.com"}


class Mailbox:
    def __init__(self) -> None:
        self.recipients: list[str] = []
        self.messages: list[bytes] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.messages.append(bytes(envelope.content))
        return "250 OK"


def authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, credentials: LoginPassword
) -> AuthResult:
    # not handled: the reply is left to the server
    return AuthResult(success=credentials == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False)


@contextlib.asynccontextmanager
async def serve(mailbox: Mailbox, *, secure: bool, starttls: bool, without: str) -> AsyncIterator[int]:
    context = authority().context("good")

    def protocol() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.example.com",
            tls_context=context if starttls else None,
            authenticator=authenticate,
            auth_require_tls=starttls,
            auth_exclude_mechanism=without.split(),
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=context if secure else None)
    async with server:
        yield server.sockets[0].getsockname()[1]


SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, Any], Expected]] = {
    "in clear": ({}, {}, SUCCESS),
    "STARTTLS where it is offered": ({"starttls": True}, {}, SUCCESS),
    "STARTTLS required": ({"starttls": True}, {"require_tls": True}, SUCCESS),
    "STARTTLS ignored": ({"starttls": True}, {"ignore_tls": True}, SUCCESS),
    "TLS": ({"secure": True}, {"secure": True}, SUCCESS),
    "TLS and a login": ({"secure": True}, {"secure": True, **LOGIN}, SUCCESS),
    "STARTTLS and PLAIN": ({"starttls": True, "without": "LOGIN"}, LOGIN, SUCCESS),
    "STARTTLS and LOGIN": ({"starttls": True, "without": "PLAIN"}, LOGIN, SUCCESS),
    "a login in clear": ({}, {**LOGIN, "ignore_tls": True}, SUCCESS),
    "a wrong password": ({"starttls": True}, {**LOGIN, "password": "no"}, failure("auth", "auth_rejected")),
    "a recipient": ({}, MAIL, SUCCESS),
    "everything": ({"starttls": True}, {"require_tls": True, **LOGIN, **MAIL}, SUCCESS),
    "an open relay": ({}, {**MAIL, "expect_refused": True}, failure("mail", "recipient_accepted")),
}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
async def test_a_good_server_is_found_good(name: str, tmp_path: Path) -> None:
    kind, options, expected = SCENARIOS[name]
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority().ca.cert_pem.bytes())
    mailbox = Mailbox()
    async with serve(mailbox, **{"secure": False, "starttls": False, "without": "", **kind}) as port:
        outcome = await examine(port, tls=TlsOptions(ca_file=str(ca_file)), **options)
    expected.matches(outcome)
    assert (outcome.tls is not None) == (not options.get("ignore_tls") and bool(kind.keys() & {"secure", "starttls"}))
    assert mailbox.recipients == (["b@example.com"] if "rcpt_to" in options else [])
    assert mailbox.messages == []
