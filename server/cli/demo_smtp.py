"""smtp-monitors demo-smtp: a small SMTP server on loopback, to watch, to stop, and to watch again."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from server.checks.text import escaped
from server.cli import program
from server.cli.context import Context
from server.cli.environment import ConfigError

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
PORT = 2525


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, choices=range(65536), default=PORT, metavar="PORT", help=f"({PORT})")
    parser.set_defaults(run=run)


def run(context: Context) -> int:
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # it tells of every line
    try:
        asyncio.run(serve(_demo_server(), context.options.port))
    except OSError as error:
        print(f"{program.name()} demo-smtp: {error}", file=sys.stderr)
        return 1
    return 0


def _demo_server() -> "Callable[[], SMTP]":
    try:
        from aiosmtpd.smtp import SMTP  # nothing else needs this package
    except ModuleNotFoundError as error:
        raise ConfigError(f"demo-smtp needs aiosmtpd; get it with: {sys.executable} -m pip install aiosmtpd") from error
    return lambda: SMTP(Printer(), hostname="demo.localhost", ident="demo")


async def serve(protocol: "Callable[[], SMTP]", port: int) -> None:
    """Accept any mail, show a line of each and keep none, until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(protocol, HOST, port)
    async with server:
        print(f"SMTP on {HOST}:{server.sockets[0].getsockname()[1]}", flush=True)
        await stopped.wait()


class Printer:
    async def handle_DATA(self, _server: "SMTP", _session: "Session", envelope: "Envelope") -> str:  # noqa: N802
        size = len(envelope.content or b"")
        print(escaped(f"{envelope.mail_from} -> {', '.join(envelope.rcpt_tos)}: {size} bytes"), flush=True)
        return "250 OK"
