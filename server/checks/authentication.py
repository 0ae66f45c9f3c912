"""AUTH (RFC 4954): the exchange of a mechanism, as commands and replies."""

from collections.abc import Awaitable, Callable

from server.checks.computing import compute
from server.checks.failure import Failed
from server.checks.outcome import Code
from server.checks.reply import Reply
from server.checks.sasl import Exchange, Unacceptable, from_base64
from server.checks.text import to_base64

MAX_COMMAND = 512  # bytes, with its end (RFC 5321, 4.5.3.1.4)
MECHANISM_REFUSED = (504, 534)
ENCRYPTION_NEEDED = (523, 538)


async def run(
    command: Callable[[str], Awaitable[Reply]], mechanism: str, exchange: Exchange, secrets: list[str]
) -> None:
    """Log in. What is sent is added to *secrets*. Failed if the server refuses or breaks the rules of the mechanism."""
    try:
        reply = await _exchange(command, mechanism, exchange, secrets)
    except Unacceptable as error:
        raise Failed(Code.PROTOCOL_ERROR, str(error)) from error
    if reply.kind != 2:
        raise _refusal(reply)


async def _exchange(
    command: Callable[[str], Awaitable[Reply]], mechanism: str, exchange: Exchange, secrets: list[str]
) -> Reply:
    def encode(response: bytes | None) -> str:
        encoded = to_base64(response or b"")
        secrets.extend([encoded] if encoded else [])
        return encoded

    first = next(exchange)
    waiting = None if first is None else encode(first)
    if waiting is not None and len(f"AUTH {mechanism} {waiting}\r\n") <= MAX_COMMAND:
        reply, waiting = await command(f"AUTH {mechanism} {waiting}"), None
    else:
        reply = await command(f"AUTH {mechanism}")
    while reply.kind == 3:
        if waiting is None:
            waiting = encode(await compute(_respond, exchange, from_base64(reply.lines[-1].strip())))
        reply, waiting = await command(waiting), None
    if reply.kind == 2:
        _require_end(exchange)
    return reply


def _respond(exchange: Exchange, challenge: bytes) -> bytes | None:
    try:
        return exchange.send(challenge)
    except StopIteration as error:
        raise Unacceptable("the server asks for more than the mechanism has") from error


def _require_end(exchange: Exchange) -> None:
    """Unacceptable if the server accepts before the exchange is over."""
    try:
        exchange.send(b"")
    except StopIteration:
        return
    raise Unacceptable("the server accepts without having asked")


def _refusal(reply: Reply) -> Failed:
    if reply.code in MECHANISM_REFUSED:
        return reply.failed(Code.AUTH_TEMPORARY, Code.AUTH_MECHANISM_UNSUPPORTED)
    if reply.code in ENCRYPTION_NEEDED:
        return reply.failed(Code.AUTH_TEMPORARY, Code.AUTH_NEEDS_TLS)
    return reply.failed(Code.AUTH_TEMPORARY, Code.AUTH_REJECTED)
