"""Work that goes on in the background until it is ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

AGAIN = 2.0  # seconds for what a task does last, before it is cancelled again


async def happens(event: asyncio.Event, *, within: float) -> bool:
    """Whether it is set before so many seconds are over. ``asyncio.wait_for`` may lose a cancellation instead."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            await event.wait()
    return event.is_set()


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do *work* meanwhile."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end(task)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel the task until it has ended; raises what it ended with.

    One cancellation is not enough. If it meets a time-out of the same moment, ``asyncio.wait_for`` raises the time-out,
    and a loop that takes time-outs for an absent database goes on. So does asyncpg while it connects.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN)
    with contextlib.suppress(asyncio.CancelledError):
        task.result()
