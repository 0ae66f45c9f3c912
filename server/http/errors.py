"""Errors: a status, a code, words, and one entry for every wrong field."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import asyncpg
from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from server.fields.values import Invalid
from server.http.answers import Answer
from server.http.constraints import CONSTRAINTS, LIMITS
from server.http.messages import choose_language, text
from sql.batches import QueueFullError
from sql.connection import UNAVAILABLE
from sql.outages import outage

logger = logging.getLogger(__name__)

Row = TypeVar("Row")

MAX_BODY = 65536  # bytes
RETRY_AFTER = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a body or query."""

    field: str
    code: str
    parameters: Mapping[str, object]


class BodyTimeoutError(RequestPayloadError):
    """The body did not come to its end in time."""


class ApiError(Exception):
    """An answer other than success. *detail* is the code of the reason, if the client may know it."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        fields: Sequence[FieldError] = (),
        **parameters: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.fields = fields
        self.parameters = parameters


def unauthorized(detail: str, code: str = "unauthorized") -> ApiError:
    return ApiError(401, code, detail=detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> ApiError:
    return ApiError(403, "forbidden", detail=detail)


def not_found() -> ApiError:
    return ApiError(404, "not_found")


def found(row: Row | None) -> Row:
    """The row; ApiError 404 if there is none."""
    if row is None:
        raise not_found()
    return row


def invalid_fields(errors: Sequence[FieldError]) -> ApiError:
    names = ", ".join(dict.fromkeys(error.field or "…" for error in errors))
    return ApiError(400, "invalid_fields", fields=errors, fields_named=names)


def unavailable(code: str) -> ApiError:
    return ApiError(503, code, headers=RETRY_AFTER)


def to_api_error(error: Exception, *, where: str) -> ApiError:
    """The error that answers an exception of a handler. An unknown exception is logged whole and answered 500."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Invalid):
        return invalid_fields([FieldError(*reason) for reason in error.reasons])
    if isinstance(error, web.HTTPException):
        return _from_aiohttp(error)
    if isinstance(error, BodyTimeoutError):
        return ApiError(408, "request_timeout")
    if isinstance(error, RequestPayloadError):
        return ApiError(400, "invalid_request")
    if isinstance(error, asyncpg.IntegrityConstraintViolationError) and error.constraint_name in CONSTRAINTS:
        return _from_constraint(error.constraint_name)
    if isinstance(error, asyncpg.CheckViolationError) and error.constraint_name in LIMITS:
        return ApiError(409, "limit_reached", limit=LIMITS[error.constraint_name], maximum=error.detail)
    if isinstance(error, QueueFullError):
        return unavailable("overloaded")
    if isinstance(error, UNAVAILABLE):
        outage.passed(where, error)
        return unavailable("database_unavailable")
    logger.error("unhandled error in %s", where, exc_info=error)
    return ApiError(500, "internal_server_error")


def render(error: ApiError, accept_language: str) -> Answer:
    language = choose_language(accept_language)
    parameters = {**error.parameters, "fields": error.parameters.get("fields_named", "")}
    body: dict[str, object] = {
        "statusCode": error.status,
        "statusMessage": HTTPStatus(error.status).phrase,
        "message": text(error.code, language, parameters),
        "code": error.code,
    }
    if error.detail:
        body["detail"] = text(error.detail, language, parameters)
    if error.fields:
        body["errors"] = [
            {
                "field": wrong.field,
                "code": wrong.code,
                "message": text(wrong.code, language, dict(wrong.parameters)),
            }
            for wrong in error.fields
        ]
    return Answer.json(body, status=error.status, headers={"Content-Language": language, **error.headers})


def _from_aiohttp(error: web.HTTPException) -> ApiError:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allow = error.headers["Allow"]
        return ApiError(405, "method_not_allowed", headers={"Allow": allow}, allow=allow)
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return ApiError(413, "body_too_large", limit=MAX_BODY)
    if isinstance(error, web.HTTPNotFound):
        return not_found()
    return ApiError(error.status, "http_error")


def _from_constraint(name: str) -> ApiError:
    field, code = CONSTRAINTS[name]
    wrong = FieldError(field, code, {"low": "", "high": "", "choices": "", "value": ""})
    if code == "already_taken":
        return ApiError(409, "conflict", fields=[wrong])
    return invalid_fields([wrong])
