"""Checks: probe a config without saving it."""

from aiohttp import web

from server.access.permissions import require_writer
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, PROBE, PROBING
from server.http.answers import Answer
from server.http.requests import end_with_client, language, read_object
from server.resources.smtp_checks import REQUIRED, represent, to_target
from server.resources.smtp_monitors import CREATE_FIELDS, SERVER_SET, without_alias


async def post_check(request: web.Request) -> Answer:
    """Takes as long as the server that is probed; it ends when the client leaves."""
    require_writer(request[CALLER])
    body = without_alias(await read_object(request))
    target = to_target(parse_object(body, CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED))
    end_with_client(request)
    async with request.app[PROBING].hold(request[CALLER].organization_id):
        outcome = await request.app[PROBE](target)
    spoken = language(request)
    return Answer.json(represent(outcome, spoken), headers={"Content-Language": spoken})
