"""The SMTP dialogue of a probe, one method for each phase. Failed if the server does not do its part.

The dialogue is our own, and not aiosmtplib's: that connects, greets and shakes hands in one call, without a time for
each. It ends at the first TLS error without the certificate, and drops bytes injected behind STARTTLS in silence.
A STARTTLS that is advertised and fails is a failure, also where TLS is optional: senders would defer their mail.
"""

from collections.abc import Mapping

from server.checks import authentication, capabilities, sasl, tls
from server.checks.failure import Failed
from server.checks.outcome import Code, Phase, WarningCode
from server.checks.progress import Progress
from server.checks.reply import Reply, read_reply
from server.checks.text import shortened
from server.checks.wire import Wire

WATCHED = ("STARTTLS", "AUTH")


class Dialogue:
    def __init__(self, wire: Wire, progress: Progress) -> None:
        self._wire = wire
        self._progress = progress
        self._target = progress.target
        self._encrypted = False
        self._capabilities: Mapping[str, str] = {}

    async def handshake(self) -> None:
        """TLS from the first byte."""
        self._progress.enter(Phase.TLS)
        await self._secure()

    async def greet(self) -> None:
        self._progress.enter(Phase.GREETING)
        reply = await read_reply(self._wire)
        if reply.kind != 2:
            raise reply.failed(Code.GREETING_TEMPORARY, Code.GREETING_REJECTED)
        expected = self._target.expect_greeting
        if expected is not None and expected.lower() not in reply.text.lower():
            self._progress.warn(WarningCode.GREETING_NAME_DIFFERS, shortened(reply.text, 100))

    async def introduce(self) -> None:
        """EHLO, or HELO if the server refuses EHLO. Remembers the capabilities."""
        self._progress.enter(Phase.EHLO)
        name = self._target.ehlo_name or _address_literal(self._wire.local_address)
        reply = await self._command(f"EHLO {name}")
        if reply.kind == 2:
            self._capabilities = capabilities.parse(reply.lines[1:])
        elif reply.kind == 5:
            self._capabilities = {}
            reply = await self._command(f"HELO {name}")
        if reply.kind != 2:
            raise reply.failed(Code.EHLO_REJECTED, Code.EHLO_REJECTED)
        self._remember_capabilities()

    async def upgrade(self) -> None:
        """STARTTLS if it is wanted and offered, then EHLO again."""
        if self._target.ignore_tls or self._encrypted:
            return
        if "STARTTLS" not in self._capabilities:
            if self._target.require_tls:
                self._progress.enter(Phase.STARTTLS)
                raise Failed(Code.STARTTLS_MISSING)
            return
        self._progress.enter(Phase.STARTTLS)
        reply = await self._command("STARTTLS")
        if reply.kind != 2:
            raise reply.failed(Code.STARTTLS_REFUSED, Code.STARTTLS_REFUSED)
        if injected := self._wire.discard():
            raise Failed(Code.STARTTLS_INJECTION, f"{injected} bytes")
        await self._secure()
        await self.introduce()

    def compare_capabilities(self) -> None:
        known, offered = self._target.known_capabilities, self._progress.capabilities or ()
        if known == offered:
            return
        lost = capabilities.keywords(known) - capabilities.keywords(offered)
        if gone := [keyword for keyword in WATCHED if keyword in lost]:
            self._progress.warn(WarningCode.CAPABILITY_LOST, ", ".join(gone))

    async def authenticate(self) -> None:
        """Log in if there are credentials, by the strongest mechanism that both sides know."""
        user, password = self._target.user, self._target.password
        if not user or not password:
            return
        self._progress.enter(Phase.AUTH)
        if not self._encrypted and not self._target.ignore_tls:
            raise Failed(Code.AUTH_NEEDS_TLS)
        if "AUTH" not in self._capabilities:
            raise Failed(Code.AUTH_NOT_OFFERED)
        offered = self._capabilities["AUTH"].split()
        mechanism = next((name for name in sasl.MECHANISMS if name in offered), None)
        if mechanism is None:
            raise Failed(Code.AUTH_MECHANISM_UNSUPPORTED, " ".join(offered))
        exchange = sasl.MECHANISMS[mechanism](user, password)
        await authentication.run(self._command, mechanism, exchange, self._progress.secrets)

    async def offer_mail(self) -> None:
        """MAIL and RCPT if the target asks for them. No message is ever sent."""
        sender, recipient = self._target.mail_from, self._target.rcpt_to
        if sender is None and recipient is None:
            return
        self._progress.enter(Phase.MAIL)
        refused = self._target.expect_refused
        reply = await self._command(f"MAIL FROM:<{sender or ''}>")
        if refused and reply.kind == 5:
            return
        if reply.kind != 2:
            raise reply.failed(Code.SENDER_TEMPORARY, Code.SENDER_REJECTED)
        if recipient is None:
            return
        reply = await self._command(f"RCPT TO:<{recipient}>")
        if refused and reply.kind == 2:
            raise Failed(Code.RECIPIENT_ACCEPTED, reply_code=reply.code, reply_text=reply.text)
        if reply.kind != (5 if refused else 2):
            raise reply.failed(Code.RECIPIENT_TEMPORARY, Code.RECIPIENT_REJECTED)

    async def leave(self) -> None:
        """QUIT. The server has done its part, so a wrong end is a warning only."""
        self._progress.enter(Phase.QUIT)
        try:
            reply = await self._command("QUIT")
        except Failed as failure:
            self._progress.warn(WarningCode.QUIT_NOT_221, failure.code.value)
            return
        if reply.code != 221:
            self._progress.warn(WarningCode.QUIT_NOT_221, f"{reply.code} {reply.text}")

    async def _command(self, line: str) -> Reply:
        self._wire.send(line)
        return await read_reply(self._wire)

    async def _secure(self) -> None:
        connection = tls.connection(self._target)
        await self._wire.secure(connection)
        self._encrypted = True
        facts, code, detail = tls.judge(connection, self._target)
        self._progress.tls = facts
        options = self._target.tls
        if options.verify and code is not Code.OK:
            raise Failed(code, detail)
        if facts.certificate is not None:
            left = facts.certificate.days_left
            if options.critical_days > 0 and left < options.critical_days:
                raise Failed(Code.TLS_CERTIFICATE_EXPIRES_SOON, f"{left} days")
            if options.warn_days > 0 and left < options.warn_days:
                self._progress.warn(WarningCode.CERTIFICATE_EXPIRES_SOON, f"{left} days")
        if facts.version in tls.OLD_VERSIONS:
            self._progress.warn(WarningCode.TLS_VERSION_OLD, facts.version)

    def _remember_capabilities(self) -> None:
        """All that was offered: what a server no longer offers under TLS is STARTTLS itself."""
        upgraded = self._encrypted and self._progress.capabilities is not None
        offered = {**self._capabilities, "STARTTLS": ""} if upgraded else self._capabilities
        self._progress.capabilities = capabilities.render(offered)


def _address_literal(address: str) -> str:
    """RFC 5321, 4.1.3: how a client without a name introduces itself."""
    return f"[IPv6:{address.partition('%')[0]}]" if ":" in address else f"[{address}]"
