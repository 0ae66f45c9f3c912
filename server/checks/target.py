"""What to probe: one server, and how to speak to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.fields.ehlo_name import ehlo_name
from server.fields.values import hostname as hostname_of

SMTP_PORT = 25
SMTPS_PORT = 465
WARN_DAYS = 14
DEFAULT_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How a certificate and a handshake are judged.

    *servername* stands in for the host name in SNI and in the judgement of the certificate; *min_version* is
    ``TLSv1``, ``TLSv1.1``, ``TLSv1.2`` or ``TLSv1.3``; a certificate with fewer days left than *warn_days* is a
    warning, than *critical_days* a failure, 0 is never; *ca_file* is trusted instead of the system's authorities.
    """

    verify: bool = True
    servername: str | None = None
    min_version: str | None = None
    warn_days: int = WARN_DAYS
    critical_days: int = 0
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One server. *known_capabilities* are those of its last success, if there was one."""

    hostname: str
    port: int | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    secure: bool = False
    ignore_tls: bool = False
    require_tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: TlsOptions = TlsOptions()
    ehlo_name: str | None = None
    mail_from: str | None = None
    rcpt_to: str | None = None
    expect_refused: bool = False
    expect_greeting: str | None = None
    warn_ms: int | None = None
    known_capabilities: tuple[str, ...] = ()

    @property
    def effective_port(self) -> int:
        return self.port or (SMTPS_PORT if self.secure else SMTP_PORT)


def from_config(
    hostname: str,
    port: int | None,
    timeout_seconds: float,
    config: Mapping[str, Any],
    *,
    known_capabilities: tuple[str, ...] = (),
) -> Target:
    """The target of a monitor, from its fields and its smtpConfig with the password in it."""
    auth = config.get("auth") or {}
    tls = config.get("tls") or {}
    return Target(
        hostname=hostname,
        port=port,
        timeout_seconds=timeout_seconds,
        secure=config.get("secure", False),
        ignore_tls=config.get("ignoreTls", False),
        require_tls=config.get("requireTls", False),
        user=auth.get("user"),
        password=auth.get("pass"),
        tls=TlsOptions(
            verify=tls.get("verify", True),
            servername=hostname_of(tls["servername"]) if tls.get("servername") else None,
            min_version=tls.get("minVersion"),
            warn_days=tls.get("warnDays", WARN_DAYS),
            critical_days=tls.get("criticalDays", 0),
        ),
        ehlo_name=ehlo_name(config["ehloName"]) if config.get("ehloName") else None,
        mail_from=config.get("mailFrom"),
        rcpt_to=config.get("rcptTo"),
        expect_refused=config.get("expect") == "refused",
        expect_greeting=config.get("expectGreeting"),
        warn_ms=config.get("warnMs"),
        known_capabilities=known_capabilities,
    )
