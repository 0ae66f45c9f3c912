"""For operators: is the process up, is the database there, and the metrics."""

from aiohttp import web

import sql
from server.handlers.keys import DIRECTORY, LISTS
from server.http.answers import Answer
from server.http.errors import unavailable
from server.http.exposition import EXPOSITION


async def get_health(_: web.Request) -> Answer:
    return Answer.json({"status": "ok"})


async def get_readiness(request: web.Request) -> Answer:
    """All who ask at the same time share an answer, since nobody has to log in for it."""

    async def ask() -> bytes:
        return b"ready" if await sql.servers.is_writable(request.app[DIRECTORY]) else b""

    if not await request.app[LISTS].read("readiness", ask):
        raise unavailable("database_read_only")
    return Answer.json({"status": "ok"})


async def get_metrics(request: web.Request) -> Answer:
    return await request.app[EXPOSITION].answer(request.headers.get("Authorization", ""))
