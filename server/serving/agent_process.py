"""The agent beside the workers: a process that exactly one worker keeps alive.

Held by ``tests/fleet/test_agent_metrics.py``.
"""

import asyncio
import contextlib
import fcntl
import logging
from typing import IO

from prometheus_client.multiprocess import mark_process_dead

from server.serving.config import AgentProcess

logger = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
REFUSED_SECONDS = 10.0  # after an agent that has said why it does not start
STOP_SECONDS = 9.5


async def supervise(agent: AgentProcess) -> None:
    """Keep an agent running for as long as this process holds the lock.

    The first worker to get the lock has it. If that worker dies, its agent sees its standard input close and
    stops, and another worker gets the lock.
    """
    with agent.lock.open("w") as file:
        while not _locked(file):  # noqa: ASYNC110 - nobody is told when a kill releases the lock
            await asyncio.sleep(RESTART_SECONDS)
        while True:
            process = await asyncio.create_subprocess_exec(
                *agent.command, env=dict(agent.environment), stdin=asyncio.subprocess.PIPE
            )
            try:
                await process.wait()
            except asyncio.CancelledError:
                await _stop(process)
                raise
            mark_process_dead(process.pid)  # type: ignore[no-untyped-call]
            # whoever stops all processes at once stops this one, too, in less than that
            await asyncio.sleep(REFUSED_SECONDS if process.returncode == 1 else RESTART_SECONDS)
            logger.warning("the agent ended with %s and is started again", process.returncode)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
