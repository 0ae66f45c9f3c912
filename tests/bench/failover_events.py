"""What befalls a cluster, how it is undone, and what was measured meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.failover_nodes import Node

Act = Callable[[Node, Node], None]


def _nothing(_leader: Node, _standby: Node) -> None:
    """The cluster has mended itself."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is done to a leader and its standby, and what undoes it, which is given the same two."""

    name: str
    hurt: Act
    mend: Act = _nothing


EVENTS = {
    "switchover": Event("switchover", lambda leader, standby: leader.switch_to(standby)),
    "postmaster": Event("SIGKILL of the postmaster", lambda leader, _: leader.kill_postmaster()),
    "node": Event("SIGKILL of the node", lambda leader, _: leader.kill(), lambda leader, _: leader.start()),
    "stop": Event("SIGSTOP of the node", lambda leader, _: leader.suspend(), lambda leader, _: leader.resume()),
    "cut": Event("network cut", lambda leader, _: leader.host.cut(), lambda leader, _: leader.host.mend()),
    # which is waited for until Patroni does without it
    "standby": Event(
        "SIGSTOP of the standby", lambda _, standby: standby.suspend(), lambda _, standby: standby.resume()
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one event. Times in seconds, *p99_before* and *p99_after* in milliseconds.

    *refused* is the time from the first patch that was not done to the last, *away* that without an acknowledged
    write straight to the database, and *behind* how long after its end patches were still refused. *rejoining* is as
    *refused*, while the node that was hurt comes back.
    """

    name: str
    refused: float
    away: float
    behind: float
    rejoining: float
    slowest: float
    p99_before: float
    p99_after: float

    def __str__(self) -> str:
        return (
            f"{self.name}: refused {self.refused:.1f} s, database away {self.away:.1f} s, behind {self.behind:.1f} s, "
            f"rejoining {self.rejoining:.1f} s, slowest {self.slowest:.1f} s, "
            f"p99 {self.p99_before:.0f} and {self.p99_after:.0f} ms"
        )


def table(outcomes: Sequence[Outcome]) -> list[str]:
    lines = [
        "| event | times | 503 s: median | longest | database away s: median | longest | behind s: longest "
        "| 503 s in rejoining: longest | slowest answer s | PATCH p99 ms before | after |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in dict.fromkeys(outcome.name for outcome in outcomes):
        same = [outcome for outcome in outcomes if outcome.name == name]
        refused, away = [one.refused for one in same], [one.away for one in same]
        seconds = (
            median(refused),
            max(refused),
            median(away),
            max(away),
            max(one.behind for one in same),
            max(one.rejoining for one in same),
            max(one.slowest for one in same),
        )
        before, after = median(one.p99_before for one in same), median(one.p99_after for one in same)
        cells = [name, str(len(same)), *(f"{value:.1f}" for value in seconds), f"{before:.0f}", f"{after:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
