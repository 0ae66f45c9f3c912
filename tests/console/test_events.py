"""The events of the server for our own pages."""

from tests.conftest import Api
from tests.console.visiting import visit


async def test_a_visitor_is_told_what_happens(api: Api) -> None:
    answer = await visit(api, "/events")
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    await api.patch({"port": 2525})
    async for line in answer.content:
        if line.startswith(b"event: change"):
            break
    answer.close()


async def test_nobody_else_is(api: Api) -> None:
    assert (await visit(api, "/events", None)).status == 401
