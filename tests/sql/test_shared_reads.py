"""One reading answers all who wait for it, and none who might have seen something newer."""

import asyncio

import pytest

from sql.shared_reads import SharedReads
from tests.conftest import Api

LIST = "/api/smtp-monitors?perPage=50"


class Source:
    """What is read: it counts the readings, and each goes on when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.going_on = asyncio.Semaphore(0)

    async def make(self) -> bytes:
        self.begun += 1
        number = self.begun
        await self.going_on.acquire()
        return b"%d" % number


async def begun(source: Source, times: int) -> None:
    async with asyncio.timeout(20):
        while source.begun < times:
            await asyncio.sleep(0)


async def test_who_asks_during_a_reading_shares_the_next_one() -> None:
    reads, source = SharedReads(), Source()
    first = asyncio.create_task(reads.read("key", source.make))
    await begun(source, 1)
    others = [asyncio.create_task(reads.read("key", source.make)) for _ in range(20)]
    source.going_on.release()
    assert await first == b"1"
    source.going_on.release()
    assert await asyncio.gather(*others) == [b"2"] * 20
    assert source.begun == 2


async def test_different_keys_do_not_wait_for_each_other() -> None:
    reads, source, other = SharedReads(), Source(), Source()
    waiting = asyncio.create_task(reads.read("key", source.make))
    await begun(source, 1)
    other.going_on.release()
    assert await reads.read("other", other.make) == b"1"
    source.going_on.release()
    assert await waiting == b"1"


async def test_an_error_is_of_those_who_shared_it_alone() -> None:
    async def fail() -> bytes:
        raise ConnectionError("away")

    reads, source = SharedReads(), Source()
    results = await asyncio.gather(*(reads.read("key", fail) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [ConnectionError] * 3
    source.going_on.release()
    assert await reads.read("key", source.make) == b"1"


async def test_one_that_leaves_takes_nobody_along() -> None:
    reads, source = SharedReads(), Source()
    leaving, staying = (asyncio.create_task(reads.read("key", source.make)) for _ in range(2))
    await begun(source, 1)
    leaving.cancel()
    source.going_on.release()
    assert await staying == b"1"
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_list_shows_what_was_answered_before_it_was_asked_for(api: Api) -> None:
    """While others keep on asking for the same, so that there always is one under way."""
    ended = asyncio.Event()

    async def ask() -> None:
        while not ended.is_set():
            assert (await api.call("GET", LIST)).status == 200

    async def change() -> None:
        for port in range(1, 101):
            assert (await api.patch({"port": port})).status == 200
            listed = (await (await api.call("GET", LIST)).json())["items"]
            assert [monitor["port"] for monitor in listed if monitor["id"] == 200] == [port]
        ended.set()

    await asyncio.gather(change(), *(ask() for _ in range(10)))


async def test_nobody_shares_what_only_another_may_see(api: Api) -> None:
    whoever = ("admin", "user", "readonly", "supporter", "globaladmin", "stranger")
    paths = [LIST, "/api/smtp-monitors?perPage=50&page=2", "/api/smtp-monitors?status=disabled"]
    asked = [(who, path) for path in paths for who in whoever]

    async def ask(who: str, path: str) -> str:
        response = await api.call("GET", path, who=who)
        assert response.status == 200
        return await response.text()

    alone = [await ask(*each) for each in asked]
    together = await asyncio.gather(*(ask(*each) for each in asked * 5))
    assert together == alone * 5
    assert len(set(alone)) > len(paths)
