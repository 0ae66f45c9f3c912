"""The PATCH of a monitor: alone as plain values, or as one row of a statement that many share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, islice
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from sql import organizations
from sql.batches import Batcher
from sql.connection import Executor, Reach
from sql.smtp_monitor_updates import ALL_COLUMNS, COLUMNS, ONE, UPDATABLE, mask_of, update_statement
from sql.statements import LockKey, Statements


class Change(NamedTuple):
    """What is stored of a change: who made it and the columns given, both as JSON, and the client's *address*."""

    actor: str
    address: str
    after: str


class Patch(NamedTuple):
    """Changed columns of one monitor, if it has one of *customer_ids* and one of *versions*; None allows all.

    *change* is stored with them, if given.
    """

    organization_id: int
    public_id: UUID
    customer_ids: Sequence[int] | None
    versions: Sequence[int] | None
    changes: Mapping[str, Any]
    columns: frozenset[str]
    change: Change | None


async def update(
    db: Executor,
    patches: Batcher[Patch],
    reach: Reach,
    public_id: UUID,
    changes: Mapping[str, Any],
    *,
    versions: Sequence[int] | None = None,
    change: Change | None = None,
) -> asyncpg.Record | None:
    """Write only the changed columns, and store *change* with them, if given.

    None if no monitor in reach has that id and one of the *versions*.
    """
    organization_id = reach.organization_id
    if organization_id is None:
        organization_id = await organizations.select_id_of_monitor(db, public_id)
    if organization_id is None:
        return None
    if not changes:
        query = f"SELECT {COLUMNS} FROM smtp_monitors m WHERE {ONE}"
        return await db.fetchrow(query, organization_id, public_id, reach.customer_ids, versions)
    return await patches.submit(
        Patch(organization_id, public_id, reach.customer_ids, versions, changes, frozenset(changes), change)
    )


def render_one(patch: Patch, version: int) -> tuple[str, Sequence[object]]:
    """The partial UPDATE of one row. Without arrays to be unnested, an idle database answers 25 µs sooner."""
    change, changes = patch.change, patch.changes
    statement, present = update_statement(patch.columns, version, kept=change is not None, alone=True)
    values: list[object] = [patch.organization_id, patch.public_id, patch.customer_ids, patch.versions]
    values += [changes[column] for column in present]
    if change is not None:
        values += (change.actor, change.address, change.after)
    return statement, values


def render_many(rounds: Sequence[Sequence[Patch]], version: int) -> tuple[str, Sequence[Sequence[object]]]:
    """The partial UPDATE of many rows. If they change different columns, a bit mask per row says which ones."""
    patches = list(chain.from_iterable(rounds))
    shapes = {patch.columns for patch in patches}
    masked, kept = len(shapes) > 1, any(map(attrgetter("change"), patches))
    statement, present = update_statement(ALL_COLUMNS if masked else shapes.pop(), version, kept=kept, masked=masked)
    n = count(1)
    return statement, [_arrays(round_, n, present, masked=masked, kept=kept) for round_ in rounds]


def _arrays(
    patches: Sequence[Patch], n: Iterator[int], present: Iterable[str], *, masked: bool, kept: bool
) -> list[Sequence[object] | None]:
    arrays: list[Sequence[object] | None] = [
        list(islice(n, len(patches))),
        [patch.organization_id for patch in patches],
        [patch.public_id for patch in patches],
        array_literals([patch.customer_ids for patch in patches]),
        array_literals([patch.versions for patch in patches]),
    ]
    if masked:
        arrays.append([mask_of(patch.columns) for patch in patches])
    for column in present:
        values = [patch.changes.get(column) for patch in patches]
        arrays.append(array_literals(values) if UPDATABLE[column].endswith("[]") else values)
    if kept:
        arrays += zip(*[_kept(patch.change) for patch in patches], strict=True)
    return arrays


def lock_key(patch: Patch) -> LockKey:
    """Names the row, and orders rows as they are locked."""
    return patch.organization_id, patch.public_id.bytes


STATEMENTS = Statements(render_one, render_many, lock_key)


def array_literals(arrays: Sequence[Iterable[object] | None]) -> list[str | None] | None:
    """Arrays of numbers or codes in PostgreSQL's text form: arrays within an array must all be of one length.

    None if all are None: unnest fills up what is missing with NULL.
    """
    if arrays.count(None) == len(arrays):
        return None
    return [None if array is None else "{" + ",".join(map(str, array)) + "}" for array in arrays]


def _kept(change: Change | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if change is None else (change.actor, change.address, change.after)
