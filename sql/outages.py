"""The database away: told once, then once a minute, and once when it is back, by all processes of a server as one."""

import logging
import mmap
import time
from array import array
from collections.abc import Callable, MutableSequence
from pathlib import Path

from sql.connection import UNAVAILABLE

logger = logging.getLogger(__name__)

REMIND_SECONDS = 60.0
LATE_SECONDS = 3.0  # in which the last process notices that the database is back
# what is shared: whether an outage was told of and is not over, when it was told of last, when the last one was over
TOLD, TOLD_AT, OVER_AT = range(3)


class Outage:
    """What cannot be done for want of the database, whichever loop of whichever process notices first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failing: set[str] = set()
        self._since = 0.0
        self._shared: MutableSequence[float] = [0.0, 0.0, float("-inf")]
        self._refusals: dict[str, float] = {}  # when each was told last

    def share(self, path: Path) -> None:
        """Tell as one with all processes that share the file, or are forks of one that does."""
        with path.open("a+b") as file:
            if not file.tell():
                file.write(array("d", self._shared))
                file.flush()
            self._shared = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")  # type: ignore[assignment]

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
                logger.warning("database available again after %.0f s", self._clock() - self._since)

    def passed(self, what: str, error: BaseException) -> None:
        """*what* failed, and is not tried again."""
        if not self._failing:
            self._tell(what, error)

    def _refused(self, what: str, error: BaseException) -> None:
        """The database is there, and has answered with an error that nobody expects."""
        now = self._clock()
        if now >= self._refusals.get(what, float("-inf")) + REMIND_SECONDS:
            self._refusals[what] = now
            logger.error("%s failed, and is tried again", what, exc_info=error)

    def _tell(self, what: str, error: BaseException) -> None:
        now, over_at = self._clock(), self._shared[OVER_AT]
        told = self._shared[TOLD] and now < self._shared[TOLD_AT] + REMIND_SECONDS
        late = self._failing and self._since < over_at and now < over_at + LATE_SECONDS
        if not told and not late:
            self._shared[TOLD], self._shared[TOLD_AT] = 1.0, now
            logger.warning("database unavailable: %s: %s", what, str(error) or type(error).__name__)


outage = Outage()
