"""Listeners to events, in a process of their own: they read what they are sent, and look at nothing."""

import asyncio
import contextlib
import subprocess
import sys
from types import TracebackType

REQUEST = "GET /api/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n"


class Listeners:
    """So many listen as one has said last. *lost* is how many were ended by the server."""

    def __init__(self, port: int, token: str) -> None:
        command = [sys.executable, "-m", "tests.bench.listeners", str(port), token]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lost = 0

    def __enter__(self) -> "Listeners":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._process.communicate("", timeout=10)
        self._process.kill()

    def be(self, count: int) -> None:
        """Return when they listen, or do no more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        self.lost += int(self._process.stdout.readline())


class Crowd:
    def __init__(self, port: int, token: str) -> None:
        self._port, self._request = port, REQUEST.format(token=token).encode()
        self._writers: list[asyncio.StreamWriter] = []
        self._readings: list[asyncio.Task[None]] = []
        self._lost = 0

    async def be(self, count: int) -> int:
        """How many were ended by the server since it was asked last."""
        while len(self._writers) < count:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(self._request)
            await reader.readuntil(b"id: ")  # it is told of all from now on
            self._writers.append(writer)
            self._readings.append(asyncio.create_task(self._read(reader)))
        lost, self._lost = self._lost, 0
        for task, writer in zip(self._readings[count:], self._writers[count:], strict=True):
            task.cancel()
            writer.close()
        del self._readings[count:], self._writers[count:]
        return lost

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(65536):
            pass
        self._lost += 1


async def main(port: int, token: str) -> None:
    crowd = Crowd(port, token)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(await crowd.be(int(line)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
