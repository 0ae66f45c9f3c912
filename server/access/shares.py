"""Slots that cells share, so that one whose work never ends leaves room for the others.

A cell may always hold an even share of the slots, where they are free. It may hold more while a tenth of all is free:
that tenth is for the cells that hold less than an even share. A cell alone may hold all.
"""

import contextlib
from collections.abc import Callable, Iterator

RESERVED = 10  # one slot of so many stays free


class Share:
    """*held* tells how many slots a cell holds."""

    def __init__(self, slots: "Slots", held: Callable[[], int]) -> None:
        self._slots = slots
        self._held = held
        self._reserved = 0

    @property
    def taken(self) -> int:
        return self._held() + self._reserved

    @property
    def size(self) -> int:
        """How many slots it may hold now."""
        return self._slots.size_of(self)

    @contextlib.contextmanager
    def reserve(self, count: int) -> Iterator[None]:
        """Take slots that others are not to take meanwhile, before it is known what for."""
        self._reserved += count
        try:
            yield
        finally:
            self._reserved -= count

    def close(self) -> None:
        self._slots.shares.discard(self)


class Slots:
    def __init__(self, total: int) -> None:
        self._total = total
        self.shares: set[Share] = set()

    def join(self, held: Callable[[], int]) -> Share:
        share = Share(self, held)
        self.shares.add(share)
        return share

    def size_of(self, share: Share) -> int:
        others = self.shares - {share}
        if not others:
            return self._total
        left = self._total - sum(other.taken for other in others)
        even = max(self._total // (len(others) + 1), 1)
        reserved = -(-self._total // RESERVED)
        return max(min(even, left), left - reserved)
