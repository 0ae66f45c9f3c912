"""What browsers and proxies are told, and who is believed."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from server.serving.app import create_app
from tests.conftest import MONITOR, AiohttpClient, Api

PATH = f"/api/smtp-monitors/{MONITOR}"
ORIGIN = "https://app.example.com"
HARDENED = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("GET", PATH, "admin"),
        ("PATCH", PATH, "admin"),
        ("POST", "/api/tokens", "admin"),
        ("GET", "/healthz", None),
        ("GET", "/api/users", None),
        ("GET", "/nowhere", None),
    ],
)
async def test_every_answer_is_hardened(api: Api, method: str, path: str, who: str | None) -> None:
    response = await api.call(method, path, who, json={"name": "x"})
    assert {name: response.headers.get(name) for name in HARDENED} == HARDENED


async def with_origins(api: Api, aiohttp_client: AiohttpClient) -> Api:
    open_to_some = replace(api.config, cors_origins=frozenset({ORIGIN}))
    client = Api(await aiohttp_client(create_app(open_to_some)), api.db, open_to_some)
    client.tokens["admin"] = await api.token("admin")
    return client


def allowed(headers: object) -> set[str]:
    return {name for name in headers if str(name).lower().startswith("access-control")}  # type: ignore[attr-defined]


async def test_other_origins_are_refused_unless_set(api: Api) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH"}
    for response in (await api.get(headers=headers), await api.call("OPTIONS", PATH, None, headers=headers)):
        assert not allowed(response.headers)


async def test_a_preflight_of_a_named_origin_is_answered(api: Api, aiohttp_client: AiohttpClient) -> None:
    client = await with_origins(api, aiohttp_client)
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH"}
    response = await client.call("OPTIONS", PATH, None, headers=headers)
    assert response.status == 204
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
    assert "If-Match" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "origin", ["https://app.example.com.evil.example", "http://app.example.com", "null", ORIGIN.upper(), ORIGIN + "/"]
)
async def test_an_origin_counts_only_exactly(api: Api, aiohttp_client: AiohttpClient, origin: str) -> None:
    client = await with_origins(api, aiohttp_client)
    headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    for response in (await client.get(headers=headers), await client.call("OPTIONS", PATH, None, headers=headers)):
        assert not allowed(response.headers)
        assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize(("who", "body", "status"), [("admin", {}, 200), ("admin", {"x": 1}, 400), (None, {}, 401)])
async def test_errors_reach_a_named_origin_too(
    api: Api, aiohttp_client: AiohttpClient, who: str | None, body: object, status: int
) -> None:
    client = await with_origins(api, aiohttp_client)
    response = await client.patch(body, who, headers={"Origin": ORIGIN})
    assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (status, ORIGIN)
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    ("proxies", "forwarded", "source"),
    [
        ([], "192.0.2.1", "127.0.0.1"),
        (["127.0.0.0/8"], "192.0.2.1", "192.0.2.1"),
        (["127.0.0.0/8"], "198.51.100.1, 192.0.2.1", "192.0.2.1"),
        (["127.0.0.0/8", "192.0.2.0/24"], "198.51.100.1, 192.0.2.1", "198.51.100.1"),
        (["127.0.0.0/8"], "2001:db8::1", "2001:db8::/64"),
        (["127.0.0.0/8", "192.0.2.0/24"], "198.51.100.1, ::ffff:192.0.2.1", "198.51.100.1"),
        (["127.0.0.0/8"], "198.51.100.1, unknown", "127.0.0.1"),
        (["127.0.0.0/8"], "", "127.0.0.1"),
        (["10.0.0.0/8"], "192.0.2.1", "127.0.0.1"),
    ],
)
async def test_a_trusted_proxy_alone_says_whose_request_it_is(
    api: Api, aiohttp_client: AiohttpClient, proxies: list[str], forwarded: str, source: str
) -> None:
    behind = replace(api.config, trusted_proxies=tuple(map(ip_network, proxies)))
    client = Api(await aiohttp_client(create_app(behind)), api.db, behind)
    body = {"email": "nobody@example.com", "password": "x"}
    response = await client.call("POST", "/api/sessions", None, json=body, headers={"X-Forwarded-For": forwarded})
    assert response.status == 401
    assert await api.db.fetchval("SELECT source FROM login_attempts") == source
