"""What a probe has found so far. It can end at any moment and still has an outcome."""

import time
from datetime import UTC, datetime

from server.checks.failure import Failed
from server.checks.outcome import Code, Outcome, Phase, TlsFacts, Warned, WarningCode
from server.checks.target import Target
from server.checks.text import masked, shortened, to_base64

MAX_CAPABILITIES = 64
MAX_CAPABILITY = 200  # characters


class Progress:
    def __init__(self, target: Target) -> None:
        self.target = target
        self.phase = Phase.DNS
        self.resolved: tuple[str, ...] = ()
        self.address: str | None = None
        self.tls: TlsFacts | None = None
        self.capabilities: tuple[str, ...] | None = None
        self.secrets = _forms(target.password) if target.password else []
        self._checked_at = datetime.now(UTC)
        self._timings: dict[Phase, float] = {}
        self._warnings: list[Warned] = []
        self._started = self._since = time.perf_counter()

    def enter(self, phase: Phase) -> None:
        """Enter a phase. The time until now counts for the phase before. A phase entered twice has the sum."""
        now = time.perf_counter()
        self._timings[self.phase] = self._timings.get(self.phase, 0.0) + (now - self._since) * 1000
        self.phase, self._since = phase, now

    def warn(self, code: WarningCode, detail: str = "") -> None:
        self._warnings.append(Warned(code, self._shown(detail)))

    def outcome(self, end: Failed | None) -> Outcome:
        """The outcome if the probe ends now; success if *end* is None."""
        self.enter(self.phase)
        total = (self._since - self._started) * 1000
        if end is None and self.target.warn_ms is not None and total > self.target.warn_ms:
            self.warn(WarningCode.SLOW, f"{total:.0f} ms")
        capabilities = self.capabilities
        if capabilities is not None:
            capabilities = tuple(line[:MAX_CAPABILITY] for line in capabilities[:MAX_CAPABILITIES])
        reply_text = None if end is None or end.reply_text is None else self._shown(end.reply_text)
        return Outcome(
            phase=self.phase,
            code=Code.OK if end is None else end.code,
            hostname=self.target.hostname,
            port=self.target.effective_port,
            checked_at=self._checked_at,
            timings=self._timings,
            total=total,
            detail="" if end is None else self._shown(end.detail),
            resolved=self.resolved,
            address=self.address,
            reply_code=None if end is None else end.reply_code,
            reply_text=reply_text,
            tls=self.tls,
            capabilities=capabilities,
            warnings=tuple(self._warnings),
        )

    def _shown(self, text: str) -> str:
        return shortened(masked(text, self.secrets))


def _forms(password: str) -> list[str]:
    """How a server may repeat it before anything was sent."""
    return [password, to_base64(password.encode())]
