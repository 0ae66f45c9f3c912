"""What a probe found: always a value, never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


class Phase(StrEnum):
    """The phases of a probe, in the order of the answer. TLS is implicit TLS; STARTTLS includes its handshake."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    QUIT = "quit"


class Code(StrEnum):
    """Why it failed, or OK."""

    OK = "ok"
    INTERNAL_ERROR = "internal_error"
    SECRETS_UNAVAILABLE = "secrets_unavailable"
    TIMEOUT = "timeout"
    CONNECTION_CLOSED = "connection_closed"
    PROTOCOL_ERROR = "protocol_error"
    DNS_NOT_FOUND = "dns_not_found"
    DNS_FAILED = "dns_failed"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_UNREACHABLE = "connect_unreachable"
    TARGET_NOT_ALLOWED = "target_not_allowed"
    STARTTLS_MISSING = "starttls_missing"
    STARTTLS_REFUSED = "starttls_refused"
    STARTTLS_INJECTION = "starttls_injection"
    TLS_HANDSHAKE_FAILED = "tls_handshake_failed"
    TLS_CERTIFICATE_EXPIRED = "tls_certificate_expired"
    TLS_CERTIFICATE_NOT_YET_VALID = "tls_certificate_not_yet_valid"
    TLS_CERTIFICATE_UNTRUSTED = "tls_certificate_untrusted"
    TLS_HOSTNAME_MISMATCH = "tls_hostname_mismatch"
    TLS_CERTIFICATE_EXPIRES_SOON = "tls_certificate_expires_soon"
    GREETING_TEMPORARY = "greeting_temporary"
    GREETING_REJECTED = "greeting_rejected"
    EHLO_REJECTED = "ehlo_rejected"
    AUTH_NOT_OFFERED = "auth_not_offered"
    AUTH_MECHANISM_UNSUPPORTED = "auth_mechanism_unsupported"
    AUTH_NEEDS_TLS = "auth_needs_tls"
    AUTH_TEMPORARY = "auth_temporary"
    AUTH_REJECTED = "auth_rejected"
    SENDER_TEMPORARY = "sender_temporary"
    SENDER_REJECTED = "sender_rejected"
    RECIPIENT_TEMPORARY = "recipient_temporary"
    RECIPIENT_REJECTED = "recipient_rejected"
    RECIPIENT_ACCEPTED = "recipient_accepted"


class WarningCode(StrEnum):
    CERTIFICATE_EXPIRES_SOON = "certificate_expires_soon"
    CAPABILITY_LOST = "capability_lost"
    SLOW = "slow"
    TLS_VERSION_OLD = "tls_version_old"
    QUIT_NOT_221 = "quit_not_221"
    GREETING_NAME_DIFFERS = "greeting_name_differs"


@dataclass(frozen=True, slots=True)
class Warned:
    """*detail* adds to the code, for instance the days left."""

    code: WarningCode
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    subject: str
    issuer: str
    sans: tuple[str, ...]
    serial_number: str
    fingerprint_sha256: str
    not_before: datetime
    not_after: datetime
    days_left: int


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was negotiated. *verified* says whether the certificate is valid, even if nobody asked.

    *chain* are the certificates that the server sent after its own: its issuers, if it is right.
    """

    version: str
    cipher: str
    verified: bool
    certificate: Certificate | None
    chain: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """*timings* are milliseconds of the phases entered; *phase* is the last of them.

    *detail* is the technical reason where there is one; *reply_text* is bounded and has no credential in it.
    *resolved*, the addresses of the name, is for the terminal of an operator alone: to others it would tell what a name
    means inside.
    """

    phase: Phase
    code: Code
    hostname: str
    port: int
    checked_at: datetime
    timings: Mapping[Phase, float]
    total: float
    detail: str = ""
    resolved: tuple[str, ...] = ()
    address: str | None = None
    reply_code: int | None = None
    reply_text: str | None = None
    tls: TlsFacts | None = None
    capabilities: tuple[str, ...] | None = None
    warnings: tuple[Warned, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if self.code is not Code.OK:
            return Verdict.FAILURE
        return Verdict.WARNING if self.warnings else Verdict.SUCCESS
