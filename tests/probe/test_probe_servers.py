"""Real servers from Debian, with and without TLS, STARTTLS and AUTH, and the truth about each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.checks.target import TlsOptions
from tests.probe.mail_server_kinds import SERVERS
from tests.probe.mail_servers import PASSWORD, USER, Servers, Setup
from tests.probe.probing import SUCCESS, Expected, examine, failure, warning
from tests.probe.tls_certificates import authority

pytestmark = pytest.mark.slow

CLEAR, STARTTLS, TLS = Setup(), Setup("good"), Setup("good", secure=True)
CLEAR_AUTH, STARTTLS_AUTH = Setup(auth=True), Setup("good", auth=True)
LOGIN = {"user": USER, "password": PASSWORD}
WRONG = {"user": USER, "password": "wrong"}
RELAY = {"mail_from": "a@example.net", "rcpt_to": "b@example.org", "expect_refused": True}
INBOUND = {"mail_from": "a@example.net", "rcpt_to": "b@example.com"}
# Debian 12's opensmtpd fails every handshake: it is older than the OpenSSL that it is linked to
IN_CLEAR = ["postfix", "exim4", "opensmtpd", "dovecot"]
UNDER_TLS = ["postfix", "exim4", "dovecot"]
TRANSFER = ["postfix", "exim4", "opensmtpd"]

SCENARIOS: dict[str, tuple[list[str], Setup, dict[str, Any], Expected]] = {
    "in clear": (IN_CLEAR, CLEAR, {}, SUCCESS),
    "STARTTLS required, not offered": (IN_CLEAR, CLEAR, {"require_tls": True}, failure("starttls", "starttls_missing")),
    "TLS where there is none": (IN_CLEAR, CLEAR, {"secure": True}, failure("tls", "tls_handshake_failed")),
    "STARTTLS": (UNDER_TLS, STARTTLS, {"require_tls": True}, SUCCESS),
    "STARTTLS ignored": (UNDER_TLS, STARTTLS, {"ignore_tls": True}, SUCCESS),
    "TLS": (UNDER_TLS, TLS, {"secure": True}, SUCCESS),
    "expired": (UNDER_TLS, Setup("expired"), {}, failure("starttls", "tls_certificate_expired")),
    "wrong host": (UNDER_TLS, Setup("wrong-host"), {}, failure("starttls", "tls_hostname_mismatch")),
    "untrusted": (UNDER_TLS, Setup("untrusted"), {}, failure("starttls", "tls_certificate_untrusted")),
    "ends soon": (UNDER_TLS, Setup("ends-soon"), {}, warning("certificate_expires_soon")),
    "TLS, expired": (
        UNDER_TLS,
        Setup("expired", secure=True),
        {"secure": True},
        failure("tls", "tls_certificate_expired"),
    ),
    "AUTH": (["postfix", "exim4"], STARTTLS_AUTH, LOGIN, SUCCESS),
    "AUTH, wrong password": (UNDER_TLS, STARTTLS_AUTH, WRONG, failure("auth", "auth_rejected")),
    "AUTH, no TLS": (["postfix", "exim4", "dovecot"], CLEAR_AUTH, LOGIN, failure("auth", "auth_needs_tls")),
    "AUTH in clear": (["postfix", "exim4"], CLEAR_AUTH, {**LOGIN, "ignore_tls": True}, SUCCESS),
    "AUTH not offered": (["postfix", "exim4"], STARTTLS, LOGIN, failure("auth", "auth_not_offered")),
    "no open relay": (TRANSFER, CLEAR, RELAY, SUCCESS),
    "a relay for users": (
        ["postfix", "exim4"],
        STARTTLS_AUTH,
        {**LOGIN, **RELAY},
        failure("mail", "recipient_accepted"),
    ),
    "mail for its domain": (TRANSFER, CLEAR, INBOUND, SUCCESS),
    "mail for its domain under TLS": (["postfix", "exim4"], STARTTLS, INBOUND, SUCCESS),
    "mail for another's": (TRANSFER, CLEAR, {**RELAY, "expect_refused": False}, failure("mail", "recipient_rejected")),
    "its greeting": (TRANSFER, CLEAR, {"expect_greeting": "mail.example.com"}, SUCCESS),
}
CASES = [(scenario, server) for scenario, (servers, *_) in SCENARIOS.items() for server in servers]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers(SERVERS) as servers:
        yield servers


@pytest.mark.parametrize(("scenario", "server"), CASES)
async def test_a_real_server_is_told_for_what_it_is(
    scenario: str, server: str, servers: Servers, tmp_path: Path
) -> None:
    _, setup, options, expected = SCENARIOS[scenario]
    servers.require(server)
    if server == "postfix" and setup.auth:
        servers.require("dovecot")  # which knows the passwords
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority().ca.cert_pem.bytes())
    outcome = await examine(servers.port(server, setup), tls=TlsOptions(ca_file=str(ca_file)), **options)
    expected.matches(outcome)
