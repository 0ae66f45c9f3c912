"""A create that is repeated with its Idempotency-Key makes one monitor and answers the same."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientResponse

from tests.conftest import Api

NEW = {"customerId": 10, "name": "New", "hostname": "new.example.com"}
SECRET = {"smtpConfig": {"auth": {"user": "u", "pass": "s3cret-s3cret"}}}


async def create(api: Api, key: str, body: object = NEW, who: str = "admin") -> ClientResponse:
    return await api.call("POST", "/api/smtp-monitors", who, json=body, headers={"Idempotency-Key": key})


async def made(api: Api) -> int:
    count: int = await api.db.fetchval("SELECT count(*) FROM smtp_monitors WHERE name = 'New'")
    return count


@pytest.mark.parametrize("body", [NEW, {**NEW, **SECRET}, {**NEW, "config": SECRET["smtpConfig"]}])
async def test_a_repetition_answers_the_first_result(api: Api, body: dict[str, Any]) -> None:
    first = await create(api, '"key-1"', body)
    monitor = await first.json()
    assert first.status == 201
    assert (await api.patch({"port": 26, "config": None}, monitor=monitor["publicId"])).status == 200
    for key in ("key-1", '"key-1"'):
        again = await create(api, key, body)
        assert (again.status, await again.read()) == (201, await first.read())
        for header in ("ETag", "Location", "Content-Type"):
            assert again.headers[header] == first.headers[header]
    assert await made(api) == 1


async def test_of_concurrent_creates_one_makes_it_and_all_answer_it(api: Api) -> None:
    await api.token("admin")
    responses = await asyncio.gather(*(create(api, "key") for _ in range(20)))
    assert {response.status for response in responses} == {201}
    assert len({await response.read() for response in responses}) == 1
    assert await made(api) == 1


async def test_another_body_under_a_key_is_refused(api: Api) -> None:
    assert (await create(api, "key")).status == 201
    response = await create(api, "key", {**NEW, "port": 25})
    assert (response.status, (await response.json())["code"]) == (422, "idempotency_key_reused")
    assert await made(api) == 1


async def test_the_same_body_in_other_bytes_is_the_same(api: Api) -> None:
    first = await create(api, "key")
    headers = {"Idempotency-Key": "key", "Content-Type": "application/json"}
    data = b'{ "hostname": "new.example.com", "name": "New", "customerId": 10, "id": %s }' % (b"[" * 300 + b"]" * 300)
    again = await api.call("POST", "/api/smtp-monitors", data=data, headers=headers)
    assert (again.status, await again.read()) == (201, await first.read())


async def test_a_key_belongs_to_its_user(api: Api) -> None:
    assert [(await create(api, "key", who=who)).status for who in ("admin", "user")] == [201, 201]
    assert await made(api) == 2


async def test_an_error_leaves_the_key_free(api: Api) -> None:
    assert (await create(api, "key", {**NEW, "customerId": 999})).status == 400
    assert (await create(api, "key", {**NEW, "port": 0})).status == 400
    assert (await create(api, "key")).status == 201


async def test_a_key_is_kept_for_a_day(api: Api) -> None:
    assert (await create(api, "old")).status == 201
    await api.db.execute("UPDATE idempotency_keys SET created_at = now() - interval '23 hours 59 minutes'")
    assert (await create(api, "old")).status == 201
    assert await made(api) == 1
    await api.db.execute("UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 minute'")
    assert (await create(api, "old", {**NEW, "port": 25})).status == 201
    assert await made(api) == 2


async def test_what_went_out_of_reach_is_not_answered_again(api: Api) -> None:
    assert (await create(api, "key", who="user")).status == 201
    token = await (await api.call("POST", "/api/tokens", "user", json={"name": "x", "customerId": 11})).json()
    api.tokens["narrow"] = token["token"]
    assert (await create(api, "key", who="narrow")).status == 422


async def test_a_kept_answer_holds_no_password(api: Api) -> None:
    assert (await create(api, "key", {**NEW, **SECRET})).status == 201
    text = await api.db.fetchval("SELECT idempotency_keys::text FROM idempotency_keys")
    assert "new.example.com" in text
    assert "s3cret" not in text


@pytest.mark.parametrize("key", ['""', '"', "", "ä", "x" * 256, '"a"b"', '"x'])
async def test_a_wrong_key_is_400(api: Api, key: str) -> None:
    response = await create(api, key)
    assert (response.status, (await response.json())["code"]) == (400, "idempotency_key_invalid")
    assert await made(api) == 0


async def test_the_longest_key_fits(api: Api) -> None:
    assert (await create(api, "x" * 255)).status == 201
