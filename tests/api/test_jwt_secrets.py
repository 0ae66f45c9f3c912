"""JWT_SECRET is a ring: the first secret signs, all of them verify, so that one is replaced without a log-out."""

from dataclasses import replace

import jwt
import pytest

from server.access.signer import Signer
from server.serving.app import create_app
from tests.conftest import AiohttpClient, Api

OLD, NEW = "x" * 64, "n" * 64


async def serve(api: Api, aiohttp_client: AiohttpClient, secrets: str) -> Api:
    config = replace(api.config, jwt_secret=secrets)
    return Api(await aiohttp_client(create_app(config)), api.db, config)


async def status(api: Api, token: str) -> int:
    return (await api.call("GET", "/api/session", None, headers={"Authorization": f"Bearer {token}"})).status


@pytest.mark.parametrize("secrets", [f"{NEW},{OLD}", f" {NEW} , {OLD} ", f"{NEW}\n{OLD}\n", f"{NEW},\n{OLD},"])
async def test_the_first_secret_signs_and_all_verify(api: Api, aiohttp_client: AiohttpClient, secrets: str) -> None:
    old = await api.token("admin")
    during = await serve(api, aiohttp_client, secrets)
    new = await during.token("admin")
    assert jwt.decode(new, NEW, algorithms=["HS256"])
    assert [await status(during, token) for token in (old, new)] == [200, 200]
    after = await serve(api, aiohttp_client, NEW)
    assert [await status(after, token) for token in (old, new)] == [401, 200]


@pytest.mark.parametrize(("changes", "secret"), [({"exp": 1}, OLD), ({"exp": 1}, NEW), ({}, "y" * 64)])
async def test_a_token_that_no_secret_stands_for_is_401(
    api: Api, aiohttp_client: AiohttpClient, changes: dict[str, object], secret: str
) -> None:
    claims = jwt.decode(await api.token("admin"), options={"verify_signature": False})
    during = await serve(api, aiohttp_client, f"{NEW},{OLD}")
    assert await status(during, jwt.encode({**claims, **changes}, secret, algorithm="HS256")) == 401


async def test_a_create_repeated_after_a_rotation_is_still_the_same_one(
    api: Api, aiohttp_client: AiohttpClient
) -> None:
    body, headers = {"customerId": 10, "name": "New", "hostname": "new.example.com"}, {"Idempotency-Key": "k"}
    first = await (await api.call("POST", "/api/smtp-monitors", json=body, headers=headers)).json()
    during = await serve(api, aiohttp_client, f"{NEW},{OLD}")
    repeated = await during.call("POST", "/api/smtp-monitors", json=body, headers=headers)
    assert (repeated.status, (await repeated.json())["publicId"]) == (201, first["publicId"])
    other = await during.call("POST", "/api/smtp-monitors", json={**body, "name": "Other"}, headers=headers)
    assert other.status == 422


def test_no_secret_shows() -> None:
    assert NEW not in repr(Signer(f"{NEW},{OLD}"))
