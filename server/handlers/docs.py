"""The description of the API: a document for programs, and a page for people."""

from aiohttp import web

from server.http.answers import Answer
from server.http.errors import not_found
from server.openapi.document import document
from server.openapi.page import FILES, PAGE, SECURITY, read


async def get_document(_: web.Request) -> Answer:
    return Answer.json(document())


async def get_page(_: web.Request) -> Answer:
    return Answer(read(PAGE), headers={"Content-Type": "text/html; charset=utf-8", **SECURITY})


async def get_file(request: web.Request) -> Answer:
    """One of the files that the page is made of."""
    name = request.match_info["file"]
    if name not in FILES:
        raise not_found()
    headers = {"Content-Type": FILES[name], "Cache-Control": "public, max-age=3600"}
    return Answer(read(name), headers=headers)
