"""What a server makes a probe compute: in threads, never on the event loop.

A server chooses how often its client hashes (up to 30 ms) and the certificates that its client verifies (up to 80 ms).
OpenSSL and hashlib release the GIL meanwhile, so threads are enough. The p99 of PATCH was measured with 16 loops of
``POST /api/smtp-monitors/test`` against a server that asks for 100,000 iterations, on two busy cores, three times:
1.5 to 2.3 s when the event loop hashed, 0.05 to 0.11 s now, 0.03 to 0.06 s without the loops. Held by
``tests/probe/test_probe_costs.py``.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 2  # so that one costly server does not hold up the others; an event loop keeps no more of them busy
NICENESS = 10  # the event loop and the database come first


async def compute(function: Callable[P, R], *arguments: P.args, **options: P.kwargs) -> R:
    """What the function gives. If the task is cancelled, the thread goes on alone and nobody takes what it gives."""
    return await asyncio.get_running_loop().run_in_executor(_threads, lambda: function(*arguments, **options))


def _step_back() -> None:
    if sys.platform == "linux":  # where the priority of a thread is its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="computing", initializer=_step_back)
