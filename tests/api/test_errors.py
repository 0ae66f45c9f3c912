"""Every error in one shape, in two languages, also where aiohttp itself refuses."""

import asyncio
import zlib

import pytest
from aiohttp import web

from server.http.messages import choose_language
from server.serving.app import create_app
from server.serving.config import Config
from server.serving.protocol import ServerRunner
from tests.conftest import MONITOR, Api

PATCH = f"/api/smtp-monitors/{MONITOR}"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "de"),
        ("en", "en"),
        ("en-US,en;q=0.9", "en"),
        ("de;q=0.4, en;q=0.5", "en"),
        ("en, de", "de"),
        ("fr", "de"),
        ("en;q=x", "de"),
        ("en;q=0", "de"),
        (";;;,,,=", "de"),
    ],
)
def test_the_language_is_the_one_of_greater_weight(header: str, language: str) -> None:
    assert choose_language(header) == language


@pytest.mark.parametrize(
    ("language", "message"),
    [("de", "SMTP Monitor Public ID (UUID) erforderlich"), ("en", "SMTP monitor public ID (UUID) required")],
)
async def test_a_wrong_id_is_told_in_the_pages_words(api: Api, language: str, message: str) -> None:
    response = await api.patch({}, monitor="x", headers={"Accept-Language": language})
    assert response.headers["Content-Language"] == language
    assert await response.json() == {
        "statusCode": 400,
        "statusMessage": "Bad Request",
        "message": message,
        "code": "invalid_public_id",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/api/smtp-monitors/x/y", 404, "not_found"),
        ("PUT", PATCH, 405, "method_not_allowed"),
        ("POST", PATCH, 405, "method_not_allowed"),
        ("DELETE", "/api/smtp-monitors", 405, "method_not_allowed"),
    ],
)
async def test_a_wrong_path_or_method_has_the_same_shape(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    response = await api.call(method, path, None)
    body = await response.json()
    assert (response.status, body["statusCode"], body["code"]) == (status, status, code)
    assert ("Allow" in response.headers) == (status == 405)


async def test_curls_form_is_told_which_header_to_send(api: Api) -> None:
    response = await api.call(
        "PATCH", PATCH, data='{"port":25}', headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert response.status == 415
    assert "Content-Type: application/json" in (await response.json())["message"]


@pytest.mark.parametrize(
    ("encoding", "data", "status"),
    [
        ("deflate", zlib.compress(b'{"port":25}'), 200),
        ("deflate", b"not deflated", 400),
        ("gzip", b"not gzipped", 400),
        ("deflate", zlib.compress(b'{"name":"' + b" " * 10_000_000 + b'"}'), 413),
    ],
)
async def test_a_compressed_body_is_bounded_and_may_be_broken(
    api: Api, encoding: str, data: bytes, status: int
) -> None:
    response = await api.call("PATCH", PATCH, data=data, headers={**JSON, "Content-Encoding": encoding})
    assert response.status == status
    assert (await api.get()).status == 200


async def test_a_body_of_unknown_length_is_bounded(api: Api) -> None:
    async def endless() -> object:
        for _ in range(100):
            yield b" " * 1000

    response = await api.call("PATCH", PATCH, data=endless(), headers=JSON)
    assert response.status == 413


async def test_a_request_keeps_its_id_or_gets_one(api: Api) -> None:
    assert (await api.get(headers={"X-Request-Id": "mine-1"})).headers["X-Request-Id"] == "mine-1"
    assert " " not in (await api.get(headers={"X-Request-Id": "not mine"})).headers["X-Request-Id"]


@pytest.mark.parametrize(
    "raw",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"BREW /api/session HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_answered_in_the_same_shape(migrated: str, config: Config, raw: bytes) -> None:
    head, body = await answer_to(config, raw)
    assert head.split()[1] == b"400"
    assert b"application/json" in head
    assert b'"code":"invalid_request"' in body


@pytest.mark.parametrize("expected", ["100-continue", "tea", "ß", "\ud800"])
@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        ("DELETE /api/smtp-monitors", b"405", b"method_not_allowed"),
        ("TRACE /api/session", b"405", b"method_not_allowed"),
        ("PATCH /nowhere", b"404", b"not_found"),
        ("PATCH /api/session", b"401", b"unauthorized"),
    ],
)
async def test_what_a_client_expects_changes_no_error(
    migrated: str, config: Config, request_line: str, status: bytes, code: bytes, expected: str
) -> None:
    text = f"{request_line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\nExpect: {expected}\r\n\r\n"
    head, body = await answer_to(config, text.encode("utf-8", "surrogatepass"))
    assert head.split()[1] == status
    assert b"Server: smtp-monitors" in head
    assert b'"code":"%s"' % code in body


async def answer_to(config: Config, raw: bytes) -> tuple[bytes, bytes]:
    """Head and body of what the server says until it closes the connection, without an interim answer."""
    runner = ServerRunner(create_app(config), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        [address] = runner.addresses
        reader, writer = await asyncio.open_connection(*address[:2])
        writer.write(raw)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        await writer.wait_closed()
    finally:
        await runner.cleanup()
    head, _, body = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    return head, body
