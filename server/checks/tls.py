"""TLS for a probe: shake hands with any server, then judge what was found.

OpenSSL's own verification runs during the handshake and its errors are gathered rather than obeyed, so that one
handshake gives both the verdict and the certificate that failed it. The standard library's ssl ends the handshake
at the first error and gives no certificate.

No session is ever resumed. A server that resumes one shows no certificate, so a probe could only repeat the verdict
on an older one, while other clients meet an expired or a wrong one: postfix keeps the keys of its tickets when its
certificate changes. Resuming every session would save about a third of a probe's CPU: against postfix 0.66 ms instead
of 0.96, in two short runs on a busy machine. What is shared are contexts, which hold the authorities, and what was
read of a certificate with equal bytes (``tests/probe/test_changed_certificates.py``).
"""

from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address

from cryptography import x509
from OpenSSL import SSL

from server.checks import certificates
from server.checks.outcome import Code, TlsFacts
from server.checks.target import Target
from server.checks.text import readable, shortened

VERSIONS = {
    "TLSv1": SSL.TLS1_VERSION,
    "TLSv1.1": SSL.TLS1_1_VERSION,
    "TLSv1.2": SSL.TLS1_2_VERSION,
    "TLSv1.3": SSL.TLS1_3_VERSION,
}
OLD_VERSIONS = ("TLSv1", "TLSv1.1")
# Level 0 is what lets TLS 1.0 and 1.1 be spoken at all, so that they can be reported. Finite-field Diffie-Hellman
# is offered by nobody today (RFC 9325, 4.1): there a server chooses the group, and one of 10,000 bits takes 0.6 s.
CIPHERS = b"DEFAULT:!kDHE:@SECLEVEL=0"
MAX_ISSUERS = 8  # in a chain; each costs up to 9 ms, and OpenSSL would follow 100
NOT_YET_VALID, EXPIRED = 9, 10  # X509_V_ERR_…
REASONS = {
    2: "an issuer's certificate is missing",
    18: "it is self-signed",
    19: "a self-signed certificate is in its chain",
    20: "its issuer is not known",
    21: "its issuer is not known",
    22: "its chain of issuers is too long",
    23: "it is revoked",
    26: "it is not for a server",
}


def connection(target: Target) -> SSL.Connection:
    """The client's side of a handshake, not yet connected."""
    tls = SSL.Connection(_context(target.tls.min_version, target.tls.ca_file), None)
    tls.set_app_data([])  # the errors of the verification, in the order OpenSSL finds them
    tls.set_connect_state()
    name = servername(target)
    if not _is_address(name):  # RFC 6066, 3: an address is no server name
        tls.set_tlsext_host_name(name.encode("ascii", "ignore"))
    return tls


def servername(target: Target) -> str:
    return target.tls.servername or target.hostname


def require_authorities(ca_file: str) -> None:
    """ValueError if nothing in that file can be trusted."""
    try:
        _context(None, ca_file)
    except SSL.Error as error:
        raise ValueError(f"there is no certificate in {ca_file}") from error


def judge(tls: SSL.Connection, target: Target) -> tuple[TlsFacts, Code, str]:
    """What was negotiated, and why the certificate is rejected; OK if it is valid."""
    version, cipher = tls.get_protocol_version_name(), tls.get_cipher_name() or ""
    now = datetime.now(UTC)
    try:
        found = tls.get_peer_certificate(as_cryptography=True)
        certificate = None if found is None else certificates.facts(found, now)
    except certificates.MALFORMED:
        return TlsFacts(version, cipher, False, None), Code.TLS_CERTIFICATE_UNTRUSTED, "it is malformed"
    code, detail = _judge_certificate(tls, found, servername(target))
    sent = tls.get_peer_cert_chain() or []  # the first is the server's own
    chain = certificates.facts_of_chain(sent[1 : MAX_ISSUERS + 1], now)
    return TlsFacts(version, cipher, code is Code.OK, certificate, chain), code, detail


def _judge_certificate(tls: SSL.Connection, found: x509.Certificate | None, name: str) -> tuple[Code, str]:
    if found is None:
        return Code.TLS_CERTIFICATE_UNTRUSTED, "there is none"
    if errors := tls.get_app_data():
        first = errors[0]
        if first == EXPIRED:
            return Code.TLS_CERTIFICATE_EXPIRED, ""
        if first == NOT_YET_VALID:
            return Code.TLS_CERTIFICATE_NOT_YET_VALID, ""
        return Code.TLS_CERTIFICATE_UNTRUSTED, REASONS.get(first, f"OpenSSL's verification error {first}")
    if not certificates.stands_for(found, name):
        names = ", ".join(certificates.alternative_names(found)[:5])
        return Code.TLS_HOSTNAME_MISMATCH, shortened(readable(names))
    return Code.OK, ""


@lru_cache(maxsize=16)
def _context(min_version: str | None, ca_file: str | None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(VERSIONS[min_version or "TLSv1"])
    context.set_cipher_list(CIPHERS)
    context.set_options(SSL.OP_NO_RENEGOTIATION)
    context.set_verify_depth(MAX_ISSUERS)
    context.set_verify(SSL.VERIFY_PEER, _gather)
    if ca_file is None:
        context.set_default_verify_paths()
    else:
        context.load_verify_locations(ca_file)
    return context


def _gather(tls: SSL.Connection, _certificate: object, error: int, _depth: int, ok: int) -> bool:
    if not ok:
        tls.get_app_data().append(error)
    return True


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
