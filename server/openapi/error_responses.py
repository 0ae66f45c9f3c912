"""The one shape of every error, and the answers that have it; the examples are rendered as the server would."""

from typing import Any

import orjson

from server.fields.parser import Schema
from server.http.error_answers import render
from server.http.errors import MAX_BODY, ApiError, FieldError, invalid_fields, unauthorized, unavailable
from server.http.requests import JSON_TYPES
from server.openapi.schemas import shape

CODE: Schema = {"type": "string", "pattern": "^[a-z0-9_]+$"}
WORDS: Schema = {"type": "string", "description": "For people: German, or English with `Accept-Language: en`."}
FIELD_ERROR = shape({"field": {"type": "string", "examples": ["smtpConfig.auth.user"]}, "code": CODE, "message": WORDS})
ERROR = shape(
    {
        "statusCode": {"type": "integer", "minimum": 400, "maximum": 599},
        "statusMessage": {"type": "string"},
        "message": WORDS,
        "code": {**CODE, "description": "For programs; never changes."},
        "detail": {**WORDS, "description": "Why, where it may be told."},
        "errors": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/FieldError"},
            "description": "One entry for every field of a body or query that is wrong. Of unknown ones the first ten, "
            "and one that counts the rest: its `field` is where they stand, empty for the body itself.",
        },
    },
    optional=("detail", "errors"),
)
SCHEMAS = {"Error": ERROR, "FieldError": FIELD_ERROR}

HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "required": True,
        "description": "The id that logs have of this request: the one that was sent, or one made here.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Content-Language": {
        "required": True,
        "description": "The language of the words.",
        "schema": {"type": "string", "enum": ["de", "en"]},
    },
    "WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}},
    "Retry-After": {
        "required": True,
        "description": "Seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Allow": {"required": True, "description": "The methods there are.", "schema": {"type": "string"}},
    "Accept-Patch": {"required": True, "schema": {"type": "string", "const": ", ".join(JSON_TYPES)}},
    "RateLimit": {
        "description": "What is left of the user's rate, if limited: `r` requests now, all of them in `t` seconds.",
        "schema": {"type": "string", "examples": ['"default";r=599;t=1']},
    },
    "RateLimit-Policy": {
        "description": "The limit: `q` requests in `w` seconds.",
        "schema": {"type": "string", "examples": ['"default";q=600;w=60']},
    },
    "ETag": {
        "required": True,
        "description": "The version of the monitor and a checksum, for If-Match and If-None-Match.",
        "schema": {"type": "string", "pattern": '^"[0-9]+-[0-9a-f]{8}"$'},
    },
    "Location": {
        "required": True,
        "description": "Where the new one is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Preference-Applied": {"required": True, "schema": {"type": "string", "const": "return=minimal"}},
}
_GERMAN_PATH = ApiError(400, "invalid_public_id")
_EXAMPLES: dict[int, dict[str, ApiError]] = {
    400: {
        "path": _GERMAN_PATH,
        "fields": invalid_fields([FieldError("port", "out_of_range", {"low": 1, "high": 65535})]),
    },
    401: {"token": unauthorized("token_missing"), "code": unauthorized("two_factor_missing", "two_factor_required")},
    403: {
        "readonly": ApiError(403, "forbidden", detail="readonly_status_only"),
        "supporter": ApiError(403, "forbidden", detail="supporter_forbidden"),
        "enrolment": ApiError(403, "two_factor_enrolment_required", detail="two_factor_enrolment_why"),
    },
    404: {"absent": ApiError(404, "not_found")},
    405: {"method": ApiError(405, "method_not_allowed", allow="GET,HEAD,PATCH")},
    408: {"slow": ApiError(408, "request_timeout")},
    409: {
        "taken": ApiError(409, "conflict", fields=[FieldError("name", "already_taken", {})]),
        "limit": ApiError(409, "limit_reached", limit="maxCustomers", maximum=10_000),
    },
    412: {"changed": ApiError(412, "precondition_failed")},
    413: {"large": ApiError(413, "body_too_large", limit=MAX_BODY)},
    415: {"form": ApiError(415, "unsupported_media_type")},
    422: {"reused": ApiError(422, "idempotency_key_reused")},
    429: {"often": ApiError(429, "rate_limited")},
    500: {"blank": ApiError(500, "internal_server_error")},
    503: {"database": unavailable("database_unavailable")},
}
_DESCRIPTIONS = {
    400: "The path, query, header or body is not as it should be; `errors` names the fields.",
    401: "No token, or none that counts now.",
    403: "The caller's role does not allow it, or its organization requires a second factor that it has not got.",
    404: "Not there, or out of the caller's reach: both answer alike.",
    405: "There is no such method for this path. Any path may answer it.",
    408: "The body came too slowly.",
    409: "It contradicts what is stored, or the organization has as many as it may have.",
    412: "The monitor is no longer at the version of If-Match.",
    413: f"The body has more than {MAX_BODY} bytes.",
    415: "The body is not declared as JSON.",
    422: "The Idempotency-Key was used with another body.",
    429: "Too many requests of this user, or log-ins; `Retry-After` says when to try again.",
    500: "Our mistake; it is logged under the request's id.",
    503: "The database is unavailable or too many requests wait; try again.",
}
_OWN_HEADERS = {401: "WWW-Authenticate", 405: "Allow", 415: "Accept-Patch", 429: "Retry-After", 503: "Retry-After"}


def reference(status: int) -> Schema:
    return {"$ref": f"#/components/responses/Error{status}"}


def responses() -> dict[str, Schema]:
    return {f"Error{status}": _response(status) for status in _DESCRIPTIONS}


def named(*headers: str) -> dict[str, Schema]:
    """Headers of an answer; every one has a request id, and the rate that is left where there is a limit."""
    every = ("X-Request-Id", "RateLimit", "RateLimit-Policy")
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*headers, *every)}


def _response(status: int) -> Schema:
    own = (_OWN_HEADERS[status],) if status in _OWN_HEADERS else ()
    examples = {name: {"value": _rendered(error)} for name, error in _EXAMPLES[status].items()}
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}
    return {
        "description": _DESCRIPTIONS[status],
        "headers": named("Content-Language", *own),
        "content": {"application/json": content},
    }


def _rendered(error: ApiError) -> Any:
    body = render(error, "de").body
    assert isinstance(body, bytes)
    return orjson.loads(body)
