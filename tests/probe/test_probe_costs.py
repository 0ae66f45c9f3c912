"""What a server makes its client compute is bounded, and the event loop goes on meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from server.checks.outcome import Phase
from server.checks.target import TlsOptions
from tests.probe import costly_chain, scripted_smtp
from tests.probe.probing import examine, failure
from tests.probe.scripted_smtp import Session, Step
from tests.probe.test_probe_auth import CREDENTIALS, challenge, offer
from tests.probe.test_probe_lies import receive_nonce
from tests.probe.test_probe_tls import UPGRADE
from tests.probe.tls_certificates import authority

# Where nobody waits for the probe's thread, the loop goes round a few times between two steps of a dialogue.
FEW = 50


@contextlib.asynccontextmanager
async def rounds() -> AsyncIterator[list[int]]:
    """How often the event loop has gone round."""
    count = [0]

    async def go_round() -> None:
        while True:
            count[0] += 1
            await asyncio.sleep(0)

    going = asyncio.create_task(go_round())
    yield count
    going.cancel()


async def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    async with rounds() as count:

        async def ask(session: Session) -> None:
            asked = challenge(session, f"r={await receive_nonce(session)}x,s=c2FsdA==,i=100000")
            before = count[0]
            await asked
            count.append(count[0] - before)

        async with scripted_smtp.serve([*offer("SCRAM-SHA-256"), ask]) as server:
            await examine(server.port, **CREDENTIALS)
    assert count[1] > FEW


async def test_the_loop_goes_on_while_certificates_are_verified(tmp_path: Path) -> None:
    async with rounds() as count:

        async def begin(_: Session) -> None:
            count.append(count[0])

        async def end(session: Session) -> None:
            count.append(count[0] - count.pop())
            await session.receive()

        script: list[Step] = [*UPGRADE, begin, costly_chain.context(8, tmp_path), end]
        async with scripted_smtp.serve(script) as server:
            outcome = await examine(server.port)
    failure("starttls", "tls_certificate_untrusted").matches(outcome)
    assert outcome.timings[Phase.STARTTLS] > 10
    assert count[1] > FEW * 10


async def test_a_long_chain_is_not_followed_to_its_end(tmp_path: Path) -> None:
    async with scripted_smtp.serve([*UPGRADE, costly_chain.context(20, tmp_path), "QUIT"]) as server:
        outcome = await examine(server.port)
    failure("starttls", "tls_certificate_untrusted").matches(outcome)
    assert outcome.detail == "its chain of issuers is too long"


async def test_a_server_chooses_no_group_of_its_own() -> None:
    offered: list[str] = []

    async def look(session: Session) -> None:
        offered.extend(name for name, _, _ in session.tls.shared_ciphers() or ())

    async with scripted_smtp.serve([*UPGRADE, authority().context("good"), look]) as server:
        await examine(server.port, tls=TlsOptions(verify=False))
    assert offered
    assert not [name for name in offered if name.startswith("DHE")]
