"""The request that a form makes, as a line for a shell."""

import shlex
from collections.abc import Mapping
from typing import Any

import orjson

from server.console.visit import Visit

HIDDEN = "a password that is not shown"
VARIABLE = "$SMTP_PASSWORD"


def line(visit: Visit, method: str, path: str, body: Mapping[str, Any], etag: str | None = None) -> str:
    """Token and password are variables of the shell: neither is ever printed."""
    request = visit.request
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    words = [
        f"curl -X {method} {shlex.quote(f'{scheme}://{request.host}{path}')}",
        '-H "Authorization: Bearer $TOKEN"',
        "-H 'Content-Type: application/json'",
    ]
    if etag:
        words.append(f"-H {shlex.quote(f'If-Match: {etag}')}")
    data = shlex.quote(orjson.dumps(_masked(body)).decode()).replace(HIDDEN, f"'\"{VARIABLE}\"'")
    return " \\\n  ".join([*words, f"-d {data}"])


def _masked(body: Mapping[str, Any]) -> dict[str, Any]:
    config = body.get("smtpConfig") or {}
    auth = config.get("auth") or {}
    if auth.get("pass") is None:
        return {**body}
    return {**body, "smtpConfig": {**config, "auth": {**auth, "pass": HIDDEN}}}
