"""Maintenance windows: when they are open, who changes them, and what they silence."""

from datetime import datetime

import pytest

from tests.api.test_roles import REACH, READONLY
from tests.conftest import MONITOR, OTHER_CUSTOMERS, STRANGERS, Api

PATH = "/api/maintenance-windows"
ONCE = {"name": "Upgrade", "startsAt": "2026-03-28T22:00:00Z", "endsAt": "2026-03-28T23:30:00Z"}
NIGHTLY = {**ONCE, "repeat": "daily", "timeZone": "Europe/Berlin"}
WEEKLY = {**ONCE, "repeat": "weekly", "repeatUntil": "2026-06-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (ONCE, "2026-03-28T21:59:59Z", False),
        (ONCE, "2026-03-28T22:00:00Z", True),
        (ONCE, "2026-03-28T23:30:00Z", False),
        (ONCE, "2026-03-29T22:10:00Z", False),
        (NIGHTLY, "2026-03-28T22:10:00Z", True),
        (NIGHTLY, "2026-03-27T22:10:00Z", False),
        # Berlin's clock is put forward on the 29th: 23:00 there is 21:00 in UTC from then on
        (NIGHTLY, "2026-03-29T21:10:00Z", True),
        (NIGHTLY, "2026-03-29T22:40:00Z", False),
        (NIGHTLY, "2026-12-24T22:10:00Z", True),
        (WEEKLY, "2026-04-04T22:10:00Z", True),
        (WEEKLY, "2026-04-05T22:10:00Z", False),
        (WEEKLY, "2026-05-30T22:10:00Z", True),
        (WEEKLY, "2026-06-06T22:10:00Z", False),
    ],
)
async def test_when_a_window_is_open(api: Api, window: dict[str, str], moment: str, expected: bool) -> None:
    made = await (await api.call("POST", PATH, json=window)).json()
    query = "SELECT is_open(w, $2) FROM maintenance_windows w WHERE id = $1"
    assert await api.db.fetchval(query, made["id"], datetime.fromisoformat(moment)) is expected


@pytest.mark.parametrize(
    ("scope", "silent"),
    [
        ({}, {MONITOR, OTHER_CUSTOMERS}),
        ({"customerId": 10}, {MONITOR}),
        ({"smtpMonitorId": OTHER_CUSTOMERS}, {OTHER_CUSTOMERS}),
    ],
)
async def test_whom_a_window_silences(api: Api, scope: dict[str, object], silent: set[str]) -> None:
    always = {"name": "Always", "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-02T00:00:00Z", "repeat": "daily"}
    made = await api.call("POST", PATH, json={**always, **scope})
    assert made.status == 201
    assert (await made.json())["active"] is True
    rows = await api.db.fetch("SELECT public_id FROM smtp_monitors m WHERE is_silent(m, now())")
    assert {str(row["public_id"]) for row in rows} == silent
    for monitor in (MONITOR, OTHER_CUSTOMERS):
        answer = await (await api.call("GET", f"/api/smtp-monitors/{monitor}/details")).json()
        assert answer["maintenance"]["active"] is (monitor in silent)
        assert [window["name"] for window in answer["maintenance"]["windows"]] == ["Always"] * (monitor in silent)


@pytest.mark.parametrize("who", [*REACH, None])
async def test_who_may_do_what(api: Api, who: str | None) -> None:
    scopes: dict[str, dict[str, object]] = {
        "organization": {},
        "own": {"customerId": 10},
        "other": {"smtpMonitorId": OTHER_CUSTOMERS},
    }
    windows = {
        name: await (await api.call("POST", PATH, json={**ONCE, **scope})).json() for name, scope in scopes.items()
    }
    reads = {"own", "other", "organization"} if who not in ("stranger", None) else set()
    if who in ("restricted", "restricted-readonly"):
        reads = {"own", "organization"}
    changes = reads - {"organization"} if who == "restricted" else reads
    for name, window in windows.items():
        path = f"{PATH}/{window['id']}"
        calls = {"GET": None, "PATCH": {"name": "New"}, "DELETE": None}
        for method, body in calls.items():
            status = (await api.call(method, path, who, json=body)).status
            if who is None:
                expected = 401
            elif method != "GET" and (who in READONLY or who == "supporter"):
                expected = 403
            elif name not in (reads if method == "GET" else changes):
                expected = 404
            else:
                expected = 204 if method == "DELETE" else 200
            assert status == expected, (name, method)
    if who is not None:
        listed = await (await api.call("GET", PATH, who)).json()
        left = reads if who in READONLY or who == "supporter" else reads - changes
        assert {item["id"] for item in listed["items"]} == {windows[name]["id"] for name in left}
        assert listed["total"] == len(left)


