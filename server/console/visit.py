"""A visit: one request of a browser. Its page asks the API as any client would, with the visitor's own token.

So a page shows and does what the API allows, and nothing else (``tests/console/test_roles.py``).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson
from aiohttp import web
from yarl import URL

from server.console import cookies, templates
from server.console.replies import RefusedError, Reply
from server.console.words import NOTICES, say
from server.http.answers import Answer
from server.http.messages import choose_language

Ask = Callable[[web.Request, str, URL, Mapping[str, str], bytes], Awaitable[Answer]]
ASK: web.AppKey[Ask] = web.AppKey("ASK")

HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
MAX_FIELDS = 2500  # a status page of 500 monitors has 2000
GLOBAL_ROLES = {"admin": "global admin", "supporter": "supporter"}
ADMINS, WRITERS = ("admin", "global admin"), ("admin", "global admin", "user")
# path, name, and the roles that have it in their menu; none are all
SECTIONS = [
    ("/", "monitors", ()),
    ("/incidents", "incidents", ()),
    ("/windows", "windows", ()),
    ("/status-pages", "status_pages", ()),
    ("/customers", "customers", ()),
    ("/users", "users", ADMINS),
    ("/tokens", "tokens", (*WRITERS, "readonly")),
    ("/organization", "organization", ADMINS),
    ("/organizations", "organizations", ("global admin", "supporter")),
    ("/audit", "audit", (*ADMINS, "supporter")),
    ("/wall", "wall", ()),
]
Query = Mapping[str, str | int | None]


class Visit:
    """Who visits, in which language, and what the visitor sees."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        chosen = request.cookies.get(cookies.LANGUAGE)
        self.language = (
            chosen if chosen in ("de", "en") else choose_language(request.headers.get("Accept-Language", ""))
        )
        self.token = cookies.token_of(request)
        self.me: dict[str, Any] | None = None

    async def ask(self, method: str, path: str, body: object = None, **options: Any) -> Reply:
        """The API's answer, whatever it is. *options* are a *query* and *headers*."""
        return Reply.of(await self._ask(method, path, body, **options))

    async def pass_on(self, path: str, query: Query) -> Answer:
        """What the API answers, to be answered as it is; RefusedError if it refuses."""
        answer = await self._ask("GET", path, query=query)
        if answer.status >= 400:
            raise RefusedError(Reply.of(answer))
        return answer

    async def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"Accept-Language": self.language, **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        url = URL.build(path=path, query={key: str(value) for key, value in (query or {}).items() if value is not None})
        data = b"" if body is None else orjson.dumps(body)
        return await self.request.app[ASK](self.request, method, url, sent, data)

    async def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON at *path*; RefusedError if the API refuses."""
        return (await self.require("GET", path, query=query)).body

    async def require(self, method: str, path: str, body: object = None, **options: Any) -> Reply:
        """As ask(), but RefusedError if the API refuses."""
        reply = await self.ask(method, path, body, **options)
        if not reply.ok:
            raise RefusedError(reply)
        return reply

    async def form(self) -> dict[str, list[str]]:
        """The fields of a form that was sent."""
        raw = await self.request.read()
        try:
            return parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            return {}

    async def texts(self) -> dict[str, str]:
        """The last text of each field, where no field has several."""
        return {name: values[-1] for name, values in (await self.form()).items()}

    def sections(self) -> list[tuple[str, str]]:
        """Paths and words of the main menu, for what the visitor may."""
        return [(path, f"nav.{name}") for path, name, roles in SECTIONS if not roles or self.role in roles]

    @property
    def role(self) -> str:
        """``global admin``, ``supporter``, or the role in the visitor's organization."""
        me = self.me or {}
        return str(GLOBAL_ROLES.get(str(me.get("globalRole")), me.get("role", "")))

    @property
    def writes(self) -> bool:
        return self.role in WRITERS

    def is_at(self, path: str) -> bool:
        here = self.request.path
        return here == path or (path != "/" and here.startswith(f"{path}/"))

    def here(self, **changes: object) -> str:
        """This page with other values in its query; None takes one out."""
        query = {**self.request.query, **changes}
        query.pop("notice", None)
        return str(URL.build(path=self.request.path, query={k: str(v) for k, v in query.items() if v is not None}))

    def notice(self) -> str | None:
        """What was done before this page, by a key that see_other() has put into its address."""
        values = dict(self.request.query)
        key = values.pop("notice", "")
        try:
            return self.say(key, **values) if key in NOTICES else None
        except (KeyError, ValueError, AttributeError, IndexError):
            return None

    def say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    async def who(self) -> dict[str, Any]:
        """The visitor as the API knows it; RefusedError if it is nobody."""
        if self.me is None:
            self.me = await self.get("/api/session")
        assert self.me is not None
        return self.me

    async def show(self, template: str, *, status: int = 200, **context: Any) -> Answer:
        """A page. Who is logged in is known to all of them."""
        if self.token and self.me is None:
            reply = await self.ask("GET", "/api/session")
            self.me = reply.body if reply.ok else None
        return self.render(template, status=status, **context)

    def render(self, template: str, *, status: int = 200, **context: Any) -> Answer:
        """A page of what is known already."""
        text = templates.render(template, self.language, visit=self, me=self.me, **context)
        return Answer(text.encode(), status=status, headers={**HTML, "Content-Language": self.language})


def see_other(path: str, *, notice: str | None = None, **values: object) -> Answer:
    """After a form has been sent: the browser goes to *path*, which tells what was done."""
    url = URL(path)
    if notice is not None:
        url = url.update_query({"notice": notice, **{key: str(value) for key, value in values.items()}})
    return Answer(status=303, headers={"Location": str(url)})
