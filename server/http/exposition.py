"""Prometheus metrics as text.

To render them takes tens of milliseconds: with several workers, the files of all are read and added up. So it is done
in a thread, at most once a second, and all who ask within that second share the text. However often somebody
scrapes, requests do not wait for it (``tests/serving/test_metrics.py``).
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

from server.http.answers import Answer
from server.http.errors import unauthorized
from server.http.traces import traces

SHARED_SECONDS = 1.0


class Exposition:
    """Answers scrapes, after *measure* has set what is not counted all the time. With a *token*, who bears it alone."""

    def __init__(self, token: str | None, measure: Callable[[], Awaitable[None]]) -> None:
        self._expected = None if token is None else f"Bearer {token}".encode()
        self._rendering: asyncio.Task[bytes] | None = None
        self._shared_until = 0.0
        self._measure = measure

    async def answer(self, authorization: str) -> Answer:
        """The metrics; ApiError 401 without the token."""
        if self._expected is not None and not hmac.compare_digest(authorization.encode(), self._expected):
            raise unauthorized("token_invalid" if authorization else "token_missing")
        now = asyncio.get_running_loop().time()
        if self._rendering is None or now >= self._shared_until:
            traces.flush()
            self._rendering = asyncio.create_task(self._render())
            self._shared_until = now + SHARED_SECONDS
        # one who leaves does not take the text from the others
        text = await asyncio.shield(self._rendering)
        return Answer(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _render(self) -> bytes:
        await self._measure()
        return await asyncio.to_thread(_render)


# not beside the other keys: prometheus_client may be imported only where serve has said how processes share metrics
EXPOSITION = web.AppKey("EXPOSITION", Exposition)


def _render() -> bytes:
    registry: CollectorRegistry = REGISTRY
    if values.ValueClass is not values.MutexValue:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
