"""Logging in: each mechanism against a server that knows it, and the faults of those that do not keep to it."""

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import scramp

from server.checks.target import TlsOptions
from tests.probe import scripted_smtp
from tests.probe.probing import PATIENCE, SUCCESS, Expected, examine, failure
from tests.probe.scripted_smtp import Session, Step, silence
from tests.probe.tls_certificates import authority

USER, PASSWORD = "me@example.com", "pass, =wörd\u00ad\u00a0"
CREDENTIALS: dict[str, Any] = {"user": USER, "password": PASSWORD, "ignore_tls": True}
GREETING = b"220 mail ESMTP\r\n"
ACCEPTED, REJECTED = b"235 welcome\r\n", b"535 5.7.8 no\r\n"
END: list[Step] = ["QUIT", b"221 bye\r\n"]


def offer(mechanisms: str) -> list[Step]:
    return [GREETING, "EHLO", f"250-mail\r\n250 AUTH {mechanisms}\r\n".encode()]


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


async def challenge(session: Session, text: str | bytes) -> bytes:
    await session.send(f"334 {encoded(text)}\r\n".encode())
    return base64.b64decode(await session.receive())


async def cram_md5(session: Session) -> None:
    assert await session.receive() == "AUTH CRAM-MD5"
    user, _, digest = (await challenge(session, "<1@mail>")).decode().rpartition(" ")
    proven = digest == hmac.new(PASSWORD.encode(), b"<1@mail>", "md5").hexdigest()
    await session.send(ACCEPTED if proven and user == USER else REJECTED)


async def login(session: Session) -> None:
    assert await session.receive() == "AUTH LOGIN"
    answers = [await challenge(session, "Username:"), await challenge(session, "Password:")]
    await session.send(ACCEPTED if answers == [USER.encode(), PASSWORD.encode()] else REJECTED)


def scram(password: str, **forged: str) -> Callable[[Session], Awaitable[None]]:
    """A server that knows *password*, and whose messages have the *forged* parts."""

    async def converse(session: Session) -> None:
        mechanism = scramp.ScramMechanism("SCRAM-SHA-256")
        stored = mechanism.make_auth_info(password, iteration_count=4096)
        server = mechanism.make_server(lambda _: stored)
        command, _, first = (await session.receive()).rpartition(" ")
        assert command == "AUTH SCRAM-SHA-256"
        server.set_client_first(base64.b64decode(first).decode())
        final = await challenge(session, forged.get("first") or server.get_server_first())
        try:
            server.set_client_final(final.decode())
        except scramp.ScramException:
            await session.send(REJECTED)
            return
        await challenge(session, forged.get("final") or server.get_server_final())
        await session.send(ACCEPTED)

    return converse


async def accept_at_once(session: Session) -> None:
    await session.receive()
    await session.send(ACCEPTED)


async def ask_for_ever(session: Session) -> None:
    while await session.receive():
        await session.send(b"334 \r\n")


