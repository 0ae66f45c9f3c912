"""The database away: told once, then once a minute, and once when it is back."""

import logging
import time
from collections.abc import Callable

from sql.connection import UNAVAILABLE

logger = logging.getLogger(__name__)

REMIND_SECONDS = 60.0


class Outage:
    """What a process cannot do for want of the database, whichever of its loops notices first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failing: set[str] = set()
        self._since = 0.0
        self._told = float("-inf")
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
            if not self._failing:
                self._told = float("-inf")
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
        now = self._clock()
        if now >= self._told + REMIND_SECONDS:
            self._told = now
            logger.warning("database unavailable: %s: %s", what, str(error) or type(error).__name__)


outage = Outage()
