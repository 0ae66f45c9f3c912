"""Reading a query string. It has its own parsers, because every value is a string."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from server.fields.objects import below
from server.fields.values import MAX_BIGINT, Invalid

MAX_PER_PAGE = 200
DEFAULT_PER_PAGE = 50
MAX_PAGE = 10**9


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def listing(self, total: int, items: Iterable[object]) -> dict[str, object]:
        return {"items": list(items), "total": total, "page": self.number, "perPage": self.size}


def number(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise Invalid("not_an_integer")
        if not low <= int(value) <= high:
            raise Invalid("out_of_range", low=low, high=high)
        return int(value)

    return parse


identifier = number(1, MAX_BIGINT)
PAGING: dict[str, Callable[[str], object]] = {
    "page": number(1, MAX_PAGE),
    "perPage": number(1, MAX_PER_PAGE),
}


def parse_query(request: web.Request, parameters: dict[str, Callable[[str], object]]) -> dict[str, Any]:
    """The parameters that are present. The last of equal names counts. Invalid names the wrong ones."""
    parsed: dict[str, Any] = {}
    wrong = Invalid()
    for name, value in dict(request.query).items():
        if name not in parameters:
            wrong.reasons.append((name[:64], "unknown_field", {}))
            continue
        try:
            parsed[name] = parameters[name](value)
        except Invalid as error:
            wrong.reasons += below(name, error).reasons
    if wrong.reasons:
        raise wrong
    return parsed


def page_of(parsed: Mapping[str, Any]) -> Page:
    return Page(parsed.get("page", 1), parsed.get("perPage", DEFAULT_PER_PAGE))
