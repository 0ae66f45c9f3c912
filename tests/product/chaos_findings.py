"""What was promised, and what is left of it when the dust has settled."""

import json
from dataclasses import dataclass

import asyncpg

INTERVAL = 10
SLACK = 15  # seconds beyond the interval within which a monitor is checked again


@dataclass(frozen=True, slots=True)
class Findings:
    """What is left when the dust has settled; *lost* are alerts that no receiver has."""

    kills: dict[str, int]
    checks: int
    longest_gap: float
    incidents: int
    doubled: int
    alerts: int
    lost: int
    repeats: int

    @property
    def fine(self) -> bool:
        return self.longest_gap <= INTERVAL + SLACK and not self.doubled and not self.lost and self.checks > 0

    def __str__(self) -> str:
        return (
            f"killed {json.dumps(self.kills)}; {self.checks} checks, longest gap {self.longest_gap:.1f} s "
            f"(≤ {INTERVAL + SLACK}); {self.incidents} incidents, {self.doubled} opened twice; "
            f"{self.alerts} alerts, {self.lost} lost, {self.repeats} repeated under the same id"
        )


async def look(url: str, kills: dict[str, int], received: list[str]) -> Findings:
    """Read what is stored, and compare it with the ids of the alerts that were *received*."""
    connection = await asyncpg.connect(url)
    try:
        gap = await connection.fetchval(
            """
            SELECT max(date_part('epoch', checked_at - before))
              FROM (SELECT checked_at, lag(checked_at, 1) OVER (PARTITION BY smtp_monitor_id ORDER BY checked_at)
                                       AS before
                      FROM smtp_checks) gaps
            """
        )
        unchecked = await connection.fetchval("""
            SELECT count(*) FROM smtp_monitors m
             WHERE NOT EXISTS (SELECT FROM smtp_checks c WHERE c.smtp_monitor_id = m.id)
        """)
        doubled = await connection.fetchval("""
            SELECT count(*)
              FROM incidents a
              JOIN incidents b ON b.smtp_monitor_id = a.smtp_monitor_id AND b.id > a.id
             WHERE b.opened_at < coalesce(a.closed_at, 'infinity')
        """)
        told = {str(row["id"]) for row in await connection.fetch("SELECT id FROM alerts")}
        return Findings(
            kills=kills,
            checks=await connection.fetchval("SELECT count(*) FROM smtp_checks"),
            longest_gap=float("inf") if unchecked else gap,
            incidents=await connection.fetchval("SELECT count(*) FROM incidents"),
            doubled=doubled,
            alerts=len(told),
            lost=len(told - set(received)),
            repeats=len(received) - len(set(received)),
        )
    finally:
        await connection.close()
