"""How an operation is put together: its parameters, body, answers and errors."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from server.access.merged_lists import MERGED_ROWS
from server.fields.parser import Parameter, Schema
from server.http import query
from server.http.query import DEFAULT_PER_PAGE, PAGING
from server.http.requests import JSON_TYPES
from server.openapi.error_responses import named, reference
from server.openapi.schemas import UUID
from server.resources.idempotency_keys import KEY

Operation = dict[str, Any]
READ_ERRORS = (400, 401, 404, 429, 500, 503)
LIST_ERRORS = (400, 401, 429, 500, 503)
WRITE_ERRORS = (400, 401, 403, 404, 408, 413, 415, 429, 500, 503)
MAKE_ERRORS = (400, 401, 403, 408, 413, 415, 429, 500, 503)
REMOVE_ERRORS = (400, 401, 403, 404, 429, 500, 503)


def in_path(name: str, schema: Schema, description: str, example: object) -> Schema:
    described = {"description": description, "schema": schema, "example": example}
    return {"name": name, "in": "path", "required": True, **described}


def in_query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def in_header(name: str, description: str, example: str, schema: Schema | None = None) -> Schema:
    described = {"description": description, "schema": schema or {"type": "string"}, "example": example}
    return {"name": name, "in": "header", **described}


DEPTH = f"Which page. Of what several databases have, the first {MERGED_ROWS} rows only; for global roles."
PARAMETERS: dict[str, Schema] = {
    "page": in_query("page", {**PAGING["page"].schema, "default": 1}, DEPTH),
    "perPage": in_query("perPage", {**PAGING["perPage"].schema, "default": DEFAULT_PER_PAGE}, "How many on a page."),
    "search": in_query("search", query.search.schema, "Part of a name, in any case."),
    "organizationId": in_query(
        "organizationId", query.identifier.schema, "Of this organization only; for global roles."
    ),
    "If-Match": in_header(
        "If-Match", "Only if the monitor is at the version of one of these entity tags.", '"1-00000000"'
    ),
    "If-None-Match": in_header("If-None-Match", "304 if the monitor still has this entity tag.", '"1-00000000"'),
    "Prefer": in_header(
        "Prefer", "As in RFC 7240: `return=minimal` asks for an answer without a body.", "return=minimal"
    ),
    "Idempotency-Key": in_header(
        "Idempotency-Key",
        "A repeated request with the same key and body is answered as the first one was, for 24 hours.",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        {"type": "string", "pattern": f"^(?:{KEY.pattern})$"},
    ),
    "Accept-Language": in_header("Accept-Language", "The language of words: `de` or `en`.", "en"),
    "X-Request-Id": in_header(
        "X-Request-Id",
        "An id for logs: 1 to 64 letters, digits, dots, underscores and hyphens; anything else is ignored.",
        "7f1c-0001",
    ),
    "smtpMonitorPublicId": in_path(
        "smtpMonitorPublicId", UUID, "The public UUID of the monitor.", "33333333-3333-4333-8333-333333333333"
    ),
}


def operation(
    name: str,
    tag: str,
    summary: str,
    answers: dict[int, Schema],
    *,
    errors: Iterable[int],
    parameters: Iterable[str | Schema] = (),
    body: Schema | None = None,
    description: str = "",
    public: bool = False,
) -> Operation:
    """*parameters* are names of shared ones, or schemas of the operation's own.

    A caller whose organization requires a second factor that it has not got gets 403 everywhere.
    """
    statuses = set(errors) if public else {*errors, 403}
    everywhere = ("Accept-Language", "X-Request-Id")
    described: Operation = {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "parameters": [_parameter(one) for one in (*parameters, *everywhere)],
        "responses": {
            **{str(status): answer for status, answer in answers.items()},
            **{str(status): reference(status) for status in sorted(statuses)},
        },
    }
    if description:
        described["description"] = description
    if body is not None:
        described["requestBody"] = body
    if public:
        described["security"] = []
    return described


def queried(
    filters: Mapping[str, Parameter], *, defaults: Mapping[str, object] = MappingProxyType({}), **descriptions: str
) -> list[str | Schema]:
    """The parameters of a query, each as its parser carries it; one without a description is a shared one."""
    parameters: list[str | Schema] = []
    for name, parse in filters.items():
        if name in descriptions:
            default = {"default": defaults[name]} if name in defaults else {}
            parameters.append(in_query(name, {**parse.schema, **default}, descriptions[name]))
        else:
            parameters.append(name)
    return parameters


def request(schema: str, **examples: object) -> Schema:
    """A JSON object as the body, under either of its content types."""
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": _values(examples)}
    return {"required": True, "content": dict.fromkeys(JSON_TYPES, content)}


def shown(description: str, schema: str, *headers: str, **examples: object) -> Schema:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": _values(examples)}
    return {"description": description, "headers": named(*headers), "content": {"application/json": content}}


def listed(schema: str, item: object, **more: object) -> Schema:
    """A page, with *item* alone on it as the example."""
    example = {"items": [item], "total": 1, "page": 1, "perPage": DEFAULT_PER_PAGE, **more}
    return shown("The page.", schema, page=example)


def made(description: str, schema: str, *headers: str, links: Schema, **examples: object) -> Schema:
    """A 201: where the new one is, and what may be done with it next."""
    return {**shown(description, schema, "Location", *headers, **examples), "links": links}


def linked(parameter: str, key: str, *operations: str) -> Schema:
    """Operations that take the *key* of this answer as their *parameter*."""
    return {name: {"operationId": name, "parameters": {parameter: f"$response.body#/{key}"}} for name in operations}


def empty(description: str, *headers: str) -> Schema:
    return {"description": description, "headers": named(*headers)}


def _parameter(one: str | Schema) -> Schema:
    return {"$ref": f"#/components/parameters/{one}"} if isinstance(one, str) else one


def _values(examples: dict[str, object]) -> dict[str, Schema]:
    return {name: {"value": value} for name, value in examples.items()}
