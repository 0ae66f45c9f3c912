"""When an outage begins and when it is over: pure decisions on counts.

An incident opens when ``failureConfirmations`` checks in a row failed at ``locationSharePercent`` of the
locations. It closes when fewer locations than that are without ``recoveryConfirmations`` successes in a row. A
location that has been silent for three intervals does not count. Under ``maintenance`` or in a window, checks go on
and a recovery closes the incident, but no incident opens and no alert leaves. An outage that is longer than the
window opens one with the next check (``tests/fleet/test_incidents.py``, ``tests/fleet/test_silence.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

CERTIFICATE_DAYS = (1, 3, 7, 14, 30)  # one alert below each


class Decision(Enum):
    NOTHING = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """How many checks in a row confirm at one location, and the share of locations that decides."""

    failure_confirmations: int
    recovery_confirmations: int
    location_share_percent: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How many checks in a row failed or succeeded at each location of one monitor."""

    failures: Sequence[int]
    successes: Sequence[int]
    incident_open: bool
    disabled: bool = False
    silent: bool = False


def decide(standing: Standing, rules: Rules) -> Decision:
    """Open on a confirmed failure at enough locations. Close when too few locations are still unrecovered.

    Between the two nothing changes: one success ends no outage, one more failure begins none.
    """
    if standing.incident_open:
        unrecovered = sum(count < rules.recovery_confirmations for count in standing.successes)
        return Decision.NOTHING if _enough(unrecovered, standing, rules) else Decision.CLOSE
    if standing.disabled or standing.silent:
        return Decision.NOTHING
    failed = sum(count >= rules.failure_confirmations for count in standing.failures)
    return Decision.OPEN if _enough(failed, standing, rules) else Decision.NOTHING


def certificate_occasion(fingerprint: str, days_left: int) -> str:
    """The key of an alert that is sent once: this certificate has fewer days left than one of CERTIFICATE_DAYS."""
    threshold = next((days for days in CERTIFICATE_DAYS if days_left < days), "more")
    return f"certificate_expires:{fingerprint}:{threshold}"


def _enough(locations: int, standing: Standing, rules: Rules) -> bool:
    return locations > 0 and locations * 100 >= rules.location_share_percent * len(standing.failures)
