"""From a host name to a connection, to an allowed address only."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address

from aiohappyeyeballs import start_connection

from server.checks.failure import Failed
from server.checks.networks import Networks
from server.checks.outcome import Code
from server.checks.wire import Wire

Resolve = Callable[[str], Awaitable[Sequence[str]]]
STAGGER_SECONDS = 0.25  # before the next address is tried beside the one that does not answer (RFC 8305, 8)
MAX_ADDRESSES = 8


async def find_addresses(hostname: str, resolve: Resolve) -> Sequence[str]:
    """The addresses of a host name. An address is its own."""
    literal = _literal(hostname)
    return await resolve(hostname) if literal is None else [literal]


async def connect(addresses: Sequence[str], port: int, allowed: Networks) -> tuple[Wire, str]:
    """The first of the allowed addresses that answers, and which it is; Failed if none is allowed or answers."""
    admitted = [address for address in addresses if allowed.admit(address)][:MAX_ADDRESSES]
    if not admitted:
        raise Failed(Code.TARGET_NOT_ALLOWED)
    loop = asyncio.get_running_loop()
    try:
        if len(admitted) == 1:
            _, wire = await loop.create_connection(Wire, admitted[0], port)
            return wire, admitted[0]
        sock = await start_connection(
            [_address_info(address, port) for address in admitted], happy_eyeballs_delay=STAGGER_SECONDS
        )
        address = str(sock.getpeername()[0])
        _, wire = await loop.create_connection(Wire, sock=sock)
        return wire, address
    except ConnectionRefusedError as error:
        raise Failed(Code.CONNECT_REFUSED) from error
    except (OSError, RuntimeError) as error:  # uvloop has RuntimeError for some
        raise Failed(Code.CONNECT_UNREACHABLE, str(error)) from error


@lru_cache(maxsize=1024)
def _literal(hostname: str) -> str | None:
    """The address that a host name is; None if it is a name."""
    try:
        return str(ip_address(hostname))
    except ValueError:
        return None


def _address_info(address: str, port: int) -> tuple[int, int, int, str, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
