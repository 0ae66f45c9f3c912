"""A limit of requests for each user, exact over all workers of a server (``tests/serving/test_limits.py``).

The algorithm is GCRA, the generic cell rate algorithm: each user has a time up to which its quota is used,
with whichever sessions and tokens: more of them are no more requests.
A user may send a burst up to the quota, and gets its quota back evenly. The times stand in memory that the
workers share, made before the fork. There is no lock: if two workers judge two requests of a user within the
same microsecond, one of them may go uncounted. Several servers count each for itself. Without a limit there is
no middleware at all.
"""

import math
import mmap
import time

from aiohttp import web
from aiohttp.typedefs import Middleware

from server.handlers.keys import CALLER
from server.http.answers import Answer, Handler, middleware
from server.http.errors import ApiError
from server.serving.config import Quota

SLOTS = 65_536
PROBED = 16
RATE_HEADERS = web.RequestKey("RATE_HEADERS", dict[str, str])


class Table:
    """Times by user, in slots of shared memory. A slot whose time has passed is free."""

    def __init__(self, slots: int = SLOTS) -> None:
        self._slots = slots
        memory = memoryview(mmap.mmap(-1, slots * 16))
        self._owners = memory[: slots * 8].cast("Q")
        self._times = memory[slots * 8 :].cast("d")

    def slot(self, owner: int, now: float) -> int:
        """The slot of the owner. If all slots near it are in use, the owner takes over the one that ends first."""
        first = owner % self._slots
        near = [(first + n) % self._slots for n in range(PROBED)]
        for slot in near:
            if self._owners[slot] == owner:
                return slot
        taken = min(near, key=lambda slot: self._times[slot])
        self._owners[taken], self._times[taken] = owner, min(self._times[taken], now)
        return taken

    def take(self, owner: int, quota: Quota, now: float) -> tuple[bool, float]:
        """Whether one more request is within the quota, and how many seconds of the quota are used now."""
        slot = self.slot(owner, now)
        used = max(self._times[slot] - now, 0.0)
        more = used + quota.seconds / quota.requests
        if more > quota.seconds * (1 + 1e-9):
            return False, used
        self._times[slot] = now + more
        return True, more


def limiter(quota: Quota, table: Table) -> Middleware:
    """The middleware that refuses what is beyond the quota. Requests without a caller pass."""
    policy = f'"default";q={quota.requests};w={quota.seconds}'

    @middleware
    async def limit(request: web.Request, handler: Handler) -> Answer:
        caller = request.get(CALLER)
        if caller is None:
            return await handler(request)
        within, used = table.take(caller.id, quota, time.monotonic())
        left = int((quota.seconds - used) * quota.requests / quota.seconds + 1e-6)
        headers = {"RateLimit-Policy": policy, "RateLimit": f'"default";r={left};t={math.ceil(used)}'}
        request[RATE_HEADERS] = headers
        if not within:
            wait = used + quota.seconds / quota.requests - quota.seconds
            raise ApiError(429, "rate_limited", headers={"Retry-After": str(max(1, math.ceil(wait)))})
        return await handler(request)

    return limit


@middleware
async def show(request: web.Request, handler: Handler) -> Answer:
    """Add the RateLimit headers to every answer, errors included."""
    answer = await handler(request)
    answer.own_headers.update(request.get(RATE_HEADERS, {}))
    return answer


def add_rate_limit(app: web.Application, quota: Quota, table: Table) -> None:
    app.middlewares.append(limiter(quota, table))
    app.middlewares.insert(0, show)
