"""For operators: is the process up, is the database there."""

from aiohttp import web

import sql
from server.answers import Answer, json_answer
from server.keys import POOL


async def get_health(_: web.Request) -> Answer:
    return json_answer({"status": "ok"})


async def get_readiness(request: web.Request) -> Answer:
    await sql.schema.ping(request.app[POOL])
    return json_answer({"status": "ok"})
