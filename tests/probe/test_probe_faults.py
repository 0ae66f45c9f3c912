"""Servers with every fault of the dialogue, and the truth about each."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
import uvloop

from server.resources.smtp_checks import represent
from tests.probe import scripted_smtp
from tests.probe.probing import PATIENCE, SUCCESS, Expected, examine, failure, warning
from tests.probe.scripted_smtp import Step, drip, endless_line, endless_reply, silence

GREETING = b"220 mail.example.com ESMTP\r\n"
EHLO = b"250-mail.example.com\r\n250-PIPELINING\r\n250 HELP\r\n"
BYE = b"221 bye\r\n"
HELLO: list[Step] = [GREETING, "EHLO ", EHLO]
END: list[Step] = ["QUIT", BYE]
AFTER_FAILURE: list[Step] = ["QUIT"]
RELAY = {"mail_from": "a@example.com", "rcpt_to": "b@example.org", "expect_refused": True}
ACCEPTANCE = {"mail_from": "a@example.com", "rcpt_to": "b@example.org"}

SCENARIOS: dict[str, tuple[Sequence[Step], dict[str, Any], Expected]] = {
    "all is well": ([*HELLO, *END], {}, SUCCESS),
    "lines end in LF alone": ([b"220 hi\n", "EHLO", b"250 hi\n", "QUIT", b"221 bye\n"], {}, SUCCESS),
    "a greeting of several lines": ([b"220-mail\r\n220-no spam\r\n220 \r\n", *HELLO[1:], *END], {}, SUCCESS),
    "codes without text": ([b"220\r\n", "EHLO", b"250\r\n", "QUIT", b"221\r\n"], {}, SUCCESS),
    "a greeting in pieces": ([b"2", b"20 ", b"mail", b"\r", b"\n", *HELLO[1:], *END], {}, SUCCESS),
    "a greeting of 4xx": ([b"421 busy\r\n", *AFTER_FAILURE], {}, failure("greeting", "greeting_temporary")),
    "a greeting of 5xx": ([b"554 no\r\n", *AFTER_FAILURE], {}, failure("greeting", "greeting_rejected")),
    "a greeting of 3xx": ([b"354 what\r\n"], {}, failure("greeting", "protocol_error")),
    "no greeting": ([silence], {"timeout_seconds": PATIENCE}, failure("greeting", "timeout")),
    "a dripping greeting": ([drip], {"timeout_seconds": PATIENCE}, failure("greeting", "timeout")),
    "an endless line": ([endless_line], {}, failure("greeting", "protocol_error")),
    "an endless greeting": ([b"220-hi\r\n" * 1000], {}, failure("greeting", "protocol_error")),
    "closed at once": ([], {}, failure("greeting", "connection_closed")),
    "closed within the greeting": ([b"220-mail"], {}, failure("greeting", "connection_closed")),
    "another protocol": ([b"SSH-2.0-OpenSSH_9.2\r\n"], {}, failure("greeting", "protocol_error")),
    "bytes of no kind": ([b"\x00\xff\x80\r\n"], {}, failure("greeting", "protocol_error")),
    "a code that changes": ([b"220-hi\r\n250 hi\r\n"], {}, failure("greeting", "protocol_error")),
    "a code of two digits": ([b"22 hi\r\n"], {}, failure("greeting", "protocol_error")),
    "a code of another world": ([b"920 hi\r\n"], {}, failure("greeting", "protocol_error")),
    "EHLO in any case": ([GREETING, "EHLO", b"250-a\r\n250-pipelining\r\n250 help\r\n", *END], {}, SUCCESS),
    "EHLO unknown, HELO known": ([GREETING, "EHLO", b"502 what\r\n", "HELO ", b"250 hi\r\n", *END], {}, SUCCESS),
    "EHLO and HELO refused": (
        [GREETING, "EHLO", b"550 no\r\n", "HELO", b"550 no\r\n", *AFTER_FAILURE],
        {},
        failure("ehlo", "ehlo_rejected"),
    ),
    "EHLO answered 421": ([GREETING, "EHLO", b"421 later\r\n"], {}, failure("ehlo", "ehlo_rejected")),
    "closed at EHLO": ([GREETING, "EHLO"], {}, failure("ehlo", "connection_closed")),
    "no answer to EHLO": ([GREETING, "EHLO", silence], {"timeout_seconds": PATIENCE}, failure("ehlo", "timeout")),
    "an endless EHLO": ([GREETING, "EHLO", endless_reply], {}, failure("ehlo", "protocol_error")),
    "garbage after EHLO": ([GREETING, "EHLO", b"hello\r\n"], {}, failure("ehlo", "protocol_error")),
    "QUIT answered 250": ([*HELLO, "QUIT", b"250 ok\r\n"], {}, warning("quit_not_221")),
    "closed at QUIT": ([*HELLO, "QUIT"], {}, warning("quit_not_221")),
    "no answer to QUIT": ([*HELLO, "QUIT", silence], {"timeout_seconds": PATIENCE}, warning("quit_not_221")),
    "sender 4xx": ([*HELLO, "MAIL", b"451 later\r\n"], ACCEPTANCE, failure("mail", "sender_temporary")),
    "sender 5xx": ([*HELLO, "MAIL", b"550 no\r\n"], ACCEPTANCE, failure("mail", "sender_rejected")),
    "421 out of turn": (
        [GREETING, "EHLO", EHLO + b"421 shutting down\r\n"],
        ACCEPTANCE,
        failure("mail", "sender_temporary"),
    ),
    "sender 421": ([*HELLO, "MAIL", b"421 bye\r\n"], ACCEPTANCE, failure("mail", "sender_temporary")),
    "recipient 4xx": (
        [*HELLO, "MAIL", b"250 ok\r\n", "RCPT", b"450 grey\r\n", *AFTER_FAILURE],
        ACCEPTANCE,
        failure("mail", "recipient_temporary"),
    ),
    "recipient 5xx": (
        [*HELLO, "MAIL", b"250 ok\r\n", "RCPT", b"550 no\r\n", *AFTER_FAILURE],
        ACCEPTANCE,
        failure("mail", "recipient_rejected"),
    ),
    "recipient accepted": (
        [*HELLO, "MAIL FROM:<a@example.com>", b"250 ok\r\n", "RCPT TO:<b@example.org>", b"250 ok\r\n", *END],
        ACCEPTANCE,
        SUCCESS,
    ),
    "closed at RCPT": ([*HELLO, "MAIL", b"250 ok\r\n", "RCPT"], ACCEPTANCE, failure("mail", "connection_closed")),
    "a sender alone": ([*HELLO, "MAIL FROM:<a@b.example>", b"250 ok\r\n", *END], {"mail_from": "a@b.example"}, SUCCESS),
    "the null sender": (
        [*HELLO, "MAIL FROM:<>", b"250 ok\r\n", "RCPT", b"250 ok\r\n", *END],
        {"rcpt_to": "b@example.org"},
        SUCCESS,
    ),
    "an open relay": (
        [*HELLO, "MAIL", b"250 ok\r\n", "RCPT", b"250 ok\r\n", *AFTER_FAILURE],
        RELAY,
        failure("mail", "recipient_accepted"),
    ),
    "no relay": ([*HELLO, "MAIL", b"250 ok\r\n", "RCPT", b"554 relay\r\n", *END], RELAY, SUCCESS),
    "no relay for this sender": ([*HELLO, "MAIL", b"550 relay\r\n", *END], RELAY, SUCCESS),
    "a relay that delays": (
        [*HELLO, "MAIL", b"250 ok\r\n", "RCPT", b"450 grey\r\n", *AFTER_FAILURE],
        RELAY,
        failure("mail", "recipient_temporary"),
    ),
    "the greeting expected": ([*HELLO, *END], {"expect_greeting": "MAIL.example.com"}, SUCCESS),
    "another greeting": ([*HELLO, *END], {"expect_greeting": "mx.example.com"}, warning("greeting_name_differs")),
    "a capability lost": (
        [*HELLO, *END],
        {"known_capabilities": ("STARTTLS", "AUTH PLAIN", "PIPELINING", "SIZE 1")},
        warning("capability_lost"),
    ),
    "no capability lost": ([*HELLO, *END], {"known_capabilities": ("PIPELINING", "SIZE 1")}, SUCCESS),
    "slow": ([*HELLO, *END], {"warn_ms": 0}, warning("slow")),
    "a name of one's own": (
        [GREETING, "EHLO probe.example.com", EHLO, *END],
        {"ehlo_name": "probe.example.com"},
        SUCCESS,
    ),
    "an address for a name": ([GREETING, "EHLO [127.0.0.1]", EHLO, *END], {}, SUCCESS),
    "TLS required, not offered": (
        [*HELLO, *AFTER_FAILURE],
        {"require_tls": True},
        failure("starttls", "starttls_missing"),
    ),
    "a password, no TLS": (
        [GREETING, "EHLO", b"250-hi\r\n250 AUTH PLAIN\r\n", *AFTER_FAILURE],
        {"user": "u", "password": "p"},
        failure("auth", "auth_needs_tls"),
    ),
    "a user without password": ([*HELLO, *END], {"user": "u"}, SUCCESS),
}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fault_is_told_for_what_it_is(name: str, run: Callable[[Coroutine[None, None, None]], None]) -> None:
    run(_play(*SCENARIOS[name]))


async def _play(script: Sequence[Step], options: dict[str, Any], expected: Expected) -> None:
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port, **options)
    expected.matches(outcome)
    assert server.surprises == []


async def test_an_outcome_has_the_shape_of_the_contract() -> None:
    async with scripted_smtp.serve(
        [GREETING, "EHLO", b"550 5.7.1 not \xff you\r\n", "HELO", b"550-a\r\n550 b\r\n"]
    ) as server:
        outcome = await examine(server.port)
    shown = represent(outcome, "de")
    timings = shown["timings"]
    assert isinstance(timings, dict)
    reached = ["dns", "connect", "greeting", "ehlo", "total"]
    assert [phase for phase, milliseconds in timings.items() if milliseconds is not None] == reached
    assert list(timings) == [*"dns connect tls greeting ehlo starttls auth mail quit total".split()]
    assert {**shown, "timings": None, "checkedAt": None} == {
        "verdict": "failure",
        "phase": "ehlo",
        "code": "ehlo_rejected",
        "message": "Der Server lehnt EHLO und HELO ab",
        "replyCode": 550,
        "replyText": "a b",
        "hostname": "localhost",
        "address": "127.0.0.1",
        "port": server.port,
        "checkedAt": None,
        "timings": None,
        "tls": None,
        "capabilities": None,
        "warnings": [],
    }


async def test_a_reply_is_shown_bounded_and_printable() -> None:
    lines = b"".join(b"554-%s\x00\x1b[31m\xff\r\n" % (b"x" * 400) for _ in range(100))
    async with scripted_smtp.serve([lines + b"554 end\r\n"]) as server:
        outcome = await examine(server.port)
    assert outcome.reply_text is not None
    assert len(outcome.reply_text) == 500
    assert outcome.reply_text.isprintable()
