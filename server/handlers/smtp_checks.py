"""Checks: probe a config without saving it."""

from aiohttp import web

from server.access.permissions import require_writer
from server.checks.outcome import represent
from server.checks.target import DEFAULT_TIMEOUT_SECONDS, from_config
from server.fields.smtp_config import SmtpConfig
from server.handlers.keys import CALLER, PROBE, PROBING
from server.http.answers import Answer, json_answer
from server.http.body import parse_fields, read_object
from server.http.errors import unavailable
from server.http.messages import choose_language
from server.resources.smtp_monitors import CREATE_FIELDS, SERVER_SET, without_alias


async def post_check(request: web.Request) -> Answer:
    require_writer(request[CALLER])
    body = without_alias(await read_object(request))
    fields = parse_fields(body, CREATE_FIELDS, ignored=SERVER_SET, required=("hostname",))
    config = fields.get("smtpConfig", fields.get("config", SmtpConfig()))
    timeout_seconds = fields.get("timeoutSeconds", DEFAULT_TIMEOUT_SECONDS)
    target = from_config(fields["hostname"], fields.get("port"), timeout_seconds, config.whole())
    probing = request.app[PROBING]
    if probing.locked():
        raise unavailable("overloaded")
    async with probing:
        outcome = await request.app[PROBE](target)
    language = choose_language(request.headers.get("Accept-Language", ""))
    return json_answer(represent(outcome, language), fields={"Content-Language": language})