PLAIN = "AUTH PLAIN " + encoded(f"\0{USER}\0{PASSWORD}")
SCENARIOS: dict[str, tuple[list[Step], dict[str, Any], Expected]] = {
    "PLAIN": ([*offer("PLAIN LOGIN"), PLAIN, ACCEPTED, *END], CREDENTIALS, SUCCESS),
    "PLAIN of an older age": (
        [GREETING, "EHLO", b"250-a\r\n250 AUTH=PLAIN\r\n", PLAIN, ACCEPTED, *END],
        CREDENTIALS,
        SUCCESS,
    ),
    "PLAIN too long for a command": (
        [*offer("PLAIN"), "AUTH PLAIN", b"334 \r\n", encoded("\0u\0" + "x" * 900), ACCEPTED, *END],
        {"user": "u", "password": "x" * 900, "ignore_tls": True},
        SUCCESS,
    ),
    "LOGIN": ([*offer("LOGIN XOAUTH2"), login, *END], CREDENTIALS, SUCCESS),
    "CRAM-MD5": ([*offer("PLAIN LOGIN CRAM-MD5"), cram_md5, *END], CREDENTIALS, SUCCESS),
    "SCRAM-SHA-256": ([*offer("PLAIN CRAM-MD5 SCRAM-SHA-256"), scram(PASSWORD), *END], CREDENTIALS, SUCCESS),
    "SCRAM-SHA-256, wrong password": (
        [*offer("SCRAM-SHA-256"), scram("another"), "QUIT"],
        CREDENTIALS,
        failure("auth", "auth_rejected"),
    ),
    "a server that proves nothing": (
        [*offer("SCRAM-SHA-256"), scram(PASSWORD, final="v=" + encoded("no"))],
        CREDENTIALS,
        failure("auth", "protocol_error"),
    ),
    "a server that skips its proof": (
        [*offer("SCRAM-SHA-256"), accept_at_once],
        CREDENTIALS,
        failure("auth", "protocol_error"),
    ),
    "a nonce of the server's own": (
        [*offer("SCRAM-SHA-256"), scram(PASSWORD, first="r=mine,s=c2FsdA==,i=4096")],
        CREDENTIALS,
        failure("auth", "protocol_error"),
    ),
    "mechanisms in any case": ([*offer("plain"), PLAIN, ACCEPTED, *END], CREDENTIALS, SUCCESS),
    "rejected": ([*offer("PLAIN"), PLAIN, REJECTED, "QUIT"], CREDENTIALS, failure("auth", "auth_rejected")),
    "not now": ([*offer("PLAIN"), PLAIN, b"454 later\r\n", "QUIT"], CREDENTIALS, failure("auth", "auth_temporary")),
    "421": ([*offer("PLAIN"), PLAIN, b"421 bye\r\n"], CREDENTIALS, failure("auth", "auth_temporary")),
    "mechanism refused": (
        [*offer("PLAIN"), PLAIN, b"504 unknown\r\n", "QUIT"],
        CREDENTIALS,
        failure("auth", "auth_mechanism_unsupported"),
    ),
    "encryption needed": (
        [*offer("PLAIN"), PLAIN, b"538 encrypt\r\n", "QUIT"],
        CREDENTIALS,
        failure("auth", "auth_needs_tls"),
    ),
    "no mechanism known": ([*offer("GSSAPI NTLM"), "QUIT"], CREDENTIALS, failure("auth", "auth_mechanism_unsupported")),
    "not offered": ([GREETING, "EHLO", b"250 mail\r\n", "QUIT"], CREDENTIALS, failure("auth", "auth_not_offered")),
    "closed": ([*offer("PLAIN"), PLAIN], CREDENTIALS, failure("auth", "connection_closed")),
    "no answer": (
        [*offer("PLAIN"), PLAIN, silence],
        {**CREDENTIALS, "timeout_seconds": PATIENCE},
        failure("auth", "timeout"),
    ),
    "endless questions": ([*offer("LOGIN"), ask_for_ever], CREDENTIALS, failure("auth", "protocol_error")),
    "a challenge that is not base64": (
        [*offer("CRAM-MD5"), "AUTH", b"334 ***\r\n"],
        CREDENTIALS,
        failure("auth", "protocol_error"),
    ),
    "a password offered only under TLS": (
        [
            *(GREETING, "EHLO", b"250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "STARTTLS", b"220 go\r\n"),
            *(authority().context("good"), "EHLO", b"250-mail\r\n250 AUTH PLAIN\r\n", PLAIN, ACCEPTED, *END),
        ],
        {"user": USER, "password": PASSWORD, "tls": TlsOptions(verify=False)},
        SUCCESS,
    ),
    "no password to a stranger": (
        [
            *(GREETING, "EHLO", b"250-mail\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "STARTTLS", b"220 go\r\n"),
            *(authority().context("untrusted"), "QUIT"),
        ],
        {"user": USER, "password": PASSWORD},
        failure("starttls", "tls_certificate_untrusted"),
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_login_is_told_for_what_it_is(name: str) -> None:
    script, options, expected = SCENARIOS[name]
    async with scripted_smtp.serve(script) as server:
        outcome = await examine(server.port, **options)
    expected.matches(outcome)
    assert server.surprises == []


async def test_a_server_does_not_choose_how_long_the_probe_computes() -> None:
    async def extend(session: Session) -> None:
        first = base64.b64decode((await session.receive()).rpartition(" ")[2]).decode()
        nonce = first.rpartition("r=")[2]
        await challenge(session, f"r={nonce}x,s=c2FsdA==,i=2000000000")

    async with scripted_smtp.serve([*offer("SCRAM-SHA-256"), extend]) as server:
        outcome = await examine(server.port, **CREDENTIALS)
    failure("auth", "protocol_error").matches(outcome)
    assert "iterations" in outcome.detail
    assert outcome.total < 10_000, "so many iterations would take half an hour"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_a_password_is_never_shown(mechanism: str) -> None:
    password = "correct horse"
    repeated = f"{password} {password.upper()} {encoded(password)} {encoded(f'{chr(0)}{USER}{chr(0)}{password}')}"
    steps: list[Step] = ["AUTH", b"334 \r\n", "", b"334 \r\n", ""] if mechanism == "LOGIN" else ["AUTH"]
    async with scripted_smtp.serve([*offer(mechanism), *steps, f"535 {repeated}\r\n".encode(), "QUIT"]) as server:
        outcome = await examine(server.port, user=USER, password=password, ignore_tls=True)
    failure("auth", "auth_rejected").matches(outcome)
    for secret in (password, encoded(password)):
        assert secret.lower() not in str(outcome.reply_text).lower()
    assert password not in repr(outcome)
