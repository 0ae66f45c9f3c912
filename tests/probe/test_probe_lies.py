"""A server that lies once, at any step of the dialogue: the probe ends in a value that it has a code for."""

import asyncio
import base64
import contextlib
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import orjson
import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from server.checks.probe import probe
from server.checks.target import Target, TlsOptions
from server.resources.smtp_checks import represent
from tests.probe import scripted_smtp
from tests.probe.probing import LOOPBACK, examine, failure
from tests.probe.scripted_smtp import Session, Step
from tests.probe.test_probe_auth import CREDENTIALS, challenge, offer
from tests.probe.tls_certificates import authority

MEGABYTE = 1_000_000
GREETING = b"220 mail\r\n"
END: list[Step] = ["MAIL", b"250 ok\r\n", "RCPT", b"250 ok\r\n", "QUIT", b"221 bye\r\n"]
CONTEXT = authority().context("good")
UPGRADE: list[Step] = ["EHLO", b"250-a\r\n250 STARTTLS\r\n", "STARTTLS", b"220 go\r\n", CONTEXT]
DIGITS = "0123456789²³¹٣१１①½-+_. "
OPTIONS: dict[str, Any] = {
    "user": "u",
    "password": "pässword",
    "mail_from": "a@example.com",
    "rcpt_to": "b@example.com",
    "tls": TlsOptions(verify=False),
    "timeout_seconds": 0.2,
}

numbers = st.text(DIGITS, min_size=1, max_size=8)
strange = numbers | st.text(max_size=20) | st.sampled_from(["", "\0", "\r", "a\rb", "x" * MEGABYTE, "²" * 2000])
lines = st.builds(
    lambda code, separator, text, end: f"{code}{separator}{text}".encode("utf-8", "surrogatepass") + end,
    st.sampled_from(["220", "235", "250", "334", "421", "454", "535", "２２０", "25²", "2 50", "\0250"]) | numbers,
    st.sampled_from([" ", "-", ""]),
    strange,
    st.sampled_from([b"\r\n", b"\n", b"\r", b"\0\r\n", b""]),
)
challenges = strange.map(lambda text: b"334 " + base64.b64encode(text.encode("utf-8", "surrogatepass")) + b"\r\n")
lies = lines | challenges | st.binary(max_size=60) | st.just(b"250-" + b"x" * 3000 + b"\r\n") | st.just(b"x" * MEGABYTE)


async def receive_nonce(session: Session) -> str:
    """Of a client that begins with SCRAM; empty if it does not."""
    with contextlib.suppress(ValueError):
        return base64.b64decode((await session.receive()).rpartition(" ")[2]).decode().rpartition("r=")[2]
    return ""


def scram(first: str, final: str) -> list[Step]:
    """*first* and *final* are what the server says, with the client's nonce for ``{}``."""

    async def converse(session: Session) -> None:
        nonce = await receive_nonce(session)
        for text in (first, final):
            await session.send(b"334 " + base64.b64encode(text.replace("{}", nonce).encode()) + b"\r\n")
            await session.receive()

    return [converse, b"235 ok\r\n"]


