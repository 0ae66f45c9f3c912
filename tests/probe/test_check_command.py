"""run.py check and run.py demo-smtp, as they are typed."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probe import scripted_smtp
from tests.probe.scripted_smtp import Step
from tests.probe.tls_certificates import authority
from tests.product.process import RUN, Product

HELLO: list[Step] = [b"220 mail\r\n", "EHLO", b"250-mail\r\n250 STARTTLS\r\n"]
UPGRADE: list[Step] = [*HELLO, "STARTTLS", b"220 go\r\n"]
END: list[Step] = ["QUIT", b"221 bye\r\n"]
UNDER_TLS: list[Step] = ["EHLO probe.example.com", b"250-mail\r\n250 AUTH PLAIN\r\n"]


async def check(product: Product, script: list[Step], *options: str, host: str = "localhost") -> tuple[int, str, str]:
    async with scripted_smtp.serve(script) as server:
        address = f"{host}:{server.port}"
        done = await asyncio.to_thread(product.run, "check", address, *options)
    assert server.surprises == []
    return done.returncode, done.stdout.replace(str(server.port), "PORT"), done.stderr


async def test_a_success_is_0_and_reads_well(product: Product) -> None:
    status, printed, errors = await check(product, [*HELLO, *END], "--ignore-tls")
    assert (status, errors) == (0, "")
    pattern = """success: localhost:PORT (127.0.0.1): The server answers [quit: ok]
  capabilities  STARTTLS
  dns               0.0 ms
  connect           0.0 ms
  greeting          0.0 ms
  ehlo              0.0 ms
  quit              0.0 ms
  total             0.0 ms
"""
    assert re.sub(r" +[0-9]+[.][0-9] ms", lambda match: "0.0 ms".rjust(len(match[0])), printed) == pattern


async def test_a_warning_is_1(product: Product) -> None:
    status, printed, _ = await check(product, [*HELLO, "QUIT", b"250 no\r\n"], "--ignore-tls")
    assert status == 1
    assert "  warning       QUIT was not answered with 221: 250 no [quit_not_221]\n" in printed


async def test_a_failure_is_2_and_shows_the_certificate(product: Product) -> None:
    status, printed, _ = await check(product, [*UPGRADE, authority().context("untrusted"), "QUIT"], "--require-tls")
    assert status == 2
    assert "The certificate is not trusted: its issuer is not known [starttls: tls_certificate_untrusted]\n" in printed
    assert re.search(
        r"  tls           TLSv1.3, TLS_AES_256_GCM_SHA384, not verified\n  certificate   .* for localhost", printed
    )


async def test_the_options_are_what_the_api_has(product: Product, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    (tmp_path / "ca.pem").write_bytes(authority().ca.cert_pem.bytes())
    mail: list[Step] = ["MAIL FROM:<a@example.com>", b"250 ok\r\n", "RCPT TO:<b@example.org>", b"250 ok\r\n"]
    script = [
        *UPGRADE,
        authority().context("wrong-host"),
        *UNDER_TLS,
        "AUTH PLAIN AHUAczNjcmV0",
        b"235 ok\r\n",
        *mail,
        *END,
    ]
    script[1] = "EHLO probe.example.com"
    options = f"--user u --password-file {tmp_path}/password --ca-file {tmp_path}/ca.pem --servername Other.Example.com"
    more = "--ehlo probe.example.com --mail-from a@example.com --rcpt-to b@example.org --timeout 20 --json"
    status, printed, _ = await check(product, script, *options.split(), *more.split(), host="[::ffff:127.0.0.1]")
    shown = json.loads(printed.replace("PORT", "1"))
    assert (status, shown["verdict"], shown["tls"]["verified"]) == (0, "success", True)
    assert shown["capabilities"] == ["AUTH PLAIN", "STARTTLS"]


async def test_implicit_tls_with_any_certificate(product: Product) -> None:
    script: list[Step] = [authority().context("expired"), HELLO[0], *UNDER_TLS, *END]
    options = ("--secure", "--no-verify", "--ehlo", "probe.example.com", "--json")
    status, printed, _ = await check(product, script, *options)
    assert (status, json.loads(printed.replace("PORT", "1"))["warnings"][0]["code"]) == (1, "certificate_expires_soon")


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "a b",
        "host:",
        "host:65536",
        "[::1",
        "[::1]25",
        "host --secure --ignore-tls",
        "host --user u",
        "host --user u --password-file /nonexistent",
        "host --ca-file /dev/null",
        "host --timeout 0",
        "host --ehlo a_b.",
        "host --mail-from nobody",
        "host --bogus",
    ],
)
def test_wrong_usage_is_3(product: Product, arguments: str) -> None:
    done = product.run("check", *([arguments] if arguments == "a b" else arguments.split()))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr


@pytest.mark.parametrize(("allowed", "status"), [("10.0.0.0/8", 2), ("127.0.0.1/33", 3)])
def test_probe_allow_says_what_may_be_probed(product: Product, allowed: str, status: int) -> None:
    done = product.run("check", "127.0.0.1:9", PROBE_ALLOW=allowed)
    assert (done.returncode, "PROBE_ALLOW" in done.stdout + done.stderr) == (status, True)


def test_an_operator_sees_the_address_that_is_not_allowed(product: Product) -> None:
    done = product.run("check", "localhost:9", PROBE_ALLOW="10.0.0.0/8")
    assert re.search(r"^  resolved      .*127\.0\.0\.1", done.stdout, re.MULTILINE)


@pytest.fixture
def demo(product: Product) -> Iterator[int]:
    """The port of a demo server."""
    command = [sys.executable, str(RUN), "demo-smtp", "--port", "0"]
    with subprocess.Popen(
        command, env=product.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().rpartition(":")[2])
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest, errors) == (0, "", "")


def test_the_demo_server_is_worth_watching(product: Product, demo: int) -> None:
    done = product.run("check", f"localhost:{demo}", "--mail-from", "a@example.com", "--rcpt-to", "b@example.org")
    assert done.returncode == 0, done.stdout
    taken = product.run("demo-smtp", "--port", str(demo))
    assert (taken.returncode, taken.stderr.count("\n")) == (1, 1)
