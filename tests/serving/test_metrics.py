"""Scraping /metrics holds up nobody, and is for those who may."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from server.serving.app import create_app
from tests.conftest import AiohttpClient, Api

TOKEN = "scrape-token-of-operators"


async def test_a_request_is_answered_while_the_metrics_are_rendered(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    rendering, rendered = asyncio.Event(), 0
    loop, patched = asyncio.get_running_loop(), asyncio.Event()

    def slow(registry: CollectorRegistry) -> bytes:
        nonlocal rendered
        rendered += 1
        loop.call_soon_threadsafe(rendering.set)
        asyncio.run_coroutine_threadsafe(patched.wait(), loop).result(10)
        return generate_latest(registry)

    monkeypatch.setattr("server.http.exposition.generate_latest", slow)
    scrapes = [asyncio.create_task(api.call("GET", "/metrics", None)) for _ in range(4)]
    await asyncio.wait_for(rendering.wait(), 20)
    assert (await api.patch({"port": 26})).status == 200
    assert not any(scrape.done() for scrape in scrapes)
    patched.set()
    answers = [await scrape for scrape in scrapes]
    assert {(answer.status, answer.headers["Content-Type"]) for answer in answers} == {(200, CONTENT_TYPE_LATEST)}
    assert rendered == 1, "those who scrape within a second share what is rendered"


async def test_a_time_is_counted_by_route_and_a_request_by_status(api: Api) -> None:
    assert (await api.patch({"port": 0})).status == 400
    text = await (await api.call("GET", "/metrics", None)).text()
    route = 'method="PATCH",route="/api/smtp-monitors/{smtpMonitorPublicId}"'
    assert f'http_requests_total{{{route},status="400"}}' in text
    assert f"http_request_duration_seconds_count{{{route}}}" in text


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer wrong", 401), (TOKEN, 401), (f"Bearer {TOKEN}x", 401), (f"Bearer {TOKEN}", 200)],
)
async def test_a_token_of_operators_is_asked_for(
    api: Api, aiohttp_client: AiohttpClient, authorization: str | None, status: int
) -> None:
    client = await aiohttp_client(create_app(replace(api.config, metrics_token=TOKEN)))
    headers = {} if authorization is None else {"Authorization": authorization}
    async with client.get("/metrics", headers=headers) as response:
        assert response.status == status
        if status == 401:
            assert response.headers["WWW-Authenticate"] == "Bearer"
            assert "http_requests" not in await response.text()
    async with client.get("/readyz") as response:
        assert response.status == 200
