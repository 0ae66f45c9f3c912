"""All monitors of a list in one file: as lines of JSON, or as a table for a spreadsheet. No password is in it."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from server.fields.parser import Parameter
from server.fields.values import choice
from server.resources import smtp_monitors

CONTENT_TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}
FILTERS: dict[str, Parameter] = {
    "format": choice(*CONTENT_TYPES),
    **{name: smtp_monitors.FILTERS[name] for name in ("organizationId", "customerId", "search", "status", "state")},
}
DEFAULT_FORMAT = "ndjson"
ROWS = 200  # that are read at once
COLUMNS = (
    *("publicId", "name", "hostname", "port", "status", "state", "stateSince", "lastError", "customerId"),
    *("customerName", "organizationId", "checkInterval", "timeoutSeconds", "notificationEmail"),
    *("notificationPhoneNumber", "allowedCheckCountryCodes", "lastCheckedAt", "createdAt", "updatedAt"),
)
# a spreadsheet would take what begins with one of these for a formula
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Item = Mapping[str, Any]


def head_of(form: str) -> bytes:
    return _line(COLUMNS) if form == "csv" else b""


def write(form: str, items: Iterable[Item]) -> bytes:
    make: Callable[[Item], bytes] = _row if form == "csv" else _json
    return b"".join(map(make, items))


def _json(item: Item) -> bytes:
    return orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)


def _row(item: Item) -> bytes:
    return _line(_cell(item[column]) for column in COLUMNS)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case list():
            return " ".join(map(str, value))
        case dict():  # an error
            return _cell(value["message"])
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
        case _:
            return str(value)


def _line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
