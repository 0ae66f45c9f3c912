"""A million hostile requests: no 5xx but 503, every whole request and error answered in our words, no memory lost."""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import asyncpg

from server.access.sessions import open_session
from server.access.signer import Signer
from tests.bench import database
from tests.bench.database import FIRST, PUBLIC_ID, Database
from tests.bench.hostile_requests import Generator, Request
from tests.bench.options import positive
from tests.bench.servers import OURS, Server, running

CONNECTIONS = 32
ANSWER_SECONDS = 20.0  # more than a request with a slow answer needs; what takes longer hangs
CLOSED, FOREIGN = "closed", "foreign"  # the connection; the words of an error, which are not ours
ROLES = ("admin", "user", "readonly")
GROWTH = 1.1  # of memory, from a tenth of the requests to the end


def main(arguments: list[str]) -> int:
    """0 if every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench hostile", description=__doc__)
    parser.add_argument("--requests", type=positive, default=1_000_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="to repeat the same requests")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "hostile", monitors=1000)
        tokens = asyncio.run(_tokens(loaded))
        server = stack.enter_context(running(OURS, loaded, folder))
        return asyncio.run(Run(server, tokens, options.requests, options.seed).to_its_end())


async def _tokens(loaded: Database) -> list[str]:
    """Of a user of each role, and some that are none."""
    connection = await asyncpg.connect(loaded.url)
    try:
        tokens = ["", "x", "a.b.c", loaded.token[:-3], "x" * 5000]
        users = await connection.fetch("SELECT u.*, 'none' AS password_hash FROM users u")
        tokens += [(await open_session(connection, user, Signer(loaded.jwt_secret), hours=24))[0] for user in users]
        return [*tokens, *[loaded.token] * len(tokens)]
    finally:
        await connection.close()


class Run:
    def __init__(self, server: Server, tokens: list[str], requests: int, seed: int) -> None:
        self._server = server
        monitors = [f"{PUBLIC_ID}{FIRST + n}" for n in range(50)]
        self._generators = [Generator(seed * 1000 + n, tokens, monitors) for n in range(CONNECTIONS)]
        self._left = requests
        self._statuses: Counter[str] = Counter()
        self._wrong: list[tuple[str, bytes]] = []
        self._memory: list[float] = []

    async def to_its_end(self) -> int:
        requests, started = self._left, time.monotonic()
        watching = asyncio.create_task(self._watch(requests))
        await asyncio.gather(*(self._send_all(generator) for generator in self._generators))
        watching.cancel()
        self._memory.append(self._server.worker_megabytes())
        growth = self._memory[-1] / self._memory[0]
        print(f"{requests:,} requests in {time.monotonic() - started:.0f} s: {dict(self._statuses.most_common())}")
        print(f"memory of a worker: {' → '.join(f'{megabytes:.0f}' for megabytes in self._memory)} MB, × {growth:.2f}")
        for what, text in self._wrong[:20]:
            print(f"{what}: {text[:400]!r}")
        alive = self._server.patch({}, token=self._server.database.token)[0]
        print(f"{len(self._wrong)} wrong answers; the server answers {alive} at the end")
        return 0 if not self._wrong and growth <= GROWTH and alive in (200, 404) else 1

    async def _watch(self, requests: int) -> None:
        """Note the memory after each tenth, and say how far it is."""
        for tenth in range(1, 10):
            while self._left > requests * (10 - tenth) / 10:
                await asyncio.sleep(0.2)
            self._memory.append(self._server.worker_megabytes())
            print(f"{tenth * 10} %", file=sys.stderr, flush=True)

    async def _send_all(self, generator: Generator) -> None:
        stream = None
        while self._left > 0:
            self._left -= 1
            request, status, stays = generator.next(), CLOSED, False
            if stream is not None:
                status, stays = await self._ask(*stream, request)
            if (status == CLOSED and request.ends) or stream is None:
                # after an error, a server may close a connection that a client is about to use again
                stream = await asyncio.open_connection("127.0.0.1", self._server.port)
                status, stays = await self._ask(*stream, request)
            self._statuses[status] += 1
            broken = status in (FOREIGN, "hang") or (status.startswith("5") and status != "503")
            if broken or (status == CLOSED and request.ends):
                self._wrong.append((status, request.text))
            if not stays:
                stream[1].close()
                stream = None
        if stream is not None:
            stream[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
    ) -> tuple[str, bool]:
        """The status, and whether the connection can be used again. What may have no end is ended by us."""
        try:
            writer.write(request.text)
            if not request.ends:
                writer.write_eof()
            async with asyncio.timeout(ANSWER_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                status = head.split(b" ", 2)[1].decode("ascii", "replace")
                if status[0] in "45" and b"application/json" not in head:
                    return FOREIGN, False
                if not request.ends:
                    await reader.read()
                    return status, False
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                if not request.text.startswith(b"HEAD"):
                    await reader.readexactly(length)
            return status, b"connection: close" not in head.lower()
        except TimeoutError:
            return "hang", False
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return CLOSED, False
