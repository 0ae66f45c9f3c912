"""When an outage begins and when it is over: pure decisions on counts that others keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

CERTIFICATE_DAYS = (1, 3, 7, 14, 30)  # a certificate that ends is told of once below each


class Decision(Enum):
    NOTHING = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """An organization's: checks in a row that confirm at one location, and the share of locations that decides."""

    failure_confirmations: int
    recovery_confirmations: int
    location_share_percent: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One monitor: how many checks in a row failed or succeeded at each of its locations, now."""

    failures: Sequence[int]
    successes: Sequence[int]
    incident_open: bool
    disabled: bool = False
    silent: bool = False


def decide(standing: Standing, rules: Rules) -> Decision:
    """Open on a confirmed failure at enough locations; close when no longer enough are without a confirmed recovery.

    Between the two nothing changes: one success does not end an outage, one more failure does not begin another.
    """
    if standing.incident_open:
        unrecovered = sum(count < rules.recovery_confirmations for count in standing.successes)
        return Decision.NOTHING if _enough(unrecovered, standing, rules) else Decision.CLOSE
    if standing.disabled or standing.silent:
        return Decision.NOTHING
    failed = sum(count >= rules.failure_confirmations for count in standing.failures)
    return Decision.OPEN if _enough(failed, standing, rules) else Decision.NOTHING


def certificate_occasion(fingerprint: str, days_left: int) -> str:
    """What is told once: that this certificate has fewer days left than the next of CERTIFICATE_DAYS."""
    threshold = next((days for days in CERTIFICATE_DAYS if days_left < days), "more")
    return f"certificate_expires:{fingerprint}:{threshold}"


def _enough(locations: int, standing: Standing, rules: Rules) -> bool:
    return locations > 0 and locations * 100 >= rules.location_share_percent * len(standing.failures)
