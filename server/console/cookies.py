"""The console's cookies. The API reads none: what another site makes a browser send has no power there.

The session's cookie holds the token of the same sessions that the API knows; between password and second factor it
holds both, encrypted. No script can read it, and no other site can have it sent.
"""

import time

import orjson
from aiohttp import web

from server.access.key_ring import KeyRing, Undecryptable

SESSION, LANGUAGE = "session", "language"
PENDING = "pending."
BOUND_TO = b"console log-in"
PENDING_SECONDS = 300
YEAR = 365 * 86400


def token_of(request: web.Request) -> str:
    """The token of the visitor's session; empty if there is none."""
    value = request.cookies.get(SESSION, "")
    return "" if value.startswith(PENDING) else value


def session(request: web.Request, token: str) -> dict[str, str]:
    """The header that keeps a token until the browser ends; an empty one is forgotten."""
    return _set(request, SESSION, token, None if token else 0)


def pending(request: web.Request, ring: KeyRing, credentials: dict[str, str]) -> dict[str, str]:
    """The header that keeps a right address and password until the code of the second factor follows."""
    text = orjson.dumps({"until": time.time() + PENDING_SECONDS, **credentials}).decode()
    return _set(request, SESSION, PENDING + ring.encrypt(text, BOUND_TO).hex(), PENDING_SECONDS)


def pending_of(request: web.Request, ring: KeyRing) -> dict[str, str] | None:
    value = request.cookies.get(SESSION, "")
    try:
        kept = orjson.loads(ring.decrypt(bytes.fromhex(value.removeprefix(PENDING)), BOUND_TO))
    except (ValueError, Undecryptable):
        return None
    return kept if kept.pop("until") > time.time() else None


def language(request: web.Request, chosen: str) -> dict[str, str]:
    return _set(request, LANGUAGE, chosen, YEAR)


def _set(request: web.Request, name: str, value: str, seconds: int | None) -> dict[str, str]:
    lifetime = "" if seconds is None else f"; Max-Age={seconds}"
    secure = "; Secure" if request.headers.get("X-Forwarded-Proto", request.scheme) == "https" else ""
    return {"Set-Cookie": f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{lifetime}{secure}"}
