"""The facts of a certificate, whether it is valid or not."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL.crypto import X509

from server.checks.outcome import Certificate
from server.checks.text import readable, shortened

MAX_NAMES = 100
MAX_NAME = 253  # characters
SECONDS_PER_DAY = 86400
REMEMBERED = 512  # certificates, of up to 100 KB each; to read one takes 0.1 ms, a tenth of a probe under TLS
MAX_SERIAL = 100  # hexadecimal digits; RFC 5280 allows 40
# what reading a field of an unchecked certificate may raise; TypeError is of a name that is a bit string
MALFORMED = (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, x509.InvalidVersion)


def facts(found: x509.Certificate, now: datetime) -> Certificate:
    """Everything that is shown of a certificate; ValueError if it has no valid time."""
    return _at(_read(found), now)


def facts_of_chain(sent: Sequence[X509], now: datetime) -> tuple[Certificate, ...]:
    """Of certificates as OpenSSL holds them, up to the first that is malformed.

    They are told apart by their digests: to convert each takes 40 µs, every time (``tests/probe/test_chains.py``).
    """
    read = []
    with contextlib.suppress(*MALFORMED):
        for one in sent:
            read.append(_at(_read_sent(_Sent(one.digest("sha256"), one)), now))
    return tuple(read)


@dataclass(frozen=True, slots=True)
class _Sent:
    digest: bytes
    certificate: X509 = field(compare=False)


@lru_cache(maxsize=REMEMBERED)
def _read_sent(sent: _Sent) -> Certificate:
    return _read(sent.certificate.to_cryptography())


def _at(read: Certificate, now: datetime) -> Certificate:
    return replace(read, days_left=days_left(read.not_after, now))


def days_left(not_after: datetime, now: datetime) -> int:
    """Whole days; negative after the end."""
    return int((not_after - now).total_seconds() // SECONDS_PER_DAY)


@lru_cache(maxsize=REMEMBERED)
def _read(found: x509.Certificate) -> Certificate:
    """What does not change with time. Equal bytes are the same certificate."""
    return Certificate(
        subject=_name(lambda: found.subject),
        issuer=_name(lambda: found.issuer),
        sans=tuple(shortened(readable(name), MAX_NAME) for name in alternative_names(found)[:MAX_NAMES]),
        serial_number=shortened(f"{found.serial_number:x}", MAX_SERIAL),
        fingerprint_sha256=found.fingerprint(hashes.SHA256()).hex(),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        days_left=0,
    )


def alternative_names(found: x509.Certificate) -> list[str]:
    """The host names and addresses of a certificate. The common name is not one of them (RFC 9525, 2)."""
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns = names.get_values_for_type(x509.DNSName)
        return [*dns, *(str(address) for address in names.get_values_for_type(x509.IPAddress))]
    except (x509.ExtensionNotFound, *MALFORMED):
        return []


@lru_cache(maxsize=REMEMBERED)
def stands_for(found: x509.Certificate, hostname: str) -> bool:
    """Whether it is for that host name or address. A wildcard stands for the leftmost label alone."""
    wanted = hostname.lower().removesuffix(".")
    with contextlib.suppress(ValueError):
        wanted = str(ip_address(wanted))
        return wanted in alternative_names(found)
    _, _, parent = wanted.partition(".")
    accepted = {wanted, f"*.{parent}"} if "." in parent else {wanted}
    return any(name.lower().removesuffix(".") in accepted for name in alternative_names(found))


def _name(read: Callable[[], x509.Name]) -> str:
    try:
        return shortened(readable(read().rfc4514_string()))
    except MALFORMED:
        return ""
