"""What is tried next of a batch that failed, so that whoever shares it with others is not hurt for long."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg

from sql import departures

T = TypeVar("T")


def after(error: Exception, batch: Sequence[T], owner: Callable[[T], object]) -> Sequence[Sequence[T]]:
    """Each organization's items together, then each item alone. Nothing if the error is that of every item.

    All items of an organization that has departed would be refused, one as the other. A row that somebody holds has
    taken long already, and is not waited for once more by others of its organization.
    """
    departed = departures.is_refusal(error)
    parts: dict[object, list[T]] = {}
    for item in batch:
        parts.setdefault(owner(item), []).append(item)
    if len(batch) == 1 or (departed and len(parts) == 1):
        return []
    held = isinstance(error, asyncpg.LockNotAvailableError) and not departed
    if held or len(parts) == 1:
        return [[item] for item in batch]
    return list(parts.values())
