"""A listener to events, as a browser would be one."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientResponse

from tests.conftest import Api

SECONDS = 20
Told = tuple[str, dict[str, Any]]


class Listener:
    """What it has been told, and the place after that."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.place = ""

    async def next(self) -> Told:
        """The next event, which comes soon."""
        async with asyncio.timeout(SECONDS):
            while True:
                if (told := await self._frame()) is not None:
                    return told

    async def place_after(self, told: int) -> list[Told]:
        """So many events, and the next place."""
        events = [await self.next() for _ in range(told)]
        before, self.place = self.place, ""
        async with asyncio.timeout(SECONDS):
            while not self.place:
                assert await self._frame() is None, before
        return events

    async def ends(self) -> None:
        """Return when the server ends it."""
        async with asyncio.timeout(SECONDS):
            await self.response.content.read()

    async def _frame(self) -> Told | None:
        name, data = "", ""
        while line := (await self.response.content.readline()).decode():
            field, _, value = line.rstrip("\n").partition(": ")
            match field:
                case "event":
                    name = value
                case "data":
                    data = value
                case "id":
                    self.place = value
                case "":
                    return (name, json.loads(data)) if name else None
        raise EOFError


@contextlib.asynccontextmanager
async def listening(
    api: Api, who: str = "admin", *, query: str = "", place: str | None = None, **options: Any
) -> AsyncIterator[Listener]:
    """A listener that is told of all that happens from now on, or has happened since *place*."""
    headers = {"Accept-Language": "en"} | ({} if place is None else {"Last-Event-ID": place})
    response = await api.call("GET", f"/api/events?{query}", who, headers=headers, **options)
    assert response.status == 200, await response.text()
    listener = Listener(response)
    if place is None:
        await listener.place_after(0)
    yield listener
    response.close()
