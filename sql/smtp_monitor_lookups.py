"""The read of one monitor as one row of a statement that many share."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sql.fragments import array_literal
from sql.smtp_monitor_patches import COLUMNS

STATEMENT = f"""
    SELECT k.n, {COLUMNS}, c.name AS customer_name
      FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::text[])
           AS k (n, organization_id, public_id, customer_ids)
      JOIN smtp_monitors m
        ON m.organization_id = k.organization_id
       AND m.public_id = k.public_id
       AND (k.customer_ids IS NULL OR m.customer_id = ANY(k.customer_ids::bigint[]))
      JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
"""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One monitor, if it is one of *customer_ids*'; None is any."""

    organization_id: int
    public_id: UUID
    customer_ids: Sequence[int] | None

    @property
    def key(self) -> tuple[int, int]:
        return self.public_id.int, id(self)  # many may read one row at once


def render(rounds: Sequence[Sequence[Lookup]]) -> tuple[str, list[list[Sequence[object] | None]]]:
    """The statement that reads them all, for Batcher: since each key is its own, there is one round."""
    [lookups] = rounds
    restricted = any(lookup.customer_ids is not None for lookup in lookups)
    arrays: list[Sequence[object] | None] = [
        range(1, len(lookups) + 1),
        [lookup.organization_id for lookup in lookups],
        [lookup.public_id for lookup in lookups],
        [array_literal(lookup.customer_ids) for lookup in lookups] if restricted else None,
    ]
    return STATEMENT, [arrays]
