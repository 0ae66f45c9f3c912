"""What was measured, as one table and the bars it is held against; or the same as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Row:
    """One run, or the medians of several; *errors* is their sum. None is not measured.

    *p50* and *p99* are in milliseconds, *cpu* in cores, *memory* in MB of the largest process.
    """

    name: str
    connections: int
    requests_per_second: float
    errors: int = 0
    p50: float | None = None
    p99: float | None = None
    cpu: float | None = None
    memory: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A measured *value* and the *bound* it has to reach or, with *at_most*, to keep below."""

    name: str
    value: float
    bound: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound


def medians(rows: Sequence[Row]) -> list[Row]:
    """One row for each name and number of connections, in order of appearance."""
    runs: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        runs.setdefault((row.name, row.connections), []).append(row)
    return [_median(same) for same in runs.values()]


def emit(rows: Sequence[Row], bars: Sequence[Bar], *, postgres_url: str, as_json: bool) -> int:
    """Print it all; 0 if every bar holds, 1 otherwise."""
    return emit_table(rows, table(rows), bars, about=machine(postgres_url), as_json=as_json)


def emit_table(
    rows: Sequence[Any], lines: Sequence[str], bars: Sequence[Bar], *, about: dict[str, str], as_json: bool
) -> int:
    """The same of any dataclass, whose table has these lines."""
    if as_json:
        held = [{**asdict(bar), "holds": bar.holds} for bar in bars]
        print(json.dumps({"machine": about, "table": [asdict(row) for row in rows], "bars": held}, indent=1))
    else:
        print("\n".join([*lines, "", *verdicts(bars), "", ", ".join(about.values())]))
    return 0 if all(bar.holds for bar in bars) else 1


def table(rows: Sequence[Row]) -> list[str]:
    lines = [
        "| | connections | requests/s | p50 ms | p99 ms | errors | CPU cores | MB per worker |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        cells = (
            row.name,
            str(row.connections),
            f"{row.requests_per_second:,.0f}",
            _number(row.p50, 2),
            _number(row.p99, 2),
            str(row.errors),
            _number(row.cpu, 2),
            _number(row.memory, 0),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def verdicts(bars: Sequence[Bar]) -> list[str]:
    lines = []
    for bar in bars:
        sign = "≤" if bar.at_most else "≥"
        lines.append(f"{'holds ' if bar.holds else 'MISSED'} {bar.name}: {bar.value:.2f} ({sign} {bar.bound:g})")
    return lines


def machine(postgres_url: str) -> dict[str, str]:
    with psycopg.connect(postgres_url) as connection:
        postgres = connection.info.parameter_status("server_version")
    return {
        "cpu": _cpu_model(),
        "cores": f"{len(os.sched_getaffinity(0))} cores",
        "python": f"Python {platform.python_version()}",
        "postgresql": f"PostgreSQL {postgres}",
    }


def _median(rows: Sequence[Row]) -> Row:
    def of(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return median(known) if known else None

    return replace(
        rows[0],
        requests_per_second=median(row.requests_per_second for row in rows),
        errors=sum(row.errors for row in rows),
        p50=of([row.p50 for row in rows]),
        p99=of([row.p99 for row in rows]),
        cpu=of([row.cpu for row in rows]),
        memory=of([row.memory for row in rows]),
    )


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