async def test_a_window_is_for_what_is_in_reach(api: Api) -> None:
    for scope, field, code in (
        ({"customerId": 20}, "customerId", "unknown_customer"),
        ({"smtpMonitorId": STRANGERS}, "smtpMonitorId", "unknown_monitor"),
        ({"organizationId": 2}, "organizationId", "unknown_organization"),
        ({"customerId": 10, "smtpMonitorId": MONITOR}, "customerId", "window_scope"),
    ):
        response = await api.call("POST", PATH, json={**ONCE, **scope})
        assert response.status == 400
        assert [(wrong["field"], wrong["code"]) for wrong in (await response.json())["errors"]] == [(field, code)]
    refused = await api.call("POST", PATH, "restricted", json=ONCE)
    assert (await refused.json())["errors"][0]["field"] == "customerId"
    assert (await api.call("POST", PATH, "globaladmin", json={**ONCE, "organizationId": 2})).status == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endsAt": "2026-03-28T22:00:00Z"}, "endsAt"),
        ({"endsAt": "2026-03-28"}, "endsAt"),
        ({"startsAt": "2026-03-28T22:00:00"}, "startsAt"),
        ({"startsAt": "2026-03-28T25:00:00Z"}, "startsAt"),
        ({"startsAt": 1}, "startsAt"),
        ({"startsAt": None}, "startsAt"),
        ({"startsAt": "9999-12-31T23:59:59-23:59"}, "startsAt"),
        ({"repeat": "hourly"}, "repeat"),
        ({"repeat": "daily", "endsAt": "2026-03-30T22:00:00Z"}, "endsAt"),
        ({"repeatUntil": "2026-06-01T00:00:00Z"}, "repeatUntil"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": None}, "timeZone"),
        ({"name": ""}, "name"),
        ({"smtpMonitorId": "200"}, "smtpMonitorId"),
        ({"weekday": 1}, "weekday"),
    ],
)
async def test_wrong_fields_are_named(api: Api, change: dict[str, object], field: str) -> None:
    response = await api.call("POST", PATH, json={**ONCE, **change})
    assert response.status == 400
    assert [wrong["field"] for wrong in (await response.json())["errors"]] == [field]
    for wrong_id in ("x", "0", "1" * 30):
        assert (await api.call("GET", f"{PATH}/{wrong_id}")).status == 400


async def test_a_patch_changes_what_it_names(api: Api) -> None:
    made = await (await api.call("POST", PATH, json={**ONCE, "smtpMonitorId": MONITOR})).json()
    assert made["smtpMonitorId"] == MONITOR
    answer = await (await api.call("PATCH", f"{PATH}/{made['id']}", json={"repeat": "weekly"})).json()
    assert answer == {**made, "repeat": "weekly", "updatedAt": answer["updatedAt"]}
    sent_back = await (await api.call("PATCH", f"{PATH}/{made['id']}", json=answer)).json()
    assert sent_back == {**answer, "updatedAt": sent_back["updatedAt"]}
    assert (await (await api.call("PATCH", f"{PATH}/{made['id']}", json={})).json()) == sent_back
    refused = await api.call("PATCH", f"{PATH}/{made['id']}", json={"startsAt": "2026-03-29T00:00:00Z"})
    assert (await refused.json())["errors"][0]["field"] == "endsAt"
