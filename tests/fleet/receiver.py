"""Who receives alerts over HTTP: an organization's own address, or a gateway for text messages."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg
from aiohttp import web

import sql
from server.alerts.webhook import bound_to
from server.serving.config import Config


class Receiver:
    """An HTTP server that keeps what is posted to it, and answers what it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/", receiver.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield receiver
    finally:
        await runner.cleanup()


async def set_webhook(db: asyncpg.Connection, config: Config, url: str) -> None:
    secret = config.key_ring.encrypt("webhook secret", bound_to(1))
    await sql.webhooks.upsert(db, 1, url=url, secret=secret)
