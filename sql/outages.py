"""The database away: told once, then once a minute, and once when it is back, by all processes of a server as one.

Where there are several cells, each is told of by itself. Whoever works for one says so in CELL, which tasks inherit.
"""

import logging
import mmap
import time
from array import array
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

from sql.connection import UNAVAILABLE

logger = logging.getLogger(__name__)

REMIND_SECONDS = 60.0
LATE_SECONDS = 3.0  # in which the last process notices that the database is back
# what is shared: whether an outage was told of and is not over, when it was told of last, when the last one was over
TOLD, TOLD_AT, OVER_AT = range(3)
NOTHING_TOLD = (0.0, 0.0, float("-inf"))
MAX_CELLS = 256

CELL: ContextVar[int] = ContextVar("CELL", default=0)


class Outage:
    """What cannot be done for want of a database, whichever loop of whichever process notices first."""

    def __init__(self, whose: Callable[[], str], clock: Callable[[], float], shared: "memoryview[float]") -> None:
        self._whose = whose
        self._clock = clock
        self._failing: set[str] = set()
        self._since = 0.0
        self._shared = shared
        self._refusals: dict[str, float] = {}  # when each was told last

    def failed(self, what: str, error: BaseException) -> None:
        """*what* failed. Whoever does it tries again, and says when it has worked."""
        if not isinstance(error, UNAVAILABLE):
            self._refused(what, error)
            return
        if not self._failing:
            self._since = self._clock()
        self._failing.add(what)
        self._tell(what, error)

    def worked(self, what: str) -> None:
        if what in self._failing:
            self._failing.remove(what)
            if not self._failing and self._shared[TOLD]:
                self._shared[TOLD], self._shared[OVER_AT] = 0.0, self._clock()
                logger.warning("database%s available again after %.0f s", self._whose(), self._clock() - self._since)

    def passed(self, what: str, error: BaseException) -> None:
        """*what* failed, and is not tried again."""
        if not self._failing:
            self._tell(what, error)

    def forget(self) -> None:
        self._shared[TOLD] = 0.0

    def _refused(self, what: str, error: BaseException) -> None:
        """The database is there, and has answered with an error that nobody expects."""
        now = self._clock()
        if now >= self._refusals.get(what, float("-inf")) + REMIND_SECONDS:
            self._refusals[what] = now
            logger.error("%s%s failed, and is tried again", what, self._whose(), exc_info=error)

    def _tell(self, what: str, error: BaseException) -> None:
        now, over_at = self._clock(), self._shared[OVER_AT]
        told = self._shared[TOLD] and now < self._shared[TOLD_AT] + REMIND_SECONDS
        late = self._failing and self._since < over_at and now < over_at + LATE_SECONDS
        if not told and not late:
            self._shared[TOLD], self._shared[TOLD_AT] = 1.0, now
            words = str(error) or type(error).__name__
            logger.warning("database%s unavailable: %s: %s", self._whose(), what, words)


class Outages:
    """Those of all cells."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.several_cells = False
        self._clock = clock
        self._shared = memoryview(array("d", NOTHING_TOLD * MAX_CELLS)).cast("B").cast("d")
        self._outages: dict[int | None, Outage] = {}

    def share(self, path: Path) -> None:
        """Tell as one with all processes that share the file, or are forks of one that does."""
        with path.open("a+b") as file:
            if not file.tell():
                file.write(self._shared)
                file.flush()
            self._shared = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")
        self._outages.clear()

    def failed(self, what: str, error: BaseException) -> None:
        """*what* failed. Whoever does it tries again, and says when it has worked."""
        self._of_cell().failed(what, error)

    def worked(self, what: str) -> None:
        self._of_cell().worked(what)

    def passed(self, what: str, error: BaseException) -> None:
        """*what* failed, and is not tried again."""
        self._of_cell().passed(what, error)

    def forget(self) -> None:
        """Nobody works for the cell any more, and would tell of the end of an outage."""
        if ended := self._outages.pop(CELL.get(), None):
            ended.forget()

    def _of_cell(self) -> Outage:
        cell = CELL.get()
        if cell not in self._outages:
            start = cell * len(NOTHING_TOLD)
            shared = self._shared[start : start + len(NOTHING_TOLD)]
            whose = f" of cell {cell}"
            self._outages[cell] = Outage(lambda: whose if self.several_cells else "", self._clock, shared)
        return self._outages[cell]


outage = Outages()
