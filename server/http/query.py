"""Reading a query string. It has its own parsers, because every value is a string."""

import struct
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
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

    def listing(self, total: int, items: Iterable[object], away: Sequence[int] = ()) -> dict[str, object]:
        """The answer to a list, which names the cells that are *away*."""
        listed = {"items": list(items), "total": total, "page": self.number, "perPage": self.size}
        return listed | unavailable_cells(away)


def unavailable_cells(away: Sequence[int]) -> dict[str, object]:
    return {"unavailableCells": list(away)} if away else {}


CURSOR = struct.Struct(">qq")


def cursor_of(position: tuple[int, int]) -> str:
    """A row's place in a list, opaque to clients. It gives no access: whoever sends it sees what he may see."""
    packed = CURSOR.pack(*position)
    return urlsafe_b64encode(packed + zlib.crc32(packed).to_bytes(4, "big")).rstrip(b"=").decode()


@described({"type": "string", "pattern": "^[A-Za-z0-9_-]{27}$"})
def cursor(value: str) -> tuple[int, int]:
    """The place that *value* names, whether or not a row is there."""
    try:
        packed = urlsafe_b64decode(f"{value}=")[: CURSOR.size]
        organization_id, identifier_ = CURSOR.unpack(packed)
    except (ValueError, struct.error) as error:
        raise Invalid("invalid_cursor") from error
    if cursor_of((organization_id, identifier_)) != value:
        raise Invalid("invalid_cursor")
    return organization_id, identifier_


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


def refuse_both(parsed: Mapping[str, Any], name: str, other: str) -> None:
    """Invalid, naming the first, if both parameters are present."""
    if name in parsed and other in parsed:
        raise Invalid.of([(name, "excludes", {"other": other})])


def page_of(parsed: Mapping[str, Any]) -> Page:
    return Page(parsed.get("page", 1), parsed.get("perPage", DEFAULT_PER_PAGE))
