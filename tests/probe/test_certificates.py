"""Certificates that nobody has checked: whatever they hold, they are read or refused, and what is shown is bounded."""

import re
import ssl
from datetime import UTC, datetime

import orjson
import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from server.checks import certificates
from tests.probe.tls_certificates import authority

DERS = [
    ssl.PEM_cert_to_DER_cert(authority().issue(kind).cert_chain_pems[0].bytes().decode())
    for kind in ("good", "wildcard", "wrong-host")
]
# where the values of names begin: tag, length, first byte
NAMES = [match.end() for match in re.finditer(rb"\x06\x03\x55\x04.", DERS[0], re.DOTALL)]
TAGS = st.sampled_from([3, 4, 5, 12, 19, 22, 30, 48])

Changes = dict[int, int]
anywhere = st.dictionaries(st.integers(0, 500), st.integers(0, 255), min_size=1, max_size=4)
in_a_name = st.builds(
    lambda where, tag, first: {where: tag, where + 2: first}, st.sampled_from(NAMES), TAGS, st.integers(0, 255) | TAGS
)


# a serial number that is not positive is read, with a warning
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(max_examples=500, deadline=None)
@given(st.sampled_from(DERS), anywhere | in_a_name)
def test_any_bytes_are_read_or_refused(der: bytes, changes: Changes) -> None:
    changed = bytearray(der)
    for where, byte in changes.items():
        changed[where] = byte
    try:
        found = x509.load_der_x509_certificate(bytes(changed))
        certificates.stands_for(found, "localhost")
        facts = certificates.facts(found, datetime.now(UTC))
    except certificates.MALFORMED:
        return
    assert len(orjson.dumps(facts)) < 30_000
