"""The rules around the fields of a PATCH: order of judgement, preconditions, preferences."""

import pytest

from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, STRANGERS, Api

JSON = {"Content-Type": "application/json"}
STALE = {"If-Match": '"0-00000000"'}


@pytest.mark.parametrize(
    ("who", "monitor", "data", "headers", "status"),
    [
        (None, "no-uuid", b"{", {}, 401),
        ("supporter", "no-uuid", b"{", JSON, 400),
        ("supporter", MONITOR, b"{", {}, 403),
        ("readonly", MONITOR, b"{", JSON, 400),
        ("readonly", MONITOR, b"[]", JSON, 400),
        ("readonly", MONITOR, b'{"name":1}', {"Content-Type": "text/plain"}, 415),
        ("readonly", MONITOR, b'"' + b"x" * 70000 + b'"', JSON, 413),
        ("readonly", MONITOR, b'{"name":1}', JSON, 403),
        ("readonly", MONITOR, b'{"status":"paused","id":200}', JSON, 403),
        ("readonly", MONITOR, b'{"status":"x"}', {**JSON, **STALE}, 400),
        ("readonly", MONITOR, b'{"status":"active"}', {**JSON, **STALE}, 412),
        ("readonly", ABSENT, b'{"status":"active"}', {**JSON, **STALE}, 412),
        ("readonly", ABSENT, b'{"status":"active"}', JSON, 404),
        ("readonly", MONITOR, b'{"status":"active"}', JSON, 200),
        ("readonly", MONITOR, b"{}", JSON, 200),
        ("admin", MONITOR, b"", {}, 400),
        ("admin", MONITOR, b"{}", {}, 415),
        ("admin", MONITOR, b"{}", {"Content-Type": "application/merge-patch+json"}, 200),
        ("admin", MONITOR, b"{}", {"Content-Type": "application/json; charset=UTF-8"}, 200),
        ("admin", MONITOR, b"{}", {"Content-Type": "application/json; charset=latin-1"}, 415),
        ("admin", "", b"{}", JSON, 400),
        ("admin", MONITOR.replace("-", ""), b"{}", JSON, 400),
        ("admin", MONITOR.upper(), b"{}", JSON, 200),
    ],
)
async def test_the_first_reason_decides(
    api: Api, who: str | None, monitor: str, data: bytes, headers: dict[str, str], status: int
) -> None:
    options = {"headers": headers, "data": data, "skip_auto_headers": ["Content-Type"]}
    response = await api.call("PATCH", f"/api/smtp-monitors/{monitor}", who, **options)
    assert response.status == status, await response.text()


async def test_an_empty_patch_changes_nothing(api: Api) -> None:
    before = await (await api.get()).json()
    response = await api.patch({})
    assert response.status == 200
    assert {**await response.json(), "customerName": before["customerName"]} == before


async def test_only_the_named_column_and_the_bookkeeping_change(api: Api) -> None:
    select = "SELECT row_to_json(m)::jsonb - '{version,updated_at,port}'::text[] FROM smtp_monitors m WHERE id = 200"
    before = await api.db.fetchval(select)
    assert (await api.patch({"port": 25})).status == 200
    assert await api.db.fetchval(select) == before
    assert await api.db.fetchval("SELECT (version, port) = (2, 25) FROM smtp_monitors WHERE id = 200")


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("{tag}", 200),
        ("*", 200),
        ('"other", {tag}', 200),
        ("W/{tag}", 412),
        ('"2-00000000"', 412),
        ("garbage", 412),
        ("", 412),
        ('"99999999999999999999-00000000"', 412),
    ],
)
async def test_if_match_guards_a_patch_and_a_delete(api: Api, header: str, status: int) -> None:
    tag = (await api.get()).headers["ETag"]
    headers = {"If-Match": header.format(tag=tag)}
    for method, body in (("PATCH", {}), ("PATCH", {"port": 25}), ("DELETE", None)):
        if method == "DELETE" and status == 200 and header != "*":
            continue  # the patch before has made a new version
        response = await api.call(method, f"/api/smtp-monitors/{MONITOR}", json=body, headers=headers)
        expected = 204 if method == "DELETE" and status == 200 else status
        assert response.status == expected


async def test_a_check_meanwhile_is_no_conflict_but_news(api: Api) -> None:
    tag = (await api.get()).headers["ETag"]
    assert (await api.get(headers={"If-None-Match": f"W/{tag}"})).status == 304
    await api.db.execute("UPDATE smtp_monitor_states SET last_checked_at = now()")
    assert (await api.get(headers={"If-None-Match": tag})).status == 200
    assert (await api.patch({"port": 25}, headers={"If-Match": tag})).status == 200


@pytest.mark.parametrize("header", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
async def test_the_tag_of_a_patch_is_the_tag_of_the_next_get(api: Api, header: str) -> None:
    tag = (await api.patch({"port": 25})).headers["ETag"]
    assert (await api.get()).headers["ETag"] == tag
    response = await api.get(headers={"If-None-Match": header.format(tag=tag)})
    assert (response.status, response.headers["ETag"], await response.read()) == (304, tag, b"")


async def test_a_minimal_answer_has_no_body(api: Api) -> None:
    response = await api.patch({"port": 25}, headers={"Prefer": "return=minimal"})
    assert (response.status, await response.read()) == (204, b"")
    assert response.headers["Preference-Applied"] == "return=minimal"
    assert response.headers["ETag"].startswith('"2-')


@pytest.mark.parametrize("monitor", [STRANGERS, ABSENT])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_what_is_out_of_reach_is_not_there(api: Api, method: str, monitor: str) -> None:
    response = await api.call(method, f"/api/smtp-monitors/{monitor}", json={"port": 25})
    assert response.status == 404
    assert await response.json() == {
        "statusCode": 404,
        "statusMessage": "Not Found",
        "message": "Not found",
        "code": "not_found",
    }


async def test_a_restricted_user_reaches_its_customers_alone(api: Api) -> None:
    assert (await api.patch({"port": 25}, "restricted")).status == 200
    assert (await api.patch({"port": 25}, "restricted", monitor=OTHER_CUSTOMERS)).status == 404
