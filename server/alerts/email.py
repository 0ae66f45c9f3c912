"""Alerts by e-mail, over one relay."""

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote

import aiosmtplib

from server.alerts.alert import Alert, DeliveryError, subject, text

TIMEOUT = 20.0  # seconds for the whole of it
PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes the mail: ``smtps`` is TLS from the first byte, ``smtp`` uses STARTTLS if it is offered.

    A password is sent over TLS alone.
    """

    host: str
    port: int
    tls: bool
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: SplitResult, sender: str) -> "Relay":
        """From ``smtp[s]://[user:password@]host[:port]``; ValueError otherwise."""
        if url.scheme not in PORTS or not url.hostname or url.path.strip("/") or url.query:
            raise ValueError("must be smtp://[user:password@]host[:port], or smtps://")
        user = None if url.username is None else unquote(url.username)
        password = None if url.password is None else unquote(url.password)
        if (user is None) != (password is None):
            raise ValueError("must have both user and password, or neither")
        return cls(url.hostname, url.port or PORTS[url.scheme], url.scheme == "smtps", sender, user, password)


class Email:
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def deliver(self, alert: Alert) -> str:
        relay = self._relay
        try:
            _, reply = await aiosmtplib.send(
                self._message(alert),
                sender=relay.sender,
                recipients=[alert.recipient],  # as it is stored, and not as a header is read
                hostname=relay.host,
                port=relay.port,
                use_tls=relay.tls,
                start_tls=True if relay.user and not relay.tls else None,
                username=relay.user,
                password=relay.password,
                tls_context=ssl.create_default_context(),
                timeout=TIMEOUT,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            raise DeliveryError(f"{refused.code} {refused.message}", final=refused.code >= 500) from error
        except aiosmtplib.SMTPResponseException as error:
            raise DeliveryError(f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise DeliveryError.of(error) from error
        return reply

    def _message(self, alert: Alert) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._relay.sender
        message["To"] = alert.recipient
        message["Subject"] = subject(alert)
        message["Date"] = format_datetime(alert.created_at)
        # the same at every attempt, so that a receiver can drop repeats
        message["Message-ID"] = f"<{alert.id}@{self._relay.sender.rpartition('@')[2]}>"
        message["X-Alert-Id"] = str(alert.id)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text(alert))
        return message
