"""Status pages in the memory of a worker, so that many who read them do not touch the database.

A page is read again when somebody asks for it and it is FRESH_SECONDS old: by one read for all who ask. Who asks soon
after that gets the old one meanwhile; later, the new one is waited for. While it cannot be read, the old one stays,
also while so many other slugs are asked for that no read can be begun.
Slugs without a page are kept, too, apart from the pages, so that made-up slugs push no page out.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.http.errors import ApiError, unavailable
from server.resources.shown_status_pages import Shown
from sql.connection import FAILURES, UNAVAILABLE
from sql.outages import outage

logger = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
STALE_SECONDS = 10.0  # until which the old page is shown while the new one is read
RETRY_SECONDS = 1.0  # after a read that failed
READ_SECONDS = 10.0  # that a read may take
READS = 4  # at once
WAITING = 200  # reads that wait at most
MAX_ABSENT = 5000
MAX_BYTES = 64 * 2**20  # of all that is kept made
MAX_PAGES = 1000
EXPECTED: tuple[type[BaseException], ...] = (ApiError, *FAILURES)
Read = Callable[[str, Shown | None], Awaitable[Shown | None]]


@dataclass(slots=True)
class Entry:
    """Times are monotonic. *shown* is None where there is no page."""

    shown: Shown | None
    read_at: float
    retry_at: float = 0.0

    @property
    def size(self) -> int:
        return 0 if self.shown is None else self.shown.size


class StatusPages:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._pages: OrderedDict[str, Entry] = OrderedDict()
        self._absent: OrderedDict[str, Entry] = OrderedDict()
        self._reads: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(READS)

    async def get(self, slug: str) -> Shown | None:
        """The page with that slug; None if there is none. ApiError 503 if that cannot be told."""
        entry = self._find(slug)
        now = time.monotonic()
        if entry is not None and now < entry.read_at + FRESH_SECONDS:
            return entry.shown
        if entry is not None and slug not in self._reads and len(self._reads) >= WAITING:
            return entry.shown
        if entry is None or (now >= entry.read_at + STALE_SECONDS and now >= entry.retry_at):
            await asyncio.shield(self._begin(slug))
            entry = self._find(slug)
            if entry is None:
                raise unavailable("database_unavailable")
        elif now >= entry.retry_at:
            self._begin(slug)
        return entry.shown

    def _find(self, slug: str) -> Entry | None:
        for kept in (self._pages, self._absent):
            if slug in kept:
                kept.move_to_end(slug)
                return kept[slug]
        return None

    def _begin(self, slug: str) -> asyncio.Task[None]:
        """The one read of that slug that is under way."""
        if slug not in self._reads:
            if len(self._reads) >= WAITING:
                raise unavailable("overloaded")
            self._reads[slug] = task = asyncio.create_task(self._renew(slug))
            task.add_done_callback(lambda task: self._end(slug, task))
        return self._reads[slug]

    async def _renew(self, slug: str) -> None:
        before = self._pages.get(slug)
        try:
            async with self._slots, asyncio.timeout(READ_SECONDS):
                shown = await self._read(slug, None if before is None else before.shown)
        except EXPECTED as error:
            _tell(error)
            for kept in (self._pages, self._absent):
                if slug in kept:
                    kept[slug].retry_at = time.monotonic() + RETRY_SECONDS
            return
        self._pages.pop(slug, None)
        self._absent.pop(slug, None)
        (self._absent if shown is None else self._pages)[slug] = Entry(shown, time.monotonic())
        self._make_room()

    def _end(self, slug: str, task: asyncio.Task[None]) -> None:
        del self._reads[slug]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("status page %s cannot be read", slug, exc_info=error)

    def _make_room(self) -> None:
        """Forget what nobody has asked for longest."""
        while len(self._absent) > MAX_ABSENT:
            self._absent.popitem(last=False)
        size = sum(entry.size for entry in self._pages.values())
        while len(self._pages) > 1 and (size > MAX_BYTES or len(self._pages) > MAX_PAGES):
            _, entry = self._pages.popitem(last=False)
            size -= entry.size


def _tell(error: BaseException) -> None:
    if isinstance(error, UNAVAILABLE):
        outage.passed("reading a status page", error)
    elif not isinstance(error, ApiError):
        logger.error("a status page cannot be read", exc_info=error)
