"""Certificates and handshakes of every fault, under implicit TLS and behind STARTTLS, and the truth about each."""

from pathlib import Path
from typing import Any

import pytest

from server.checks.outcome import Outcome
from server.checks.target import TlsOptions
from server.resources.smtp_checks import represent
from tests.probe import scripted_smtp
from tests.probe.probing import PATIENCE, SUCCESS, Expected, examine, failure, warning
from tests.probe.scripted_smtp import Session, Step, silence
from tests.probe.tls_certificates import authority

GREETING = b"220 mail.example.com ESMTP\r\n"
OFFER = b"250-mail\r\n250 STARTTLS\r\n"  # as the last line, where many look for "250-STARTTLS"
AFTER = b"250-mail\r\n250 AUTH PLAIN\r\n"
GO = b"220 go ahead\r\n"
END: list[Step] = ["QUIT", b"221 bye\r\n"]
UPGRADE: list[Step] = [GREETING, "EHLO", OFFER, "STARTTLS", GO]


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    path.write_bytes(authority().ca.cert_pem.bytes())
    return str(path)


# certificate, options of TLS, the truth: success, a warning, or the code of the failure
CERTIFICATES: dict[str, tuple[str, dict[str, Any], str | Expected]] = {
    "good": ("good", {}, SUCCESS),
    "expired": ("expired", {}, "tls_certificate_expired"),
    "not yet valid": ("not-yet-valid", {}, "tls_certificate_not_yet_valid"),
    "untrusted": ("untrusted", {}, "tls_certificate_untrusted"),
    "wrong host": ("wrong-host", {}, "tls_hostname_mismatch"),
    "another name is right": ("wrong-host", {"servername": "other.example.com"}, SUCCESS),
    "an address is right": ("wrong-host", {"servername": "192.0.2.1"}, SUCCESS),
    "a wildcard": ("wildcard", {"servername": "MX.example.com"}, SUCCESS),
    "a wildcard is one label": ("wildcard", {"servername": "a.mx.example.com"}, "tls_hostname_mismatch"),
    "a wildcard is a label": ("wildcard", {"servername": "example.com"}, "tls_hostname_mismatch"),
    "ends soon": ("ends-soon", {}, warning("certificate_expires_soon")),
    "does not end that soon": ("ends-soon", {"warn_days": 5}, SUCCESS),
    "ends soon, and nobody minds": ("ends-soon", {"warn_days": 0}, SUCCESS),
    "ends too soon": ("ends-soon", {"critical_days": 6}, "tls_certificate_expires_soon"),
    "untrusted, not verified": ("untrusted", {"verify": False}, SUCCESS),
    "wrong host, not verified": ("wrong-host", {"verify": False}, SUCCESS),
    "expired, not verified": ("expired", {"verify": False}, warning("certificate_expires_soon")),
    "an old version": ("old", {}, warning("tls_version_old")),
    "a version too old, so that the server hangs up": ("old", {"min_version": "TLSv1.2"}, "connection_closed"),
}


@pytest.mark.parametrize("mode", ["tls", "starttls"])
@pytest.mark.parametrize("name", CERTIFICATES)
async def test_a_certificate_is_judged_and_shown(name: str, mode: str, ca_file: str) -> None:
    kind, options, truth = CERTIFICATES[name]
    context = authority().context(kind)
    fails = isinstance(truth, str)
    before: list[Step] = [context, GREETING] if mode == "tls" else [*UPGRADE, context]
    farewell: list[Step] = ["QUIT"] if fails else ["EHLO", AFTER, *END]
    async with scripted_smtp.serve([*before, *farewell]) as server:
        outcome = await examine(server.port, secure=mode == "tls", tls=TlsOptions(ca_file=ca_file, **options))
    expected = failure(mode, truth) if isinstance(truth, str) else truth
    expected.matches(outcome)
    if expected.code != "connection_closed":
        assert server.surprises == []
        _shows_the_certificate(outcome, kind, verified=not fails and options.get("verify", True))


def _shows_the_certificate(outcome: Outcome, kind: str, *, verified: bool) -> None:
    assert outcome.tls is not None
    assert outcome.tls.certificate is not None
    assert outcome.tls.verified is (verified or kind == "ends-soon")
    assert outcome.tls.version == ("TLSv1.1" if kind == "old" else "TLSv1.3")
    days = {"expired": -3, "ends-soon": 5, "good": 89, "old": 89}
    assert outcome.tls.certificate.days_left == days.get(kind, outcome.tls.certificate.days_left)
    names = {"wrong-host": ("other.example.com", "192.0.2.1"), "wildcard": ("*.example.com",)}
    assert outcome.tls.certificate.sans == names.get(kind, ("localhost", "127.0.0.1"))


async def test_an_untrusted_certificate_is_shown_whole(ca_file: str) -> None:
    context = authority().context("untrusted")
    async with scripted_smtp.serve([*UPGRADE, context, "QUIT"]) as server:
        outcome = await examine(server.port, tls=TlsOptions(ca_file=ca_file))
    shown = represent(outcome, "en")
    tls = shown["tls"]
    assert isinstance(tls, dict)
    certificate = tls.pop("certificate")
    assert tls == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": False, "chain": []}
    assert list(certificate) == [
        *["subject", "issuer", "sans", "serialNumber", "fingerprintSha256", "notBefore", "notAfter", "daysLeft"]
    ]
    assert len(certificate["fingerprintSha256"]) == 64
    assert "trustme" in certificate["issuer"]
    assert shown["message"] == "The certificate is not trusted: its issuer is not known"
    assert shown["capabilities"] == ["STARTTLS"]


