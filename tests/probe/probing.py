"""How tests probe: with loopback allowed, and with their own authority trusted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.checks.networks import Networks
from server.checks.outcome import Outcome
from server.checks.probe import probe
from server.checks.target import Target, TlsOptions

LOOPBACK = Networks.parse("127.0.0.0/8, ::1")
SLACK_SECONDS = 5.0  # a loaded machine wakes up late
PATIENCE = 1.0  # of a probe that meets silence: time for what comes before it, on a loaded machine, too


@dataclass(frozen=True)
class Expected:
    """The truth of a scenario; *warnings* are codes."""

    verdict: str
    phase: str
    code: str
    warnings: Sequence[str] = ()

    def matches(self, outcome: Outcome) -> None:
        found = Expected(
            outcome.verdict.value,
            outcome.phase.value,
            outcome.code.value,
            tuple(warned.code.value for warned in outcome.warnings),
        )
        assert found == replace(self, warnings=tuple(self.warnings)), outcome


SUCCESS = Expected("success", "quit", "ok")


def warning(*codes: str) -> Expected:
    return Expected("warning", "quit", "ok", codes)


def failure(phase: str, code: str, *warnings: str) -> Expected:
    return Expected("failure", phase, code, warnings)


async def resolve_to_loopback(hostname: str) -> list[str]:
    return ["127.0.0.1"]


async def examine(port: int, **options: Any) -> Outcome:
    """Probe 127.0.0.1 under the name localhost, and see that it keeps to its time."""
    tls = options.pop("tls", TlsOptions())
    target = Target(**{"hostname": "localhost", "port": port, "timeout_seconds": 20, "tls": tls, **options})
    started = asyncio.get_running_loop().time()
    outcome = await probe(target, resolve=resolve_to_loopback, allowed=LOOPBACK)
    assert asyncio.get_running_loop().time() - started < target.timeout_seconds + SLACK_SECONDS
    assert outcome.total >= sum(outcome.timings.values()) - 0.1
    return outcome
