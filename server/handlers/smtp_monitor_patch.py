"""The PATCH of one monitor, whether its body came with the request or is what a change once replaced."""

from uuid import UUID

from aiohttp import web

import sql
from server.access.permissions import require_fields
from server.handlers.keys import CALLER, COMMITS, CONFIG, POOL
from server.http.answers import Answer, versions_of_if_match
from server.http.body import parse_fields
from server.resources.smtp_monitor_answer import answer, missing
from server.resources.smtp_monitor_changes import change_of
from server.resources.smtp_monitors import FIELDS, SERVER_SET, to_columns, without_alias


async def patch(request: web.Request, public_id: UUID, body: dict[str, object]) -> Answer:
    """Judge the fields of *body*, write them, answer the monitor; ApiError 403, 400, 412, 404."""
    app, caller = request.app, request[CALLER]
    config = app[CONFIG]
    require_fields(caller, body)
    fields = parse_fields(without_alias(body), FIELDS, ignored=SERVER_SET)
    changes = to_columns(fields, public_id, config.key_ring)
    row = await sql.smtp_monitors.update(
        app[POOL],
        app[COMMITS],
        caller.reach,
        public_id,
        changes,
        versions=versions_of_if_match(request),
        change=change_of(request, config, changes),
    )
    if row is None:
        raise missing(request)
    return answer(request, config, row)
