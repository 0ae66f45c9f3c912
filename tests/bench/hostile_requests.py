"""Requests that nobody should send, made up from a seed: each is bytes for the socket, and perhaps never ends."""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.serving.routes import ROUTES

ODD_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\ud800",
        "\u202e",
        "‮",
        "ß",
        "²",
        "１２",
        "\r\nX: y",
        "%00",
        "%ff",
        "..",
        "../../etc/passwd",
        "{x}",
        "' OR 1=1 --",
    ),
    *(
        "x" * 300,
        "x" * 70_000,
        "e\u0301" * 50,
        "=?utf-8?q?=0A?=",
        "\\ud800",
        "NaN",
        "null",
        "true",
        "[]",
        "{}",
        "0x7f.1",
        "[::1]",
    ),
)
ODD_NUMBERS = (0, -1, 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**40, -(10**40), 0.1, 1e308, 587.0)
RAW_JSON = (
    *("", "{", "[" * 2000, '{"a":' * 5000, "nul", "NaN", '{"port": NaN}', '{"port": 1e999}', '{"name": "\\ud800"}'),
    *('{"name": "a", "name": "b"}', '{"port": 587, "port": true}', '\ufeff{"port": 25}', '"x"', "[]", "17", "null"),
)
KEYS = (
    *(
        "name",
        "hostname",
        "port",
        "status",
        "checkInterval",
        "timeoutSeconds",
        "allowedCheckCountryCodes",
        "smtpConfig",
    ),
    *("config", "notificationEmail", "notificationPhoneNumber", "customerId", "ids", "changes", "email", "password"),
    *("role", "globalRole", "customerIds", "startsAt", "endsAt", "repeat", "expiresInDays", "currentPassword", "code"),
    *("secure", "auth", "user", "pass", "tls", "id", "publicId", "__proto__", "constructor", "organizationId"),
)
HEADERS = (
    *("Content-Type", "Content-Length", "Transfer-Encoding", "Authorization", "If-Match", "If-None-Match", "Prefer"),
    *(
        "Accept-Language",
        "Idempotency-Key",
        "X-Request-Id",
        "X-Forwarded-For",
        "Expect",
        "Origin",
        "Host",
        "Connection",
    ),
    *("Content-Encoding", "Upgrade", "Cookie", "X-\u00fc"),
)
METHODS = ("GET", "PATCH", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get", "BREW", "")
QUERIES = (
    "",
    "",
    "",
    "?",
    "?page=0",
    "?page=-1&perPage=9999",
    "?search=%00",
    "?search=%ff",
    "?a=b",
    "?status=x",
    "?%ed%a0%80=1",
)
VARIABLE = re.compile(r"\{\w+:\[\^/\]\*\}")
# these would reach out for servers, or hash a password: what they refuse is asked for, what they do is not
SLOW = frozenset({"/api/smtp-monitors/test", "/api/sessions"})
# a DELETE of the one would end what the tokens stand for, and the other has no end
LEFT_OUT = {"/api/session", "/api/events"}


@dataclass(frozen=True, slots=True)
class Request:
    """*text* is sent as it is. If it *ends*, an answer must come; if not, the connection may just be closed."""

    text: bytes
    ends: bool


class Generator:
    """The same requests for the same seed, tokens and monitors."""

    def __init__(self, seed: int, tokens: Sequence[str], monitors: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._tokens = tokens
        self._ids = [*monitors, *monitors, *(text for text in ODD_TEXTS if len(text) < 400), "1", "0", "9" * 30]
        self._routes = [(route.method, route.path) for route in ROUTES if route.path not in LEFT_OUT]

    def next(self) -> Request:
        choose = self._random.choices(
            (self._plain, self._odd_head, self._odd_body, self._not_http), weights=(60, 20, 15, 5)
        )[0]
        return choose()

    def _plain(self) -> Request:
        """A request whose head is in order: an odd body, or odd values for fields that there are."""
        body = self._body()
        return self._request({"Content-Type": "application/json", "Content-Length": str(len(body))}, body)

    def _odd_head(self) -> Request:
        odd = {self._random.choice(HEADERS): self._text() for _ in range(self._random.randrange(1, 4))}
        sound = not odd.keys() & {"Content-Length", "Transfer-Encoding", "Expect", "Connection", "Upgrade", "Host"}
        body = self._body()
        request = self._request({"Content-Type": "application/json", "Content-Length": str(len(body)), **odd}, body)
        return Request(request.text, request.ends and sound and b"\r\nX: y" not in request.text)

    def _odd_body(self) -> Request:
        """A body that is too long, cut off, chunked in a strange way, or no text."""
        body = self._random.choice((b"x" * 70_000, self._random.randbytes(200), b"\xff\xfe{}", b"{}", b"\x00" * 10))
        headers = self._random.choice(
            (
                {"Content-Length": str(len(body) + self._random.randrange(0, 3))},
                {"Content-Length": "70000"},
                {"Transfer-Encoding": "chunked"},
                {"Transfer-Encoding": "chunked", "Content-Length": "3"},
            )
        )
        request = self._request({"Content-Type": "application/json", **headers}, body)
        return Request(request.text, ends=False)

    def _not_http(self) -> Request:
        raw = (
            self._random.randbytes(self._random.randrange(1, 300)),
            b"\r\n\r\n",
            b"GET\r\n\r\n",
            b"\x16\x03\x01\x02\x00",
        )
        return Request(self._random.choice(raw) + b"\r\n\r\n", ends=False)

    def _request(self, headers: dict[str, str], body: bytes) -> Request:
        method, path = self._random.choice(self._routes)
        path = VARIABLE.sub(lambda _: self._random.choice(self._ids), path)
        if self._random.random() < 0.1:
            method = self._random.choice(METHODS)
        if path in SLOW and self._random.random() < 0.95:
            path = "/api/smtp-monitors"
        token = self._random.choice(self._tokens)
        lines = [f"{method} {path}{self._random.choice(QUERIES)} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in {"Authorization": f"Bearer {token}", **headers}.items()]
        head = "\r\n".join(lines).encode("utf-8", "surrogatepass")
        # a name or path with a space or a line break in it makes the head something else
        ends = head.count(b"\r\n") == len(lines) - 1 and len(lines[0].split(" ")) == 3 and "\0" not in lines[0]
        return Request(head + b"\r\n\r\n" + body, ends and method.isupper() and len(lines[0]) < 8000)

    def _body(self) -> bytes:
        if self._random.random() < 0.2:
            return self._random.choice(RAW_JSON).encode("utf-8", "surrogatepass")
        fields = {self._random.choice(KEYS): self._value(3) for _ in range(self._random.randrange(0, 5))}
        return json.dumps(fields).encode()

    def _value(self, depth: int) -> object:
        kinds: tuple[Callable[[], object], ...] = (
            lambda: self._random.choice(ODD_NUMBERS),
            self._text,
            lambda: self._random.choice((None, True, False)),
            lambda: [self._value(depth - 1) for _ in range(self._random.randrange(3))] if depth else None,
            lambda: {self._random.choice(KEYS): self._value(depth - 1)} if depth else None,
        )
        return self._random.choice(kinds)()

    def _text(self) -> str:
        text = self._random.choice(ODD_TEXTS)
        return text if len(text) < 1000 or self._random.random() < 0.05 else text[:50]
