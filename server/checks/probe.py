"""One attempt at one server under one deadline; it always ends in a value."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from server.checks.connect import MAX_ADDRESSES, Resolve, connect, find_addresses
from server.checks.dialogue import Dialogue
from server.checks.failure import Failed
from server.checks.networks import Networks
from server.checks.outcome import Code, Outcome, Phase, WarningCode
from server.checks.progress import Progress
from server.checks.target import Target
from server.checks.wire import Wire

logger = logging.getLogger(__name__)

Probe = Callable[[Target], Awaitable[Outcome]]
PARTING_SECONDS = 1.0
# after these the server is gone or would not understand QUIT
BROKEN = (
    Code.TIMEOUT,
    Code.CONNECTION_CLOSED,
    Code.PROTOCOL_ERROR,
    Code.STARTTLS_INJECTION,
    Code.TLS_HANDSHAKE_FAILED,
    Code.INTERNAL_ERROR,
)


async def probe(target: Target, *, resolve: Resolve, allowed: Networks) -> Outcome:
    """Speak to *target* as its options say; *resolve* gives a name's addresses, *allowed* judges them."""
    progress, wire = Progress(target), None
    deadline = asyncio.get_running_loop().time() + target.timeout_seconds
    try:
        try:
            async with asyncio.timeout_at(deadline):
                wire = await _reach(progress, resolve, allowed)
                await _converse(Dialogue(wire, progress), secure=target.secure)
            end = None
        except Failed as failure:
            end = failure
        except TimeoutError:
            end = _out_of_time(progress)
        except Exception:
            # a server that found a mistake of ours must not make its monitor blind
            logger.exception("internal error in a probe of %s", target.hostname)
            end = Failed(Code.INTERNAL_ERROR)
        outcome = progress.outcome(end)
        if wire is not None and end is not None and end.code not in BROKEN:
            await _part(wire, deadline)
        return outcome
    finally:
        if wire is not None:
            wire.close()


async def _reach(progress: Progress, resolve: Resolve, allowed: Networks) -> Wire:
    addresses = await find_addresses(progress.target.hostname, resolve)
    progress.resolved = tuple(addresses[:MAX_ADDRESSES])
    progress.enter(Phase.CONNECT)
    wire, progress.address = await connect(addresses, progress.target.effective_port, allowed)
    return wire


async def _converse(dialogue: Dialogue, *, secure: bool) -> None:
    if secure:
        await dialogue.handshake()
    await dialogue.greet()
    await dialogue.introduce()
    await dialogue.upgrade()
    await dialogue.authenticate()
    await dialogue.offer_mail()
    dialogue.compare_capabilities()
    await dialogue.leave()


def _out_of_time(progress: Progress) -> Failed | None:
    """A time-out. If only the reply to QUIT is missing, it is a warning."""
    if progress.phase is Phase.QUIT:
        progress.warn(WarningCode.QUIT_NOT_221, Code.TIMEOUT.value)
        return None
    return Failed(Code.TIMEOUT)


async def _part(wire: Wire, deadline: float) -> None:
    """Send QUIT, so that the server logs no lost connection. Its reply does not matter."""
    until = min(deadline, asyncio.get_running_loop().time() + PARTING_SECONDS)
    wire.send("QUIT")
    with contextlib.suppress(Failed, TimeoutError):
        async with asyncio.timeout_at(until):
            await wire.closed()
