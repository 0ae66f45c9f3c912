"""How fast monitors have answered lately: the mean of each hour, for a small chart beside each of a list."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from server.fields.parser import Parameter, described
from server.fields.values import CANONICAL_UUID, Invalid
from server.http import query
from server.resources.smtp_checks import milliseconds

MAX_IDS = 200
MAX_HOURS = 48
DEFAULT_HOURS = 24
UUIDS = f"{CANONICAL_UUID.pattern}(?:,{CANONICAL_UUID.pattern}){{0,{MAX_IDS - 1}}}"


@described({"type": "string", "pattern": f"^{UUIDS}$"})
def public_ids(value: str) -> list[UUID]:
    """Public ids with commas between them; the first of equals is kept."""
    if not re.fullmatch(UUIDS, value):
        raise Invalid.of([("", "invalid_public_id_list", {"limit": MAX_IDS})])
    return list(dict.fromkeys(map(UUID, value.split(","))))


FILTERS: dict[str, Parameter] = {"ids": public_ids, "hours": query.number(1, MAX_HOURS)}


def hours_of(now: datetime, count: int) -> list[datetime]:
    """When the last hours begin, the present one included, oldest first."""
    last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [last - timedelta(hours=ago) for ago in reversed(range(count))]


def represent(
    ids: Sequence[UUID], hours: Sequence[datetime], rows: Iterable[asyncpg.Record]
) -> list[dict[str, object]]:
    """One item for each id, also for those that nobody has checked or that are out of reach."""
    found = {(row["public_id"], row["starts_at"]): milliseconds(row["mean_ms"]) for row in rows}
    return [
        {"publicId": str(public_id), "responseTimes": [found.get((public_id, hour)) for hour in hours]}
        for public_id in ids
    ]
