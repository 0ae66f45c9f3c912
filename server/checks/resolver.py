"""Addresses of a name: the hosts file, then A and AAAA from the system's name servers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

import aiodns
from pycares import errno

from server.checks.connect import Resolve
from server.checks.failure import Failed
from server.checks.outcome import Code

ABSENT = (errno.ARES_ENOTFOUND, errno.ARES_ENODATA, errno.ARES_EBADNAME, errno.ARES_ENONAME)


@contextlib.asynccontextmanager
async def open_resolver(nameservers: Sequence[str] | None = None) -> AsyncIterator[Resolve]:
    """A resolver for the running loop; what it gives raises Failed where there is no address.

    *nameservers* are addresses, each with a port if need be, instead of the system's.
    """
    async with aiodns.DNSResolver(nameservers, asyncio.get_running_loop()) as resolver:

        async def resolve(hostname: str) -> list[str]:
            try:
                found = await resolver.getaddrinfo(hostname, family=socket.AF_UNSPEC, type=socket.SOCK_STREAM)
            except aiodns.error.DNSError as error:
                code = Code.DNS_NOT_FOUND if error.args[0] in ABSENT else Code.DNS_FAILED
                raise Failed(code, str(error.args[-1])) from error
            addresses = (node.addr[0] for node in found.nodes)
            return [address.decode() if isinstance(address, bytes) else str(address) for address in addresses]

        yield resolve
