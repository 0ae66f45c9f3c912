"""The line that each request leaves: who, from where, at which monitor."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from server.http.traces import traces
from server.serving.app import create_app
from tests.conftest import MONITOR, AiohttpClient, Api

PATH = "/api/smtp-monitors/{smtpMonitorPublicId}"


@pytest.fixture(autouse=True)
def informed() -> Iterator[None]:
    logger = logging.getLogger("access")
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(logging.NOTSET)


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    traces.flush()
    line: dict[str, Any] = json.loads(capsys.readouterr().err.splitlines()[-1])
    return line


async def test_a_line_names_the_address_and_the_monitor(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    response = await api.patch({"port": 25})
    user_id = await api.db.fetchval("SELECT id FROM users WHERE email = 'admin@example.com'")
    line = last_line(capsys)
    del line["time"], line["durationMs"]
    assert line == {
        "level": "INFO",
        "logger": "access",
        "message": "request",
        "requestId": response.headers["X-Request-Id"],
        "method": "PATCH",
        "route": PATH,
        "status": 200,
        "userId": user_id,
        "address": "127.0.0.1",
        "monitorId": MONITOR,
    }


@pytest.mark.parametrize(
    ("path", "status", "monitor_id"),
    [
        (f"/api/smtp-monitors/{MONITOR}/check-history", 200, MONITOR),
        (f"/api/smtp-monitors/{MONITOR.upper()}", 200, MONITOR.upper()),
        ("/api/smtp-monitors/%22%7D%0A%7B", 400, None),
        (f"/api/smtp-monitors/{MONITOR}%0A", 400, None),
        ("/api/smtp-monitors", 200, None),
        ("/api/users/999", 404, None),
        ("/nowhere", 404, None),
    ],
)
async def test_only_what_is_an_id_is_one(
    api: Api, capsys: pytest.CaptureFixture[str], path: str, status: int, monitor_id: str | None
) -> None:
    assert (await api.call("GET", path)).status == status
    assert last_line(capsys)["monitorId"] == monitor_id


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [("192.0.2.1", "192.0.2.1"), ('fe80::1%"}', "fe80::1"), ('"},{"', "127.0.0.1"), ("", "127.0.0.1")],
)
async def test_behind_a_proxy_it_is_the_clients_address(
    api: Api, aiohttp_client: AiohttpClient, capsys: pytest.CaptureFixture[str], forwarded: str, address: str
) -> None:
    behind = replace(api.config, trusted_proxies=(ip_network("127.0.0.0/8"),))
    client = Api(await aiohttp_client(create_app(behind)), api.db, behind)
    assert (await client.call("GET", "/api/session", None, headers={"X-Forwarded-For": forwarded})).status == 401
    line = last_line(capsys)
    assert (line["address"], line["userId"]) == (address, None)


async def test_a_line_for_people_says_it_too(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(traces.__dict__, "_for_people", True)
    await api.patch({"port": 25})
    traces.flush()
    assert f"address=127.0.0.1 monitor={MONITOR}" in caplog.text
