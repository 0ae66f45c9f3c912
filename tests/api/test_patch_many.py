"""One change for many monitors: all of them, or none."""

import asyncio

import pytest

from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, STRANGERS, Api, waits_for_a_lock

BOTH = [MONITOR, OTHER_CUSTOMERS]
PATH = "/api/smtp-monitors"
CONFIG = {"auth": {"user": "u", "pass": "shared secret"}}


async def many(api: Api, ids: object, changes: object, who: str = "admin") -> tuple[int, dict[str, object]]:
    response = await api.call("PATCH", PATH, who, json={"ids": ids, "changes": changes})
    return response.status, await response.json()


async def test_all_change_and_are_answered_as_by_a_patch_of_each(api: Api) -> None:
    status, body = await many(api, [*reversed(BOTH), MONITOR.upper()], {"port": 2525, "status": "paused"})
    assert (status, body["updated"]) == (200, 2)
    expected = [await (await api.patch({}, monitor=monitor)).json() for monitor in reversed(BOTH)]
    assert body["items"] == expected
    assert [(item["port"], item["status"]) for item in expected] == [(2525, "disabled")] * 2
    assert await api.db.fetchval("SELECT array_agg(version) FROM smtp_monitors WHERE organization_id = 1") == [2, 2]


async def test_no_change_changes_nothing(api: Api) -> None:
    status, body = await many(api, BOTH, {})
    assert (status, body["updated"]) == (200, 0)
    assert body["items"] == [await (await api.patch({}, monitor=monitor)).json() for monitor in BOTH]


async def test_a_password_is_encrypted_for_each(api: Api) -> None:
    status, body = await many(api, BOTH, {"smtpConfig": CONFIG, "config": {}})
    assert (status, body["updated"]) == (200, 2)
    for monitor in BOTH:
        assert (await (await api.get(monitor=monitor)).json())["smtpConfig"] == CONFIG
    stored = await api.db.fetch("SELECT smtp_password FROM smtp_monitors WHERE organization_id = 1")
    assert len({row["smtp_password"] for row in stored}) == 2
    assert (await many(api, BOTH, {"config": None}))[0] == 200
    assert await api.db.fetchval("SELECT count(smtp_password) FROM smtp_monitors") == 0


@pytest.mark.parametrize("out_of_reach", [ABSENT, STRANGERS])
async def test_one_that_is_not_there_spoils_it_for_all(api: Api, out_of_reach: str) -> None:
    status, body = await many(api, [MONITOR, out_of_reach], {"port": 2525})
    assert status == 404
    assert body == {
        "statusCode": 404,
        "statusMessage": "Not Found",
        "message": "Not found",
        "code": "not_found",
        "detail": f"nicht gefunden: {out_of_reach}",
    }
    assert (await (await api.get()).json())["port"] == 587


async def test_one_that_is_removed_meanwhile_spoils_it_for_all(api: Api) -> None:
    await api.token("admin")
    async with api.db.transaction():
        await api.db.execute("DELETE FROM smtp_monitors WHERE public_id = $1", OTHER_CUSTOMERS)
        patch = asyncio.create_task(many(api, BOTH, {"port": 2525}))
        await waits_for_a_lock(api)
    assert (await patch)[0] == 404
    assert (await (await api.get()).json())["port"] == 587


async def test_a_global_admin_changes_monitors_of_several_organizations(api: Api) -> None:
    status, body = await many(api, [STRANGERS, MONITOR], {"port": 2525}, "globaladmin")
    assert (status, body["updated"]) == (200, 2)


@pytest.mark.parametrize(
    ("who", "data", "status"),
    [
        ("supporter", b"{", 403),
        ("readonly", b"{", 400),
        ("readonly", b"[]", 400),
        ("readonly", b'{"ids":[],"changes":{"port":0}}', 403),
        ("readonly", b'{"ids":[],"changes":{"status":0}}', 400),
        ("readonly", b'{"ids":["%s"],"changes":{"status":"paused"}}' % ABSENT.encode(), 404),
        ("readonly", b'{"ids":["%s"],"changes":{"status":"paused"}}' % MONITOR.encode(), 200),
    ],
)
async def test_the_first_reason_decides(api: Api, who: str, data: bytes, status: int) -> None:
    response = await api.call("PATCH", PATH, who, data=data, headers={"Content-Type": "application/json"})
    assert response.status == status


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["ids", "changes"]),
        ({"ids": [], "changes": {}}, ["ids"]),
        ({"ids": [MONITOR] * 501, "changes": {}}, ["ids"]),
        ({"ids": [1], "changes": {}}, ["ids"]),
        ({"ids": ["x"], "changes": {}}, ["ids"]),
        ({"ids": MONITOR, "changes": {}}, ["ids"]),
        ({"ids": BOTH, "changes": []}, ["changes"]),
        ({"ids": BOTH, "changes": None}, ["changes"]),
        ({"ids": BOTH, "changes": {}, "x": 1}, ["x"]),
        ({"ids": ["x"], "changes": {"port": 0, "nam": 1}}, ["ids", "changes.port", "changes.nam"]),
        ({"ids": BOTH, "changes": {"config": {"auth": {"pass": 1}}}}, ["changes.config.auth.pass"]),
    ],
)
async def test_every_wrong_field_is_named(api: Api, body: object, fields: list[str]) -> None:
    response = await api.call("PATCH", PATH, json=body)
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == fields


async def test_five_hundred_fit_and_agree_with_patches_of_each(api: Api) -> None:
    query = """
        INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname)
        SELECT 1, 10, 'many', 'many.example' FROM generate_series(1, 500) RETURNING public_id::text
    """
    ids = [row["public_id"] for row in await api.db.fetch(query)]
    await api.token("admin")
    calls = [many(api, ids, {"port": port}) for port in (25, 26, 27)]
    single = [api.patch({"timeoutSeconds": 5}, monitor=monitor) for monitor in ids[:100]]
    answers = await asyncio.gather(asyncio.gather(*calls), asyncio.gather(*single))
    assert [status for status, _ in answers[0]] == [200] * 3
    assert {response.status for response in answers[1]} == {200}
    query = """
        SELECT ARRAY[count(DISTINCT port), count(*) FILTER (WHERE timeout_seconds = 5), sum(version)]
          FROM smtp_monitors
         WHERE name = 'many'
    """
    assert await api.db.fetchval(query) == [1, 100, 500 + 3 * 500 + 100]
