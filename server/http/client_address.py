"""Whose request it is, seen through the proxies that are trusted to say so."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

from server.handlers.keys import CONFIG
from server.serving.config import Network


def client_address(request: web.Request) -> str:
    """The peer, or, behind trusted proxies, the nearest address in X-Forwarded-For that is none of them."""
    address = request.remote or ""
    trusted = request.app[CONFIG].trusted_proxies
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",") if trusted else []
    for hop in reversed(hops):
        if not _within(address, trusted):
            break
        named = _address(hop.strip())
        if named is None:
            break
        address = named
    return address


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
