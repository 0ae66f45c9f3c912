"""An outcome for a terminal."""

from server.checks.outcome import Code, Outcome, TlsFacts
from server.checks.text import escaped
from server.checks.words import describe


def render(outcome: Outcome) -> str:
    message = describe(outcome.code, "en", outcome.detail)
    where = f"{outcome.hostname}:{outcome.port}"
    if outcome.address not in (None, outcome.hostname):
        where += f" ({outcome.address})"
    lines = [f"{outcome.verdict.value}: {where}: {message} [{outcome.phase.value}: {outcome.code.value}]"]
    if outcome.code is Code.TARGET_NOT_ALLOWED:
        lines.append(f"  resolved      {', '.join(outcome.resolved)}")
    if outcome.reply_code is not None:
        lines.append(f"  reply         {outcome.reply_code} {outcome.reply_text}")
    for warned in outcome.warnings:
        lines.append(f"  warning       {describe(warned.code, 'en', warned.detail)} [{warned.code.value}]")
    lines += _render_tls(outcome.tls)
    if outcome.capabilities is not None:
        lines.append(f"  capabilities  {', '.join(outcome.capabilities) or 'none'}")
    lines += [f"  {phase.value:<12}{milliseconds:>9.1f} ms" for phase, milliseconds in outcome.timings.items()]
    lines.append(f"  {'total':<12}{outcome.total:>9.1f} ms")
    return "\n".join(map(escaped, lines))


def _render_tls(tls: TlsFacts | None) -> list[str]:
    if tls is None:
        return []
    lines = [f"  tls           {tls.version}, {tls.cipher}, {'verified' if tls.verified else 'not verified'}"]
    if (found := tls.certificate) is not None:
        lines += [
            f"  certificate   {found.subject}, for {', '.join(found.sans) or 'no name'}",
            f"  issued by     {found.issuer}",
            f"  valid until   {found.not_after:%Y-%m-%d %H:%M} UTC, {found.days_left} days",
        ]
    lines += [f"  sent with it  {one.subject}, {one.days_left} days" for one in tls.chain]
    return lines