async def clear_reply(session: Session) -> None:
    """To a server that does not know what it said, the handshake is a command."""
    await session.receive_some()
    await session.send(b"500 what\r\n")


async def alert(session: Session) -> None:
    """A server without a version or cipher in common."""
    await session.receive_some()
    await session.send(b"\x15\x03\x01\x00\x02\x02\x46")


async def hang_up_in_handshake(session: Session) -> None:
    await session.hang_up()


HANDSHAKES: dict[str, tuple[list[Step], dict[str, Any], Expected]] = {
    "TLS where there is none": (
        [GREETING, silence],
        {"secure": True, "timeout_seconds": 5},
        failure("tls", "tls_handshake_failed"),
    ),
    "silence instead of TLS": ([silence], {"secure": True, "timeout_seconds": PATIENCE}, failure("tls", "timeout")),
    "no version in common": ([alert], {"secure": True}, failure("tls", "tls_handshake_failed")),
    "no version in common behind STARTTLS": ([*UPGRADE, alert], {}, failure("starttls", "tls_handshake_failed")),
    "closed in the handshake": ([], {"secure": True}, failure("tls", "connection_closed")),
    "STARTTLS refused for now": (
        [GREETING, "EHLO", OFFER, "STARTTLS", b"454 no entropy\r\n", "QUIT"],
        {},
        failure("starttls", "starttls_refused"),
    ),
    "STARTTLS refused": (
        [GREETING, "EHLO", OFFER, "STARTTLS", b"502 what\r\n", "QUIT"],
        {"require_tls": True},
        failure("starttls", "starttls_refused"),
    ),
    "STARTTLS ignored": (
        [GREETING, "EHLO", OFFER, *END],
        {"ignore_tls": True},
        SUCCESS,
    ),
    "bytes injected behind STARTTLS": (
        [*UPGRADE[:-1], GO + b"250 injected\r\n", silence],
        {},
        failure("starttls", "starttls_injection"),
    ),
    "half a line injected": ([*UPGRADE[:-1], GO + b"2", silence], {}, failure("starttls", "starttls_injection")),
    "closed at STARTTLS": (UPGRADE[:-1], {}, failure("starttls", "connection_closed")),
    "closed behind STARTTLS": ([*UPGRADE, hang_up_in_handshake], {}, failure("starttls", "connection_closed")),
    "no handshake": ([*UPGRADE, silence], {"timeout_seconds": PATIENCE}, failure("starttls", "timeout")),
    "an answer in clear": ([*UPGRADE, clear_reply], {}, failure("starttls", "tls_handshake_failed")),
    "closed under TLS": (
        [*UPGRADE, authority().context("good")],
        {"tls": TlsOptions(verify=False)},
        failure("ehlo", "connection_closed"),
    ),
    "STARTTLS lost": (
        [GREETING, "EHLO", b"250 mail\r\n", *END],
        {"known_capabilities": ("STARTTLS",)},
        warning("capability_lost"),
    ),
    "STARTTLS used is not lost": (
        [*UPGRADE, authority().context("good"), "EHLO", AFTER, *END],
        {"known_capabilities": ("STARTTLS", "AUTH PLAIN"), "tls": TlsOptions(verify=False)},
        SUCCESS,
    ),
}


@pytest.mark.parametrize("name", HANDSHAKES)
async def test_a_handshake_is_told_for_what_it_is(name: str) -> None:
    script, options, expected = HANDSHAKES[name]
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port, **options)
    expected.matches(outcome)
    assert server.surprises == []


async def test_capabilities_are_those_of_both_introductions() -> None:
    script: list[Step] = [*UPGRADE, authority().context("good"), "EHLO", AFTER, *END]
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port, tls=TlsOptions(verify=False))
    assert outcome.capabilities == ("AUTH PLAIN", "STARTTLS")
    assert set(outcome.timings) == {"dns", "connect", "greeting", "ehlo", "starttls", "quit"}


@pytest.mark.parametrize(
    ("pattern", "instead", "detail"),
    [
        (rb"(\x17\x0d\d\d)\d\d", rb"\g<1>99", "it is malformed"),
        (b"localhost", b"\xff" * 9, "its issuer is not known"),
        (rb"\x0c(.)Testing cert", b"\3\\1\0esting cert", "its issuer is not known"),  # a name that is a bit string
    ],
)
async def test_a_malformed_certificate_is_not_trusted(
    pattern: bytes, instead: bytes, detail: str, tmp_path: Path
) -> None:
    context = authority().broken_context(pattern, instead, tmp_path)
    async with scripted_smtp.serve([context, GREETING, "QUIT"]) as server:
        outcome = await examine(server.port, secure=True)
    failure("tls", "tls_certificate_untrusted").matches(outcome)
    assert outcome.detail == detail
    assert represent(outcome, "en")["tls"] is not None


async def test_the_systems_authorities_are_trusted_and_no_others(tmp_path: Path) -> None:
    script: list[Step] = [*UPGRADE, authority().context("good"), "QUIT"]
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port)
    failure("starttls", "tls_certificate_untrusted").matches(outcome)
