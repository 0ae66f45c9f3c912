"""The certificates that a server sends after its own."""

import ssl
from pathlib import Path

from server.checks.target import TlsOptions
from tests.probe import scripted_smtp
from tests.probe.probing import examine
from tests.probe.scripted_smtp import Step
from tests.probe.tls_certificates import authority

GREETED: list[Step] = [b"220 mail.example.com ESMTP\r\n", "EHLO", b"250 mail\r\n", "QUIT", b"221 bye\r\n"]


async def test_the_chain_is_shown_as_it_was_sent(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    authority().ca.cert_pem.write_to_path(str(ca_file))
    issuer = authority().ca.create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    for _ in range(2):  # read, and remembered
        async with scripted_smtp.serve([context, *GREETED]) as server:
            outcome = await examine(server.port, secure=True, tls=TlsOptions(ca_file=str(ca_file)))
        assert outcome.tls is not None
        assert outcome.tls.certificate is not None
        assert outcome.tls.verified
        [sent] = outcome.tls.chain
        assert sent.subject == outcome.tls.certificate.issuer
        assert sent.issuer != sent.subject
        assert sent.days_left > 0
