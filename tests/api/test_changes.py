"""What was changed of a monitor, by whom, and taking it back."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientResponse

from server.access.key_ring import KeyRing, generate_key
from server.cli.secret_keys import rotate
from server.serving.app import create_app
from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, STRANGERS, AiohttpClient, Api

SECRET = {"secure": False, "auth": {"user": "u", "pass": "s3cret-s3cret"}}
MASKED = {"secure": False, "auth": {"user": "u", "pass": None}}


def path(monitor: str = MONITOR) -> str:
    return f"/api/smtp-monitors/{monitor}/changes"


async def changes(api: Api, who: str = "admin", *, monitor: str = MONITOR) -> list[dict[str, Any]]:
    response = await api.call("GET", path(monitor), who)
    assert response.status == 200
    items: list[dict[str, Any]] = (await response.json())["items"]
    return items


async def revert(api: Api, change: object, who: str = "admin", **options: Any) -> ClientResponse:
    return await api.call("POST", f"{path()}/{change}/revert", who, **options)


async def test_a_patch_is_kept_with_its_author_and_each_field_before_and_after(api: Api) -> None:
    before = await (await api.get()).json()
    after = await (await api.patch({"port": None, "name": " New ", "id": 7}, "user")).json()
    [change] = await changes(api)
    user_id = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")
    assert change == {
        "id": 2,
        "action": "updated",
        "changedAt": after["updatedAt"],
        "actor": {"userId": user_id, "email": "user@example.com", "tokenName": None},
        "address": "127.0.0.1",
        "fields": [
            {"field": "port", "before": before["port"], "after": None},
            {"field": "name", "before": before["name"], "after": "New"},
        ],
    }


async def test_the_changes_of_a_deleted_monitor_are_for_those_who_read_the_audit(api: Api) -> None:
    await api.patch({"name": "Renamed"}, "user")
    assert (await api.call("DELETE", f"/api/smtp-monitors/{MONITOR}", "user")).status == 204
    for who in ("admin", "globaladmin", "supporter"):
        told = await changes(api, who)
        assert [(change["action"], change["actor"]["email"]) for change in told] == [
            ("deleted", "user@example.com"),
            ("updated", "user@example.com"),
        ]
    page = await (await api.call("GET", f"{path()}?perPage=1&page=2")).json()
    assert (page["total"], [change["id"] for change in page["items"]]) == (2, [2])
    for who in ("user", "readonly", "stranger"):
        assert (await api.call("GET", path(), who)).status == 404
    assert (await api.call("GET", path(ABSENT))).status == 404
    assert (await revert(api, 2)).status == 404


async def test_what_changed_nothing_is_not_kept(api: Api) -> None:
    await api.patch({})
    await api.patch({"name": ""})
    await api.patch({"port": 1}, headers={"If-Match": '"9-00000000"'})
    assert await changes(api) == []


async def test_each_of_a_batch_is_kept_as_it_was(api: Api) -> None:
    bodies = [{"port": n + 1} if n % 3 else {"name": f"name {n}", "checkInterval": 10 + n} for n in range(200)]
    responses = await asyncio.gather(*(api.patch(body) for body in bodies))
    assert {response.status for response in responses} == {200}
    total = await (await api.call("GET", f"{path()}?perPage=200")).json()
    assert total["total"] == 200
    state = {"port": 587, "name": "Outbound SMTP (Primary)", "checkInterval": 60}
    for change in reversed(total["items"]):
        for field in change["fields"]:
            assert field["before"] == state[field["field"]]
            state[field["field"]] = field["after"]
    monitor = await (await api.get()).json()
    assert {field: monitor[field] for field in state} == state


async def test_a_password_is_masked_and_comes_back_with_a_revert(api: Api) -> None:
    await api.patch({"smtpConfig": SECRET})
    await api.patch({"smtpConfig": {"secure": True}})
    latest, first = await changes(api)
    assert latest["fields"] == [{"field": "smtpConfig", "before": MASKED, "after": {"secure": True}}]
    assert first["fields"][0]["after"] == MASKED
    response = await revert(api, latest["id"])
    assert (response.status, (await response.json())["smtpConfig"]) == (200, SECRET)
    assert (await changes(api))[0]["fields"][0] == {"field": "smtpConfig", "before": {"secure": True}, "after": MASKED}


async def test_a_revert_brings_back_what_the_change_replaced_and_nothing_else(api: Api) -> None:
    before = await (await api.get()).json()
    await api.patch({"name": "New", "port": 25, "allowedCheckCountryCodes": ["de"]})
    await api.patch({"checkInterval": 77})
    answer = await (await revert(api, 2)).json()
    assert {key: answer[key] for key in ("name", "port", "allowedCheckCountryCodes", "checkInterval")} == {
        **{key: before[key] for key in ("name", "port", "allowedCheckCountryCodes")},
        "checkInterval": 77,
    }


@pytest.mark.parametrize(
    ("who", "change", "status"),
    [
        ("readonly", 2, 200),
        ("readonly", 3, 403),
        ("supporter", 2, 403),
        ("stranger", 2, 404),
        ("globaladmin", 3, 200),
        ("admin", 9, 404),
        ("admin", "x", 400),
        ("admin", "9" * 30, 400),
        (None, 2, 401),
    ],
)
async def test_a_revert_is_judged_as_a_patch(api: Api, who: str | None, change: object, status: int) -> None:
    await api.patch({"status": "active"})
    await api.patch({"status": "maintenance", "port": 25})
    response = await api.call("POST", f"{path()}/{change}/revert", who)
    assert response.status == status


async def test_a_revert_may_be_bound_to_a_version(api: Api) -> None:
    tag = (await api.patch({"port": 25})).headers["ETag"]
    await api.patch({"port": 26})
    assert (await revert(api, 2, headers={"If-Match": tag})).status == 412
    assert (await revert(api, 2, headers={"If-Match": (await api.get()).headers["ETag"]})).status == 200


async def test_a_beginning_is_kept_and_cannot_be_reverted(api: Api) -> None:
    body = {"customerId": 10, "name": "Made", "hostname": "a.example", "smtpConfig": SECRET}
    made = await (await api.call("POST", "/api/smtp-monitors", json=body)).json()
    [change] = await changes(api, monitor=made["publicId"])
    assert (change["action"], change["actor"]["email"]) == ("created", "admin@example.com")
    assert {"field": "smtpConfig", "before": None, "after": MASKED} in change["fields"]
    response = await api.call("POST", f"{path(made['publicId'])}/1/revert")
    assert (response.status, (await response.json())["code"]) == (409, "change_not_revertible")


async def test_an_end_is_kept(api: Api) -> None:
    await api.call("DELETE", f"/api/smtp-monitors/{MONITOR}")
    kept = await api.db.fetchrow("SELECT version, actor, before, after FROM smtp_monitor_changes")
    assert kept is not None
    assert (kept["version"], kept["after"]) == (2, None)
    assert "smtp.example.com" in kept["before"]


async def test_one_change_for_many_is_kept_for_each(api: Api) -> None:
    body = {"ids": [MONITOR, OTHER_CUSTOMERS], "changes": {"port": 99}}
    assert (await api.call("PATCH", "/api/smtp-monitors", json=body)).status == 200
    for monitor in body["ids"]:
        [change] = await changes(api, monitor=str(monitor))
        assert change["fields"][0]["after"] == 99


@pytest.mark.parametrize("who", ["admin", "user", "readonly", "restricted", "supporter", "globaladmin"])
async def test_who_reads_a_monitor_reads_its_changes(api: Api, who: str) -> None:
    await api.patch({"port": 25})
    assert len(await changes(api, who)) == 1


async def test_a_strangers_changes_are_as_absent_as_none(api: Api) -> None:
    answers = [await api.call("GET", path(monitor)) for monitor in (STRANGERS, ABSENT)]
    assert [answer.status for answer in answers] == [404, 404]
    assert await answers[0].read() == await answers[1].read()


async def test_nothing_is_kept_where_that_is_off(api: Api, aiohttp_client: AiohttpClient) -> None:
    silent = Api(await aiohttp_client(create_app(replace(api.config, audit=False))), api.db, api.config)
    assert (await silent.patch({"port": 25})).status == 200
    assert await changes(api) == []


async def test_rotation_reaches_the_passwords_that_are_kept(api: Api, aiohttp_client: AiohttpClient) -> None:
    await api.patch({"smtpConfig": SECRET})
    await api.patch({"smtpConfig": {}})
    key = generate_key()
    both, new = KeyRing.parse(key), KeyRing.parse(key)
    both._ciphers.update(api.config.key_ring._ciphers)
    assert await rotate(api.config.database_url, both) == 2
    assert await rotate(api.config.database_url, both) == 0
    rotated = Api(await aiohttp_client(create_app(replace(api.config, key_ring=new))), api.db, api.config)
    assert (await (await revert(rotated, 3)).json())["smtpConfig"] == SECRET
