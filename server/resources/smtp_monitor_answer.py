"""The answer that shows one monitor, or tells that there is none."""

import asyncpg
import orjson
from aiohttp import web

from server.handlers.keys import CALLER
from server.http.answers import Answer, entity_tag, json_answer, none_match
from server.http.errors import ApiError, not_found
from server.resources.smtp_monitors import represent
from server.serving.config import Config


def missing(request: web.Request) -> ApiError:
    """No such monitor in reach; under If-Match that is a precondition that does not hold."""
    return ApiError(412, "precondition_failed") if "If-Match" in request.headers else not_found()


def answer(
    request: web.Request,
    config: Config,
    row: asyncpg.Record,
    *,
    status: int = 200,
    fields: dict[str, str] | None = None,
) -> Answer:
    monitor = represent(row, config.key_ring, passwords=request[CALLER].sees_passwords)
    customer = {name: monitor.pop(name) for name in ("customerName",) if name in monitor}
    # the tag is over what every answer shows, so that a PATCH and the GET after it have the same
    body = orjson.dumps(monitor)
    fields = {"ETag": entity_tag(row["version"], body), **(fields or {})}
    if customer:
        body = orjson.dumps({**monitor, **customer})
    if request.method in ("GET", "HEAD"):
        if none_match(request, fields["ETag"]):
            return Answer(status=304, fields=fields)
    elif status == 200 and "return=minimal" in request.headers.get("Prefer", "").lower():
        return Answer(status=204, fields={**fields, "Preference-Applied": "return=minimal"})
    return json_answer(body, status=status, fields=fields)
