"""What the API answers a page, and what becomes of it where it refuses."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from multidict import CIMultiDict

from server.http.answers import Answer


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API has answered; *body* is its JSON, or None without one."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @classmethod
    def of(cls, answer: Answer) -> "Reply":
        return cls(answer.status, orjson.loads(answer.body) if answer.body else None, CIMultiDict(answer.own_headers))

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def code(self) -> str:
        """Of an error, for programs."""
        return "" if self.ok else self.body["code"]

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with each field."""
        return {} if self.ok else {wrong["field"]: wrong["message"] for wrong in self.body.get("errors", ())}


class RefusedError(Exception):
    """The API has refused what the page cannot do without."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """As gather(), but nothing goes on when one is refused."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers
