"""Reading the ids in a path: a wrong one is a 400 that says what it should be."""

from uuid import UUID

from aiohttp import web
from asyncpg.pgproto import pgproto

from server.fields.values import CANONICAL_UUID, Invalid
from server.http.errors import ApiError
from server.http.query import identifier


def number(request: web.Request, name: str) -> int:
    try:
        return identifier(request.match_info[name])
    except Invalid as error:
        raise ApiError(400, "invalid_number_id") from error


def monitor(request: web.Request) -> UUID:
    text = request.match_info["smtpMonitorPublicId"]
    if not CANONICAL_UUID.fullmatch(text):
        raise ApiError(400, "invalid_public_id")
    # the driver's kind of UUID: read in a tenth of the time, and sent as it is, which spares a PATCH 1 µs and more
    public_id: UUID = pgproto.UUID(text)
    return public_id


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
