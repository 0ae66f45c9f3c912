"""Requests that the console makes of the API in the same process, in place of the browser that has sent its page."""

import asyncio
from collections.abc import Mapping

from aiohttp import StreamReader, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from server.http.answers import Answer
from server.http.requests import ADDRESS

READ_AHEAD = 2**16
# what the API knows of the client behind a page; never its cookies
PASSED_ON = ("User-Agent", "X-Forwarded-For")


async def ask(request: web.Request, method: str, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer to a request of the same client, through the same middlewares as any other."""
    passed = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    sent = CIMultiDictProxy(CIMultiDict({"Host": request.host, **passed, **headers}))
    raw = tuple((name.encode(), value.encode()) for name, value in sent.items())
    message = request._message._replace(
        method=method, path=str(url), url=url, headers=sent, raw_headers=raw, chunked=False, compression=None
    )
    inner = web.Request(
        message,
        _whole(request, body),
        request.protocol,
        request.writer,
        request.task,
        asyncio.get_running_loop(),
        client_max_size=request.client_max_size,
        remote=request.remote,
    )
    answer = await request.app._handle(inner)
    assert isinstance(answer, Answer)
    request[ADDRESS] = inner[ADDRESS]
    return answer


def _whole(request: web.Request, body: bytes) -> StreamReader:
    payload = StreamReader(request.protocol, READ_AHEAD, loop=asyncio.get_running_loop())
    payload.feed_data(body)
    payload.feed_eof()
    return payload
