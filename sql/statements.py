"""How the items of a batch become SQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")  # a change or a read of at most one row
LockKey = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Statements(Generic[Item]):
    """How items become SQL.

    *one* gives the statement for an item that is alone, and its values.

    *many* gives one statement for a whole batch, and its arrays for each round. The second item of a row is in
    the second round, and so on. The statement visits the rows in the order of the round. It returns with each
    row, in column ``n``, the position of its item in the batch, counted from 1.

    Both are told the version of PostgreSQL, such as 18.

    *key* names an item's row, and orders the rows of a round: batches of several workers lock them in one order
    and have no deadlocks. Without *key* the order does not matter, and one round takes all.
    """

    one: Callable[[Item, int], tuple[str, Sequence[object]]]
    many: Callable[[Sequence[Sequence[Item]], int], tuple[str, Sequence[Sequence[object]]]]
    key: Callable[[Item], LockKey] | None = None
