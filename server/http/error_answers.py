"""Answers to errors: which error an exception is, and its body with words for people."""

import logging
from http import HTTPStatus

import asyncpg
from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from server.fields.values import Invalid
from server.http.answers import Answer
from server.http.constraints import CONSTRAINTS, LIMITS
from server.http.errors import MAX_BODY, ApiError, FieldError, invalid_fields, not_found, unavailable
from server.http.messages import choose_language, text
from sql.batches import QueueFullError
from sql.connection import UNAVAILABLE
from sql.outages import outage

logger = logging.getLogger(__name__)

# a cell is a migration behind or ahead while an upgrade goes on, and works again when that has ended
OTHER_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError)


class BodyTimeoutError(RequestPayloadError):
    """The body did not come to its end in time."""


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
    if isinstance(error, OTHER_SCHEMA):
        logger.error("the schema is not that of this version: %s", where, exc_info=error)
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
