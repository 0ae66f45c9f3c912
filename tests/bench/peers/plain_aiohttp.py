"""What aiohttp does without us: a handler that reads the body and answers as many bytes as a monitor has."""

from aiohttp import web

ANSWER = b"x" * 640


async def patch_monitor(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=ANSWER, content_type="application/json")


async def app() -> web.Application:
    application = web.Application()
    application.router.add_patch("/api/smtp-monitors/{public_id}", patch_monitor)
    return application
