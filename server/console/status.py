"""Status pages as everybody sees them: a page, JSON, feeds and badges, each made once of a page that was read.

None of them touches the database by itself (``server/resources/status_page_cache.py``). What is off, for members only,
or not there answers alike to who may not see it.
"""

import asyncio
import re
import zlib
from collections.abc import Callable

import orjson
from aiohttp import web
from yarl import URL

from server.console import cookies, status_badges, status_forms, templates
from server.console.visit import ASK, HTML, Visit
from server.fields.parser import Parameter, described
from server.fields.values import CANONICAL_UUID, UUID_SCHEMA, Invalid, choice
from server.handlers.keys import STATUS_PAGES
from server.http import query
from server.http.answers import JSON, Answer
from server.http.errors import not_found
from server.http.messages import choose_language
from server.http.requests import none_match
from server.resources.shown_status_pages import Shown
from server.resources.status_pages import SLUG

NAMED = re.compile(rf"({SLUG.pattern})(?:\.(json|rss|atom))?")
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,255}")
PUBLIC = {"Cache-Control": "public, max-age=5"}
PAGE = {
    **HTML,
    "Content-Security-Policy": HTML["Content-Security-Policy"].replace("form-action 'self'", "form-action 'none'"),
}
SVG = {"Content-Type": "image/svg+xml"}
FORMS: dict[str | None, tuple[Callable[[Shown], str], dict[str, str]]] = {
    None: (lambda shown: status_forms.page(shown.document), PAGE),
    "json": (lambda shown: orjson.dumps(shown.document).decode(), {"Content-Type": JSON}),
    "rss": (lambda shown: status_forms.feed("status.rss", shown.document), {"Content-Type": "application/rss+xml"}),
    "atom": (lambda shown: status_forms.feed("status.atom", shown.document), {"Content-Type": "application/atom+xml"}),
}
FEEDS = ("rss", "atom")
FEW = 20  # monitors of a page that is made at once


@described(UUID_SCHEMA)
def _monitor(value: str) -> str:
    if not CANONICAL_UUID.fullmatch(value):
        raise Invalid("invalid_monitor")
    return value.lower()


BADGE: dict[str, Parameter] = {"kind": choice(*status_badges.KINDS), "monitor": _monitor}


async def get_status(request: web.Request) -> Answer:
    """The page at ``/status/SLUG``, or with ``.json``, ``.rss`` or ``.atom`` what programs read."""
    named = NAMED.fullmatch(request.match_info["page"])
    form = None if named is None else named[2]
    shown = None if named is None else await _find(request, named[1])
    if shown is None:
        return _absent(request, page=form is None and "." not in request.match_info["page"])
    make, headers = FORMS[form]
    return await _answer(request, shown, form, make, headers)


async def get_badge(request: web.Request) -> Answer:
    slug, wanted = request.match_info["page"], query.parse_query(request, BADGE)
    shown = await _find(request, slug) if SLUG.fullmatch(slug) else None
    if shown is None:
        raise not_found()
    kind, monitor = wanted.get("kind", "state"), wanted.get("monitor")
    if (kind, monitor) not in shown.forms:  # nothing is begun or remembered of what is not there
        status_badges.require(shown.document, kind, monitor)
    return await _answer(
        request, shown, (kind, monitor), lambda shown: status_badges.make(shown.document, kind, monitor), SVG
    )


async def _answer(
    request: web.Request, shown: Shown, form: object, make: Callable[[Shown], str], headers: dict[str, str]
) -> Answer:
    body, tag = shown.forms[form] if form in shown.forms else await _make(shown, form, make)
    if form in FEEDS:
        body = body.replace(status_forms.ORIGIN, _origin(request))
    kept = {**(PUBLIC if shown.public else {}), "ETag": tag}
    if "If-None-Match" in request.headers and none_match(request, tag):
        return Answer(status=304, headers=kept)
    return Answer(body, headers={**headers, **kept, "Content-Language": shown.document["language"]})


async def _make(shown: Shown, form: object, make: Callable[[Shown], str]) -> tuple[bytes, str]:
    """The text and its tag, made once for all who ask. A large page is made beside the loop, which serves others."""

    def finish() -> tuple[bytes, str]:
        body = make(shown).encode()
        return body, f'"{zlib.crc32(body):08x}"'

    if len(shown.document["monitors"]) <= FEW:
        shown.forms[form] = finish()
    else:
        if form not in shown.making:
            shown.making[form] = asyncio.create_task(asyncio.to_thread(finish))
        shown.forms[form] = await asyncio.shield(shown.making[form])
    return shown.forms[form]


async def _find(request: web.Request, slug: str) -> Shown | None:
    """The page, if whoever asks may see it."""
    shown = await request.app[STATUS_PAGES].get(slug)
    if shown is None or shown.public:
        return shown
    token = cookies.token_of(request)
    authorization = request.headers.get("Authorization") or (f"Bearer {token}" if token else None)
    if authorization is None:
        return None
    # the API judges: who may read the page there is a member
    url, sent = URL(f"/api/status-pages/{shown.page_id}"), {"Authorization": authorization}
    answer = await request.app[ASK](request, "GET", url, sent, b"")
    return shown if answer.status == 200 else None


def _absent(request: web.Request, *, page: bool) -> Answer:
    if not page:
        raise not_found()
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and cookies.SESSION not in request.cookies:
        # a link from elsewhere brings no strict cookie; the page that sends for itself again does
        return Visit(request).render("again.html")
    language = choose_language(request.headers.get("Accept-Language", ""))
    text = templates.render("status_absent.html", language, path=request.path)
    return Answer(text.encode(), status=404, headers={**PAGE, "Content-Language": language})


def _origin(request: web.Request) -> bytes:
    """Of this server, as its client names it. Feeds need whole addresses."""
    host = request.host if HOST.fullmatch(request.host) else "localhost"
    secure = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
    return f"{'https' if secure else 'http'}://{host}".encode()
