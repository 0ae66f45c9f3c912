"""Pages of other origins may call the API only if CORS_ORIGINS names their origin exactly.

Held by ``tests/api/test_security.py``.
"""

from aiohttp import web
from aiohttp.typedefs import Middleware

from server.http.answers import Answer, Handler, middleware

METHODS = "GET, POST, PATCH, DELETE"
REQUEST_HEADERS = (
    "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, Prefer, Idempotency-Key, Last-Event-ID, "
    "X-Request-Id"
)
EXPOSED = "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Preference-Applied, X-Request-Id"
PREFLIGHT_SECONDS = "600"


def add_cors(app: web.Application, origins: frozenset[str]) -> None:
    """Answer preflight requests of the *origins*, and allow their pages to read every answer."""
    app.middlewares.insert(1, _preflight(origins))  # within the boundary; a preflight has no token
    app.middlewares.insert(0, _name_origin(origins))  # around it, so that pages can read errors, too


def _preflight(origins: frozenset[str]) -> Middleware:
    @middleware
    async def preflight(request: web.Request, handler: Handler) -> Answer:
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not asked or request.headers.get("Origin") not in origins:
            return await handler(request)
        headers = {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        }
        return Answer(status=204, headers=headers)

    return preflight


def _name_origin(origins: frozenset[str]) -> Middleware:
    @middleware
    async def name_origin(request: web.Request, handler: Handler) -> Answer:
        answer = await handler(request)
        answer.own_headers["Vary"] = "Origin"
        origin = request.headers.get("Origin", "")
        if origin in origins:
            answer.own_headers["Access-Control-Allow-Origin"] = origin
            answer.own_headers["Access-Control-Expose-Headers"] = EXPOSED
        return answer

    return name_origin