def dialogues() -> st.SearchStrategy[list[Step]]:
    said = st.builds("r={}x,s=c2FsdA==,i={}".replace, st.just("i={}"), numbers.map("i={}".format))
    said |= st.sampled_from(["r={}x,s=,i=1", "r={}x", "r={}x,s=c2FsdA==,i=4096,i=1", "m=x,r={}x,s=***,i=1", "\0", ""])
    exchanges = st.sampled_from(
        [
            ("PLAIN", ["AUTH", b"235 ok\r\n"]),
            ("LOGIN", ["AUTH", b"334 VXNlcg==\r\n", "", b"334 UGFzcw==\r\n", "", b"235 ok\r\n"]),
            ("CRAM-MD5", ["AUTH", b"334 PDFAbWFpbD4=\r\n", "", b"235 ok\r\n"]),
        ]
    ) | st.tuples(st.just("SCRAM-SHA-256"), st.builds(scram, said, st.sampled_from(["v=bm8=", "e=other", "v=²", ""])))

    def put_together(exchange: tuple[str, list[Step]], secured: bool) -> list[Step]:
        offered: list[Step] = ["EHLO", f"250-mail\r\n250 AUTH {exchange[0]}\r\n".encode()]
        return [GREETING, *(UPGRADE if secured else []), *offered, *exchange[1], *END]

    return st.builds(put_together, exchanges, st.booleans())


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(dialogues(), st.integers(0, 30), lies, st.booleans())
def test_one_lie_ends_in_a_value(script: list[Step], where: int, lie: bytes, as_served: bool) -> None:
    spoken = [number for number, step in enumerate(script) if not isinstance(step, str)]
    step = spoken[where % len(spoken)]
    secured = CONTEXT in script
    # the scripted server shares the loop, and uvloop's start_tls() hangs where the client resets the connection
    run = uvloop.run if as_served and not secured else asyncio.run
    run(_probe([*script[:step], lie, *script[step + 1 :]], ignore_tls=not secured))


async def _probe(script: Sequence[Step], *, ignore_tls: bool) -> None:
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port, ignore_tls=ignore_tls, **OPTIONS)
    assert outcome.code != "internal_error", outcome
    shown = orjson.dumps(represent(outcome, "en")).decode()
    assert len(shown) < 20_000
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cs")]


@pytest.mark.parametrize("count", ["²", "1²", "٣", "１", "0", "-1", "+1", " 1", "1_0", "", "1\0", "9" * 400, "100001"])
async def test_a_number_is_ascii_digits_within_bounds(count: str) -> None:
    async def ask(session: Session) -> None:
        await challenge(session, f"r={await receive_nonce(session)}x,s=c2FsdA==,i={count}")

    async with scripted_smtp.serve([*offer("SCRAM-SHA-256"), ask]) as server:
        outcome = await examine(server.port, **CREDENTIALS)
    failure("auth", "protocol_error").matches(outcome)


def offering(lines: int, words: Callable[[int], str]) -> list[Step]:
    said = "".join(f"250-AUTH {words(number)}\r\n" for number in range(lines))
    return [GREETING, "EHLO", said.encode() + b"250 end\r\n", "QUIT"]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (offering(15, lambda line: " ".join(f"{line * 800 + n:x}" for n in range(800))), "auth_mechanism_unsupported"),
        (offering(16, lambda line: "p" * 4000 + f"{line:x}"), "auth_mechanism_unsupported"),
        (offering(17, lambda line: "p" * 4000), "protocol_error"),
    ],
    ids=["distinct words", "half of a password", "too much"],
)
async def test_a_reply_costs_little_however_long(script: list[Step], code: str) -> None:
    loop, ticks = asyncio.get_running_loop(), [0.0]

    async def tick() -> None:
        while True:
            ticks.append(loop.time())
            await asyncio.sleep(0)

    async with scripted_smtp.serve(script) as server, asyncio.timeout(20):
        ticking = asyncio.create_task(tick())
        outcome = await examine(server.port, user="u", password="p" * 1023 + "x", ignore_tls=True)
        ticking.cancel()
    assert outcome.code == code
    assert max(after - before for before, after in pairwise(ticks[1:])) < 0.2


async def test_a_mistake_of_ours_is_an_outcome(caplog: pytest.LogCaptureFixture) -> None:
    async def resolve(_: str) -> list[str]:
        return ["no address"]

    outcome = await probe(Target("mail.example.com"), resolve=resolve, allowed=LOOPBACK)
    failure("connect", "internal_error").matches(outcome)
    [record] = caplog.records
    assert record.getMessage() == "internal error in a probe of mail.example.com"
    assert record.exc_info
