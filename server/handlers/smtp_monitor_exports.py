"""All monitors of a list in one answer, which is written while they are read."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from aiohttp import web

from server.access import merged_lists
from server.handlers.keys import KEY_RING, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.attachments import Attachment
from server.http.errors import ApiError, unavailable
from server.http.requests import AFTER_LATE_BODY, CallerChangedError
from server.resources import smtp_monitor_states
from server.resources.smtp_monitor_exports import CONTENT_TYPES, DEFAULT_FORMAT, FILTERS, ROWS, head_of, write
from server.resources.smtp_monitors import represent_with_customer, to_parts
from sql.connection import UNAVAILABLE
from sql.outages import outage
from sql.smtp_monitor_lists import Page, Window

Position = tuple[int, int]
FIRST: Position = (0, 0)  # all rows are behind it; so none has to be counted
BREAKING_OFF: tuple[type[BaseException], ...] = (ApiError, CallerChangedError, *UNAVAILABLE)


async def get_export(request: web.Request) -> Answer:
    """From the first row on, so that what cannot be read is an error, and not an empty file."""
    asked = query.parse_query(request, FILTERS)
    form = asked.pop("format", DEFAULT_FORMAT)
    first = await _read(request, asked, FIRST)
    return Attachment(
        request,
        _parts(request, form, asked, first),
        name=f"smtp-monitors.{form}",
        content_type=CONTENT_TYPES[form],
        language=requests.language(request),
    )


async def _parts(request: web.Request, form: str, asked: Mapping[str, Any], page: Page) -> AsyncGenerator[bytes]:
    """The file, by parts. One that breaks off has no end: its client knows that it is not whole."""
    yield head_of(form)
    while True:
        yield _write(request, form, page)
        if not page.more:
            return
        last = page.rows[-1]
        try:
            await request.app[AFTER_LATE_BODY](request)
            page = await _read(request, asked, (last["organization_id"], last["id"]))
        except BREAKING_OFF as error:
            if isinstance(error, UNAVAILABLE):
                outage.passed("exporting monitors", error)
            raise ConnectionResetError("the export breaks off") from error


async def _read(request: web.Request, asked: Mapping[str, Any], after: Position) -> Page:
    """Some rows behind a position; ApiError 503 if a cell is away that may have some."""
    filters, _ = to_parts(asked)
    page, away = await merged_lists.select_monitors(reached(request), filters, Window(ROWS, after=after))
    if away:
        raise unavailable("database_unavailable")
    return page


def _write(request: web.Request, form: str, page: Page) -> bytes:
    ring, language = request.app[KEY_RING], requests.language(request)
    items = (
        represent_with_customer(row, ring, passwords=False) | smtp_monitor_states.represent(row, language)
        for row in page.rows
    )
    return write(form, items)
