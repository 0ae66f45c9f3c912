"""What servers showed that seldom changes: certificates and capabilities, each time they were others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from sql.connection import Executor
from sql.fragments import DEPARTED
from sql.rows import arrays

TLS, CAPABILITIES = "tls", "capabilities"
# A server of many machines may show something else each time: it has so many rows at most, one in such a time.
KEPT = 50
FLOOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sighting:
    """*facts* are JSON."""

    organization_id: int
    smtp_monitor_id: int
    kind: str
    seen_at: datetime
    facts: str


async def insert(db: Executor, location_id: int, sightings: Sequence[Sighting]) -> None:
    """Store those that differ from the newest of their kind there. At most one is of a monitor and kind."""
    query = f"""
        WITH stored AS (
            INSERT INTO smtp_monitor_sightings (organization_id, smtp_monitor_id, location_id, kind, seen_at, facts)
            SELECT f.organization_id, f.smtp_monitor_id, $1, f.kind, f.seen_at, f.facts::json
              FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[])
                AS f (organization_id, smtp_monitor_id, kind, seen_at, facts)
              JOIN smtp_monitors m ON m.organization_id = f.organization_id AND m.id = f.smtp_monitor_id
              LEFT JOIN LATERAL (SELECT s.seen_at, s.facts
                                   FROM smtp_monitor_sightings s
                                  WHERE s.organization_id = f.organization_id
                                    AND s.smtp_monitor_id = f.smtp_monitor_id
                                    AND s.kind = f.kind
                                    AND s.location_id = $1
                                  ORDER BY s.seen_at DESC
                                  LIMIT 1) AS newest ON true
             WHERE f.organization_id NOT IN {DEPARTED}
               AND (newest.seen_at IS NULL
                    OR (newest.facts::text <> f.facts AND newest.seen_at < f.seen_at - $7::interval))
                ON CONFLICT DO NOTHING
            RETURNING organization_id, smtp_monitor_id, kind
        )
        DELETE FROM smtp_monitor_sightings s
         USING stored
         WHERE s.organization_id = stored.organization_id
           AND s.smtp_monitor_id = stored.smtp_monitor_id
           AND s.kind = stored.kind
           AND s.location_id = $1
           AND s.seen_at < (SELECT o.seen_at
                              FROM smtp_monitor_sightings o
                             WHERE o.organization_id = s.organization_id
                               AND o.smtp_monitor_id = s.smtp_monitor_id
                               AND o.kind = s.kind
                               AND o.location_id = $1
                             ORDER BY o.seen_at DESC
                            OFFSET $8
                             LIMIT 1)
    """
    # the statement does not see the row that it stores
    await db.execute(query, location_id, *arrays(Sighting, sightings), FLOOR, KEPT - 2)


async def select_newest(
    db: Executor, organization_id: int, smtp_monitor_id: int, *, kind: str, limit: int
) -> list[asyncpg.Record]:
    """Newest first, with the location's code and name."""
    query = """
        SELECT s.seen_at, s.facts, p.code AS location_code, p.name AS location_name
          FROM smtp_monitor_sightings s
          JOIN locations p ON p.id = s.location_id
         WHERE s.organization_id = $1
           AND s.smtp_monitor_id = $2
           AND s.kind = $3
         ORDER BY s.seen_at DESC, s.location_id
         LIMIT $4
    """
    return await db.fetch(query, organization_id, smtp_monitor_id, kind, limit)
