"""Who patches an organization while it moves, and whether all that was acknowledged is there in the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg

from sql.batches import Batcher
from sql.connection import AWAY, FAILURES
from sql.loops import running
from sql.smtp_monitor_patches import STATEMENTS, Change, Patch
from tests.cells.pair import Pair


class Silent:
    """Observes nothing."""

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None: ...

    def observe_alone(self, items: int) -> None: ...

    def observe_refusal(self) -> None: ...


@dataclass
class Writer:
    """Patches the monitors of an organization where it lives, and knows what was acknowledged."""

    pair: Pair
    organization_id: int
    monitors: list[UUID]
    pause: float = 0.0
    acknowledged: list[tuple[UUID, int]] = field(default_factory=list)  # the monitor and its version
    refused: int = 0
    failures: list[BaseException] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        async with running(self._write()):
            yield

    async def _write(self) -> None:
        while True:
            home = await self._home()
            if home is None:
                await asyncio.sleep(0.02)
                continue
            batcher = Batcher(self.pair.urls[home], STATEMENTS, max_rows=256, observer=Silent())
            with contextlib.suppress(*AWAY):
                async with running(batcher.run()):
                    await self._write_to(batcher)

    async def _home(self) -> int | None:
        try:
            return await self.pair.home(self.organization_id)
        except FAILURES:
            return None

    async def _write_to(self, batcher: "Batcher[Patch]") -> None:
        """Until the writes are refused."""
        while True:
            patches = [self._patch(public_id) for public_id in self.monitors[:20]]
            answers = await asyncio.gather(*[batcher.submit(patch) for patch in patches], return_exceptions=True)
            for patch, answer in zip(patches, answers, strict=True):
                if isinstance(answer, asyncpg.Record):
                    self.acknowledged.append((patch.public_id, answer["version"]))
                elif isinstance(answer, (asyncpg.LockNotAvailableError, *AWAY)):
                    self.refused += 1
                elif answer is not None:
                    self.failures.append(answer)
            await asyncio.sleep(self.pause)
            if not all(isinstance(answer, asyncpg.Record) for answer in answers):
                return

    def _patch(self, public_id: UUID) -> Patch:
        changes = {"name": f"Name {uuid4()}"}
        change = Change('{"id": 1}', "192.0.2.1", "{}")
        return Patch(self.organization_id, public_id, None, None, changes, frozenset(changes), change)


async def check_whole(pair: Pair, writer: Writer, number: int) -> None:
    """Everything acknowledged is in that cell, and nothing of the organization in the other one."""
    async with pair.connected(number) as db:
        query = "SELECT public_id, version FROM smtp_monitors WHERE organization_id = $1"
        rows = {row["public_id"]: row["version"] for row in await db.fetch(query, writer.organization_id)}
        query = """
            SELECT m.public_id, h.version
              FROM smtp_monitor_changes h
              JOIN smtp_monitors m ON m.organization_id = h.organization_id AND m.id = h.smtp_monitor_id
             WHERE m.organization_id = $1
        """
        kept = {(row["public_id"], row["version"]) for row in await db.fetch(query, writer.organization_id)}
    assert writer.failures == []
    assert rows.keys() == set(writer.monitors)
    assert set(writer.acknowledged) <= kept
    assert {
        public_id: max(version, rows[public_id]) for public_id, version in writer.acknowledged
    }.items() <= rows.items()
    other = await pair.contents(1 - number, writer.organization_id)
    assert [table for table, rows in other.items() if rows] == []
