"""Reading a query string. It has its own parsers, because every value is a string."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.fields import values
from server.fields.objects import below, unknown_keys
from server.fields.parser import Parameter, Parser, described
from server.fields.values import Invalid, Reason, integer, text

if TYPE_CHECKING:
    from aiohttp import web  # which commands do not need

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


def digits(parse: Parser[object, int]) -> Parser[str, int]:
    """The integer that digits write, judged by *parse*."""

    @described(parse.schema)
    def parse_digits(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise Invalid("not_an_integer")
        return parse(int(value))

    return parse_digits


def number(low: int, high: int) -> Parser[str, int]:
    return digits(integer(low, high))


identifier = digits(values.identifier)
search = text(0, 255)
PAGING: dict[str, Parameter] = {
    "page": number(1, MAX_PAGE),
    "perPage": number(1, MAX_PER_PAGE),
}


def parse_query(request: "web.Request", parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The parameters that are present. The last of equal names counts. Invalid names the wrong ones."""
    parsed: dict[str, Any] = {}
    wrong: list[Reason] = []
    unknown: list[str] = []
    for name, value in dict(request.query).items():
        if name not in parameters:
            unknown.append(name)
            continue
        try:
            parsed[name] = parameters[name](value)
        except Invalid as error:
            wrong += below(name, error).reasons
    if wrong or unknown:
        raise Invalid.of(wrong + unknown_keys(unknown))
    return parsed


def page_of(parsed: Mapping[str, Any]) -> Page:
    return Page(parsed.get("page", 1), parsed.get("perPage", DEFAULT_PER_PAGE))
