"""The read of one monitor: alone as plain values, or as one row of a statement that many share."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sql.fragments import within_customers
from sql.smtp_monitor_patches import array_literals
from sql.smtp_monitor_updates import COLUMNS
from sql.statements import Statements

ONE = f"""
    SELECT {COLUMNS}, c.name AS customer_name
      FROM smtp_monitors m
      JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
     WHERE m.organization_id = $1
       AND m.public_id = $2
       AND {within_customers("m.customer_id", "$3::bigint[]")}
"""
MANY = f"""
    SELECT k.n, {COLUMNS}, c.name AS customer_name
      FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::text[])
           AS k (n, organization_id, public_id, customer_ids)
      JOIN smtp_monitors m
        ON m.organization_id = k.organization_id
       AND m.public_id = k.public_id
       AND {within_customers("m.customer_id", "k.customer_ids", cast="::bigint[]")}
      JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
"""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One monitor, if it has one of *customer_ids*; None allows all."""

    organization_id: int
    public_id: UUID
    customer_ids: Sequence[int] | None


def render_one(lookup: Lookup, _: int) -> tuple[str, Sequence[object]]:
    return ONE, (lookup.organization_id, lookup.public_id, lookup.customer_ids)


def render_many(rounds: Sequence[Sequence[Lookup]], _: int) -> tuple[str, list[list[Sequence[object] | None]]]:
    """The statement that reads them all. Reads need no order, so there is one round."""
    [lookups] = rounds
    arrays: list[Sequence[object] | None] = [
        range(1, len(lookups) + 1),
        [lookup.organization_id for lookup in lookups],
        [lookup.public_id for lookup in lookups],
        array_literals([lookup.customer_ids for lookup in lookups]),
    ]
    return MANY, [arrays]


STATEMENTS = Statements(render_one, render_many)
