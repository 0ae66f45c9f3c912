"""A server that changes its certificate is judged by the new one at once, also where it would resume a session."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from server.checks import certificates
from server.checks.target import TlsOptions
from tests.probe import scripted_smtp
from tests.probe.probing import SUCCESS, examine, failure
from tests.probe.scripted_smtp import Step
from tests.probe.test_probe_tls import AFTER, END, UPGRADE
from tests.probe.tls_certificates import authority

FAULTS = {
    "expired": "tls_certificate_expired",
    "wrong-host": "tls_hostname_mismatch",
    "untrusted": "tls_certificate_untrusted",
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_the_next_probe_sees_another_certificate(kind: str, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority().ca.cert_pem.bytes())
    context = authority().context("good")
    script: list[Step] = [*UPGRADE, context, "EHLO", AFTER, *END]
    tls = TlsOptions(ca_file=str(ca_file))
    async with scripted_smtp.serve(script) as server:
        SUCCESS.matches(await examine(server.port, tls=tls))
        SUCCESS.matches(await examine(server.port, tls=tls))
        authority().issue(kind).configure_cert(context)  # the keys of its tickets stay
        failure("starttls", FAULTS[kind]).matches(await examine(server.port, tls=tls))
        authority().issue("good").configure_cert(context)
        SUCCESS.matches(await examine(server.port, tls=tls))
    assert context.session_stats()["hits"] == 0


def test_the_days_left_are_counted_each_time() -> None:
    pem = authority().issue("good").cert_chain_pems[0].bytes()
    now = datetime.now(UTC)
    days = [
        certificates.facts(x509.load_pem_x509_certificate(pem), now + timedelta(days=passed)).days_left
        for passed in (0, 1, 100)
    ]
    assert days == [89, 88, -11]
