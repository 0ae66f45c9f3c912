"""For operators: is the process up, is the database there."""

from aiohttp import web

import sql
from server.answers import json_response
from server.keys import POOL


async def get_health(_: web.Request) -> web.Response:
    return json_response({"status": "ok"})


async def get_readiness(request: web.Request) -> web.Response:
    await sql.schema.ping(request.app[POOL])
    return json_response({"status": "ok"})
