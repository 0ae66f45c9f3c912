"""What answers have in common: JSON, times, entity tags."""

import re
import zlib
from collections.abc import Mapping
from datetime import datetime

import orjson
from aiohttp import web

JSON = "application/json; charset=utf-8"
ENTITY_TAG = re.compile(r'(W/)?"([^"]*)"')
VERSION = re.compile(r"([0-9]{1,18})-[0-9a-f]{8}")


def json_response(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return web.Response(body=raw, status=status, headers={"Content-Type": JSON, **(headers or {})})


def timestamp(moment: datetime | None) -> str | None:
    """UTC with milliseconds: ``2026-01-01T12:00:00.000Z``."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def entity_tag(version: int, body: bytes) -> str:
    """A strong tag: the version of what clients write, and a checksum of all that is shown.

    If-Match compares the version alone, so that a check that ran meanwhile is no conflict.
    """
    return f'"{version}-{zlib.crc32(body):08x}"'


def versions_of_if_match(request: web.Request) -> list[int] | None:
    """The versions that If-Match accepts; None if it is absent, so that any will do."""
    header = ",".join(request.headers.getall("If-Match", ()))
    if "If-Match" not in request.headers:
        return None
    if header.strip() == "*":
        return None
    tags = [tag for weak, tag in ENTITY_TAG.findall(header) if not weak]
    return [int(match[1]) for match in map(VERSION.fullmatch, tags) if match]


def none_match(request: web.Request, tag: str) -> bool:
    """Whether If-None-Match already has *tag* (weak comparison, RFC 9110, 13.1.2)."""
    header = ",".join(request.headers.getall("If-None-Match", ()))
    return header.strip() == "*" or tag.strip('"') in [value for _, value in ENTITY_TAG.findall(header)]
