"""The PATCH of a monitor as one row of a statement that many share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sql.fragments import array_literal, set_list

UPDATABLE = {
    "name": "text",
    "hostname": "text",
    "port": "integer",
    "status": "text",
    "check_interval": "integer",
    "timeout_seconds": "integer",
    "allowed_check_country_codes": "text[]",
    "notification_email": "text",
    "notification_phone_number": "text",
    "smtp_config": "json",
    "smtp_password": "bytea",
}
ALL_COLUMNS = frozenset(UPDATABLE)
COLUMNS = f"""
        m.organization_id, m.id, m.public_id, m.customer_id, m.version, m.created_at, m.updated_at,
        {", ".join(f"m.{column}" for column in UPDATABLE)},
        (SELECT last_checked_at
           FROM smtp_monitor_states s
          WHERE s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id) AS last_checked_at
"""


@dataclass(frozen=True, slots=True)
class Patch:
    """Changed columns of one monitor, if it is one of *customer_ids*' and at one of *versions*; None is any."""

    organization_id: int
    public_id: UUID
    customer_ids: Sequence[int] | None
    versions: Sequence[int] | None
    changes: Mapping[str, Any]
    columns: frozenset[str]

    @property
    def key(self) -> tuple[int, int]:
        return self.organization_id, self.public_id.int


def render(patches: Sequence[Patch]) -> tuple[str, list[Sequence[object]]]:
    """The partial UPDATE of many rows, for GroupCommit; rows that change different columns go under a mask."""
    same = len({patch.columns for patch in patches}) == 1
    statement, present = _update_statement(patches[0].columns if same else ALL_COLUMNS, masked=not same)
    masks = [] if same else [[_mask(patch) for patch in patches]]
    return statement, [
        range(len(patches)),
        [patch.organization_id for patch in patches],
        [patch.public_id for patch in patches],
        [array_literal(patch.customer_ids) for patch in patches],
        [array_literal(patch.versions) for patch in patches],
        *masks,
        *([_to_array_item(column, patch.changes.get(column)) for patch in patches] for column in present),
    ]


@lru_cache(maxsize=2048)
def _update_statement(changed: frozenset[str], *, masked: bool) -> tuple[str, tuple[str, ...]]:
    """The statement for one set of columns, and the order of the columns' arrays."""
    assignments, arrays, present = set_list(UPDATABLE, changed, first=7 if masked else 6, masked=masked)
    mask_array, mask = (", $6::integer[]", "mask, ") if masked else ("", "")
    # clock_timestamp: a write that waited for another's lock comes after it
    statement = f"""
        UPDATE smtp_monitors m
           SET {assignments}, version = m.version + 1, updated_at = clock_timestamp()
          FROM unnest($1::integer[], $2::bigint[], $3::uuid[], $4::text[], $5::text[]{mask_array}{arrays})
            AS c (n, organization_id, public_id, customer_ids, versions, {mask}{", ".join(present)})
         WHERE m.organization_id = c.organization_id
           AND m.public_id = c.public_id
           AND (c.customer_ids IS NULL OR m.customer_id = ANY(c.customer_ids::bigint[]))
           AND (c.versions IS NULL OR m.version = ANY(c.versions::bigint[]))
        RETURNING c.n, {COLUMNS}
    """
    return statement, present


def _mask(patch: Patch) -> int:
    return sum(1 << bit for bit, column in enumerate(UPDATABLE) if column in patch.columns)


def _to_array_item(column: str, value: Any) -> object:
    return array_literal(value) if UPDATABLE[column].endswith("[]") else value
