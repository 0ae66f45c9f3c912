"""Probes per second: ours, blackbox_exporter's and check_smtp's, against the same servers in the same minutes.

Plain against postfix's smtp-sink, STARTTLS against postfix itself, because smtp-sink has no TLS. All hold the same
conversation from the greeting to QUIT's 221, as many at once; ours is one process on one event loop.

``openssl s_time`` shakes hands with the same postfix, as often as it can, and says no word of SMTP: no probe of a
server under TLS can be faster than that on the same machine.
"""

import argparse
import asyncio
import contextlib
import json
import re
import statistics
import subprocess
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
# times blackbox_exporter's rate
BARS = {"plain": 2.5, "STARTTLS": 2.0}
HANDSHAKERS = 8  # clients of one connection at a time, which keep both cores busy


def main(arguments: list[str]) -> int:
    """0 if the bars are met."""
    options = parse("probe", arguments, seconds=3, more=_concurrency)
    try:
        rates = _measure(options)
    except mail_servers.UnusableServerError as missing:
        raise UnusableError(str(missing)) from missing
    factors = {
        mode: statistics.median(rates[mode, "ours"]) / statistics.median(rates[mode, "blackbox_exporter"])
        for mode in BARS
    }
    missed = any(factors[mode] < bar for mode, bar in BARS.items())
    if options.json:
        table = [{"mode": mode, "prober": name, "rates": measured} for (mode, name), measured in rates.items()]
        print(json.dumps({"probes_per_second": table, "factors": factors, "bars": BARS}))
        return int(missed)
    for (mode, name), measured in rates.items():
        spread = f"{min(measured):,.0f} to {max(measured):,.0f}"
        print(f"{mode:<9} {name:<18} {statistics.median(measured):>8,.0f} probes/s  ({spread})")
    for mode, bar in BARS.items():
        print(f"{mode}: {factors[mode]:.2f} × blackbox_exporter; the bar is {bar}")
    return int(missed)


def _concurrency(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=positive, default=32, metavar="N", help="probes at once; default 32")


def _measure(options: argparse.Namespace) -> dict[tuple[str, str], list[float]]:
    """The rates of each mode and prober, one a round."""
    with contextlib.ExitStack() as running:
        ca_file = Path(running.enter_context(tempfile.NamedTemporaryFile(suffix=".pem")).name)
        ca_file.write_bytes(authority().ca.cert_pem.bytes())
        plain = running.enter_context(mail_servers.serve(smtp_sink, Setup()))
        starttls = running.enter_context(mail_servers.serve(postfix, Setup("good")))
        rates = uvloop.run(_compare(options, plain, starttls, str(ca_file)))
        secure = running.enter_context(mail_servers.serve(postfix, Setup("good", secure=True)))
        rates["TLS", "openssl s_time"] = [_shake_hands(secure, options.seconds) for _ in range(options.rounds)]
        return rates


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


def _shake_hands(port: int, seconds: int) -> float:
    """Handshakes per second and nothing else, each a full one."""
    command = ["openssl", "s_time", "-new", "-connect", f"127.0.0.1:{port}", "-time", str(seconds)]
    started = time.perf_counter()
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(HANDSHAKERS)]
    printed = [process.communicate()[0] for process in processes]
    elapsed = time.perf_counter() - started
    return sum(int(count) for text in printed for count in re.findall(r"(\d+) connections in \d+ real", text)) / elapsed


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
