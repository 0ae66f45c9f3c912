"""Reading a body: a JSON object, then its fields, each by its own parser."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import orjson
from aiohttp import web

from server.fields.values import Invalid
from server.http.errors import MAX_BODY, ApiError, FieldError, invalid_fields

JSON_TYPES = ("application/json", "application/merge-patch+json")
NEAR_LIMIT = 10  # unknown keys that get a suggestion: finding the nearest is slow

Parser = Callable[[object], object]


async def read_object(request: web.Request) -> dict[str, object]:
    """The body as a JSON object; ApiError 400, 413 or 415."""
    raw = await _read(request)
    if raw and not _is_json(request):
        raise ApiError(415, "unsupported_media_type", headers={"Accept-Patch": ", ".join(JSON_TYPES)})
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "invalid_json", reason=str(error)) from error
    if type(body) is not dict:
        raise ApiError(400, "not_an_object")
    return body


async def _read(request: web.Request) -> bytes:
    """The body; ApiError 413 as soon as it is known to be too large."""
    if (request.content_length or 0) > MAX_BODY:
        raise ApiError(413, "body_too_large", limit=MAX_BODY)
    if not request.content.is_eof():
        return await request.read()
    raw = request.content.read_nowait()  # it came together with the head
    if len(raw) > MAX_BODY:
        raise ApiError(413, "body_too_large", limit=MAX_BODY)
    return raw


def _is_json(request: web.Request) -> bool:
    if request.headers.get("Content-Type") in JSON_TYPES:  # spares most requests the parsing of parameters
        return True
    return request.content_type in JSON_TYPES and (request.charset or "utf-8").lower() == "utf-8"


def parse_fields(
    body: Mapping[str, object],
    fields: Mapping[str, Parser],
    *,
    ignored: frozenset[str] = frozenset(),
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Parse the fields present in *body*: absent is unchanged, null is for the parser to judge.

    ApiError 400 with an entry for every field that is wrong, unknown or missing.
    """
    parsed: dict[str, Any] = {}
    wrong = [FieldError(name, "required", {}) for name in required if name not in body]
    for name, value in body.items():
        if name in fields:
            try:
                parsed[name] = fields[name](value)
            except Invalid as error:
                wrong.extend(FieldError(name + path, code, words) for path, code, words in error.reasons)
        elif name not in ignored:
            wrong.append(_unknown(name, fields, suggest=len(wrong) < NEAR_LIMIT))
    if wrong:
        raise invalid_fields(wrong)
    return parsed


def _unknown(name: str, fields: Mapping[str, Parser], *, suggest: bool) -> FieldError:
    near = get_close_matches(name, fields, n=1) if suggest and len(name) <= 64 else []
    if near:
        return FieldError(name, "unknown_field_near", {"near": near[0]})
    return FieldError(name, "unknown_field", {})
