"""Probes per second: ours, blackbox_exporter's and check_smtp's, against the same servers in the same minutes.

Plain against postfix's smtp-sink, STARTTLS against postfix itself, because smtp-sink has no TLS. All hold the same
conversation from the greeting to QUIT's 221, as many at once; ours is one process on one event loop.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import uvloop

from server.checks.probe import probe
from server.checks.resolver import open_resolver
from server.checks.target import Target, TlsOptions
from tests.bench.contenders import blackbox, check_smtp, smtp_sink
from tests.bench.options import parse, positive
from tests.bench.unusable import UnusableError
from tests.probe import mail_servers
from tests.probe.mail_server_kinds import postfix
from tests.probe.mail_servers import Setup
from tests.probe.probing import LOOPBACK
from tests.probe.tls_certificates import authority

Once = Callable[[], Awaitable[bool]]
BAR = 2.0


def main(arguments: list[str]) -> int:
    """0 if the bar is met: plain, at least twice blackbox_exporter's rate."""
    options = parse("probe", arguments, seconds=3, more=_concurrency)
    try:
        rates = _measure(options)
    except mail_servers.UnusableServerError as missing:
        raise UnusableError(str(missing)) from missing
    factor = statistics.median(rates["plain", "ours"]) / statistics.median(rates["plain", "blackbox_exporter"])
    if options.json:
        table = [{"mode": mode, "prober": name, "rates": measured} for (mode, name), measured in rates.items()]
        print(json.dumps({"probes_per_second": table, "factor": factor, "bar": BAR}))
        return 0 if factor >= BAR else 1
    for (mode, name), measured in rates.items():
        spread = f"{min(measured):,.0f} to {max(measured):,.0f}"
        print(f"{mode:<9} {name:<18} {statistics.median(measured):>8,.0f} probes/s  ({spread})")
    print(f"plain: {factor:.2f} × blackbox_exporter; the bar is {BAR}")
    return 0 if factor >= BAR else 1


def _concurrency(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=positive, default=32, metavar="N", help="probes at once; default 32")


def _measure(options: argparse.Namespace) -> dict[tuple[str, str], list[float]]:
    """The rates of each mode and prober, one a round."""
    with contextlib.ExitStack() as running:
        ca_file = Path(running.enter_context(tempfile.NamedTemporaryFile(suffix=".pem")).name)
        ca_file.write_bytes(authority().ca.cert_pem.bytes())
        plain = running.enter_context(mail_servers.serve(smtp_sink, Setup()))
        starttls = running.enter_context(mail_servers.serve(postfix, Setup("good")))
        return uvloop.run(_compare(options, plain, starttls, str(ca_file)))


async def _compare(
    options: argparse.Namespace, plain: int, starttls: int, ca_file: str
) -> dict[tuple[str, str], list[float]]:
    rates: dict[tuple[str, str], list[float]] = {}
    async with _contenders(plain, starttls, ca_file, options.concurrency) as contenders:
        for once in contenders.values():  # so that no server's processes start while it is measured
            await _rate(once, options.concurrency, 0.5)
        for _ in range(options.rounds):
            for name, once in contenders.items():
                rates.setdefault(name, []).append(await _rate(once, options.concurrency, options.seconds))
    return rates


@contextlib.asynccontextmanager
async def _contenders(
    plain: int, starttls: int, ca_file: str, concurrency: int
) -> AsyncIterator[dict[tuple[str, str], Once]]:
    async with open_resolver() as resolve, blackbox(ca_file, concurrency) as exporter:

        def ours(port: int, *, require_tls: bool) -> Once:
            tls = TlsOptions(ca_file=ca_file, servername="localhost")
            target = Target("127.0.0.1", port, 10, require_tls=require_tls, ignore_tls=not require_tls, tls=tls)

            async def once() -> bool:
                return (await probe(target, resolve=resolve, allowed=LOOPBACK)).verdict == "success"

            return once

        yield {
            ("plain", "ours"): ours(plain, require_tls=False),
            ("plain", "blackbox_exporter"): exporter("plain", plain),
            ("plain", "check_smtp"): check_smtp(plain),
            ("STARTTLS", "ours"): ours(starttls, require_tls=True),
            ("STARTTLS", "blackbox_exporter"): exporter("starttls", starttls),
            ("STARTTLS", "check_smtp"): check_smtp(starttls, "-S"),
        }


async def _rate(once: Once, concurrency: int, seconds: float) -> float:
    """Probes per second with *concurrency* at once; every one must succeed."""
    end = time.perf_counter() + seconds

    async def work() -> int:
        count = 0
        while time.perf_counter() < end:
            assert await once()
            count += 1
        return count

    started = time.perf_counter()
    counts = await asyncio.gather(*(work() for _ in range(concurrency)))
    return sum(counts) / (time.perf_counter() - started)
