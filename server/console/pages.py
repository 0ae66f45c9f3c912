"""What surrounds every page: forged requests are refused, and what the API refuses becomes a page, too."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from aiohttp import web

from server.console import cookies
from server.console.replies import RefusedError, Reply
from server.console.visit import Visit, see_other
from server.console.words import WORDS
from server.http.answers import Answer
from server.http.error_answers import to_api_error
from server.http.messages import text

Page = Callable[[Visit], Awaitable[Answer]]
SAFE = ("GET", "HEAD")
HERE = ("same-origin", "none")  # none: typed, or from a bookmark


def page(make: Page) -> Callable[[web.Request], Awaitable[Answer]]:
    """The handler of a page."""

    async def handle(request: web.Request) -> Answer:
        visit = Visit(request)
        if request.method not in SAFE and not _is_our_own(request):
            return await visit.show("error.html", status=403, title="error.forged", words="error.forged_words")
        try:
            return await make(visit)
        except RefusedError as error:
            return await _refused(visit, error.reply)
        except Exception as error:
            api_error = to_api_error(error, where=f"{request.method} {request.path}")
            words = text(api_error.code, visit.language, {**api_error.parameters})
            return visit.render("error.html", status=api_error.status, title=_title(api_error.status), text=words)

    handle.__name__, handle.__doc__ = make.__name__, make.__doc__
    return handle


async def _refused(visit: Visit, reply: Reply) -> Answer:
    request = visit.request
    if reply.status == 401:
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and cookies.SESSION not in request.cookies:
            # a link from elsewhere brings no strict cookie; the page that sends for itself again does
            return visit.render("again.html")
        answer = see_other(f"/login?next={quote(request.path_qs)}" if request.method in SAFE else "/login")
        answer.own_headers |= cookies.session(request, "") if visit.token else {}
        return answer
    if reply.code == "two_factor_enrolment_required":
        return see_other("/account", notice="account.must_enrol")
    words = reply.body.get("detail") or reply.body["message"]
    return await visit.show("error.html", status=reply.status, title=_title(reply.status), text=words)


def _title(status: int) -> str:
    return key if (key := f"error.{status}") in WORDS else "error.title"


def _is_our_own(request: web.Request) -> bool:
    """Whether one of our pages has sent this: by what the browser says, which no page can change."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in HERE
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host
