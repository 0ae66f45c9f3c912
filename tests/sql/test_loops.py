"""Loops in the background end when they are told to."""

import asyncio
import contextlib

import pytest

from sql import loops


async def test_a_loop_that_takes_its_cancellation_for_something_else_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loops, "AGAIN", 0.05)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            begun.set()
            await asyncio.Event().wait()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with asyncio.timeout(5):
        async with loops.running(stubborn()):
            await begun.wait()
        assert ended.is_set()


async def test_what_a_loop_failed_with_is_told() -> None:
    async def failing() -> None:
        raise ValueError("of the loop")

    with pytest.raises(ValueError, match="of the loop"):
        async with loops.running(failing()):
            await asyncio.sleep(0)
