"""The other probers and the sink, from Debian's packages."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from tests.bench.unusable import UnusableError
from tests.ports import free_port
from tests.probe.mail_servers import Place, find

Once = Callable[[], Awaitable[bool]]
CHECK_SMTP = "/usr/lib/nagios/plugins/check_smtp"
# its own documentation's SMTP module, without the parts that look at the words
MODULES = """
modules:
  plain:
    prober: tcp
    timeout: 10s
    tcp:
      query_response: [{greeting}, {ehlo}, {ehlo_done}, {quit}, {quit_done}]
  starttls:
    prober: tcp
    timeout: 10s
    tcp:
      query_response: [{greeting}, {ehlo}, {ehlo_done}, {starttls}, {ehlo}, {ehlo_done}, {quit}, {quit_done}]
      tls_config: {{ca_file: {ca_file}, server_name: localhost}}
"""
STEPS = {
    "greeting": '{expect: "^220 "}',
    "ehlo": '{send: "EHLO probe.example.com\\r"}',
    "ehlo_done": '{expect: "^250 "}',
    "starttls": '{send: "STARTTLS\\r"}, {expect: "^220 "}, {starttls: true}',
    "quit": '{send: "QUIT\\r"}',
    "quit_done": '{expect: "^221 "}',
}


def smtp_sink(place: Place) -> list[list[str]]:
    return [[find("smtp-sink"), "-u", "postfix", f"127.0.0.1:{place.port}", "1000"]]


def check_smtp(port: int, *options: str) -> Once:
    if not Path(CHECK_SMTP).exists():
        raise UnusableError("check_smtp is missing; install it with: .ci/servers")

    async def once() -> bool:
        process = await asyncio.create_subprocess_exec(
            CHECK_SMTP, "-H", "127.0.0.1", "-p", str(port), *options, stdout=asyncio.subprocess.DEVNULL
        )
        return await process.wait() == 0

    return once


@contextlib.asynccontextmanager
async def blackbox(ca_file: str, concurrency: int) -> AsyncIterator[Callable[[str, int], Once]]:
    """blackbox_exporter, asked over connections that stay open, by a client that costs next to nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write(MODULES.format(ca_file=ca_file, **STEPS))
        config.flush()
        port = free_port()
        options = [f"--config.file={config.name}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        process = await asyncio.create_subprocess_exec(find("prometheus-blackbox-exporter"), *options)
        idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        try:
            for _ in range(concurrency):
                idle.put_nowait(await _connect(port))
            yield lambda module, target: _ask(idle, module, target)
        finally:
            while not idle.empty():
                idle.get_nowait()[1].close()
            process.terminate()
            await process.wait()


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(10):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)


def _ask(idle: "asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]", module: str, port: int) -> Once:
    request = f"GET /probe?module={module}&target=127.0.0.1:{port} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    async def once() -> bool:
        reader, writer = idle.get_nowait()
        writer.write(request)
        body = await _read_body(reader)
        idle.put_nowait((reader, writer))
        return b"\nprobe_success 1\n" in body

    return once


async def _read_body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" not in head:
        return await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
