"""What a request says: the ids in its path, its body, its preconditions, and its client's address.

A resource with a public UUID is named by its UUID or its number; users and organizations by their number, tokens
by their UUID, locations by their code. A monitor is named by its UUID alone, as in the reference page.
"""

import asyncio
import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import orjson
from aiohttp import web
from asyncpg.pgproto import pgproto

from server.fields.values import CANONICAL_UUID, Invalid
from server.http.errors import MAX_BODY, ApiError, forbidden
from server.http.messages import choose_language
from server.http.query import identifier

JSON_TYPES = ("application/json", "application/merge-patch+json")
ENTITY_TAG = re.compile(r'(W/)?"([^"]*)"')
VERSION = re.compile(r"([0-9]{1,18})-[0-9a-f]{8}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The client's, as client_address tells it; the boundary sets it.
ADDRESS = web.RequestKey("ADDRESS", str)
# Run after a body that did not come with its head, and after other waits: the caller may be another by then.
AFTER_LATE_BODY: web.AppKey[Callable[[web.Request], Awaitable[None]]] = web.AppKey("AFTER_LATE_BODY")
# Whether the handler is cancelled when its client leaves; see Protocol in serving.
ENDS_WITH_CLIENT = web.RequestKey("ENDS_WITH_CLIENT", bool)
LATE_BODY = web.RequestKey("LATE_BODY", bytes)


class CallerChangedError(Exception):
    """The caller is another than the one the handler began with: the handler begins again."""


async def judge_again(request: web.Request) -> None:
    """ApiError 401 or 403 if the caller is not as it was. For handlers that have waited, such as for a hash."""
    try:
        await request.app[AFTER_LATE_BODY](request)
    except CallerChangedError as error:
        raise forbidden("caller_changed") from error


def monitor_id(request: web.Request) -> UUID:
    text = request.match_info["smtpMonitorPublicId"]
    if not CANONICAL_UUID.fullmatch(text):
        raise ApiError(400, "invalid_public_id")
    # the driver's own kind of UUID is parsed and sent faster: it saves a PATCH more than 1 µs
    public_id: UUID = pgproto.UUID(text)
    return public_id


def number(request: web.Request, name: str) -> int:
    try:
        return identifier(request.match_info[name])
    except Invalid as error:
        raise ApiError(400, "invalid_number_id") from error


def uuid(request: web.Request, name: str) -> UUID:
    text = request.match_info[name]
    if not CANONICAL_UUID.fullmatch(text):
        raise ApiError(400, "invalid_uuid_id")
    return UUID(text)


def number_or_uuid(request: web.Request, name: str) -> int | UUID:
    text = request.match_info[name]
    if CANONICAL_UUID.fullmatch(text):
        return UUID(text)
    try:
        return identifier(text)
    except Invalid as error:
        raise ApiError(400, "invalid_id") from error


async def read_object(request: web.Request) -> dict[str, object]:
    """The body as a JSON object; ApiError 400, 413 or 415.

    Nothing may be written before it: a handler begins again if its caller has changed while the body came.
    """
    if request.content.is_eof():
        # the body came together with the head, or a handler that begins again has read it before
        raw = request.content.read_nowait() or request.get(LATE_BODY, b"")
    else:
        raw = await _read_late(request)
    if len(raw) > MAX_BODY:
        raise ApiError(413, "body_too_large", limit=MAX_BODY)
    content_type = request.headers.get("Content-Type")
    # most requests send exactly one of these: nothing to parse
    if raw and content_type not in JSON_TYPES and not _is_utf8_json(request):
        raise ApiError(415, "unsupported_media_type", headers={"Accept-Patch": ", ".join(JSON_TYPES)})
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "invalid_json", reason=str(error)) from error
    if type(body) is not dict:
        raise ApiError(400, "not_an_object")
    return body


def keep_body(request: web.Request) -> None:
    """Let the body be read again: a handler may begin again in another cell."""
    if request.content.is_eof():
        request[LATE_BODY] = request.content.read_nowait() or request.get(LATE_BODY, b"")


async def _read_late(request: web.Request) -> bytes:
    """The body; ApiError 413 as soon as it is known to be too large."""
    if (request.content_length or 0) > MAX_BODY:
        raise ApiError(413, "body_too_large", limit=MAX_BODY)
    request[LATE_BODY] = raw = await request.read()
    await request.app[AFTER_LATE_BODY](request)
    return raw


def _is_utf8_json(request: web.Request) -> bool:
    return request.content_type in JSON_TYPES and (request.charset or "utf-8").lower() == "utf-8"


def if_match(request: web.Request) -> list[int] | None:
    """The versions that If-Match accepts; None, any version, if it is absent or ``*``."""
    if "If-Match" not in request.headers:
        return None
    header = ",".join(request.headers.getall("If-Match"))
    if header.strip() == "*":
        return None
    tags = [tag for weak, tag in ENTITY_TAG.findall(header) if not weak]
    return [int(match[1]) for match in map(VERSION.fullmatch, tags) if match]


def none_match(request: web.Request, tag: str) -> bool:
    """Whether If-None-Match already has *tag* (weak comparison, RFC 9110, 13.1.2)."""
    header = ",".join(request.headers.getall("If-None-Match", ()))
    return header.strip() == "*" or tag.strip('"') in [value for _, value in ENTITY_TAG.findall(header)]


def language(request: web.Request) -> str:
    """``de`` or ``en``, as Accept-Language prefers."""
    return choose_language(request.headers.get("Accept-Language", ""))


def client_address(request: web.Request, trusted: Sequence[Network]) -> str:
    """The peer's address. Behind *trusted* proxies, the nearest address in X-Forwarded-For that is not one of them."""
    address = request.remote or ""
    if not trusted:
        return address
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for hop in reversed(hops):
        if not _within(address, trusted):
            break
        named = _parse_address(hop.strip())
        if named is None:
            break
        address = str(named)
    return address


def _within(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parse_address(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parse_address(text: str) -> Address | None:
    """An IPv4 address within IPv6, as a socket for both gives it, is itself. A zone id is left out."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def end_with_client(request: web.Request) -> None:
    """From now on the handler is cancelled when its client leaves; at once if it has left already."""
    request[ENDS_WITH_CLIENT] = True
    if request.transport is None:
        raise asyncio.CancelledError
