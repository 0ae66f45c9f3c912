"""Keys that nobody knows: the first ten are named, the rest is counted, and no answer grows with what was sent."""

import pytest

from tests.conftest import MONITOR, Api

PATH = f"/api/smtp-monitors/{MONITOR}"
MANY = {f"zzz{number:04}": 1 for number in range(4000)}
EVERYWHERE = [
    ("PATCH", PATH, MANY, ""),
    ("PATCH", PATH, {"smtpConfig": MANY}, "smtpConfig"),
    ("PATCH", PATH, {"smtpConfig": {"auth": MANY}}, "smtpConfig.auth"),
    ("PATCH", "/api/smtp-monitors", {"ids": [MONITOR], "changes": MANY}, "changes"),
    ("POST", "/api/customers", {"name": "x", **MANY}, ""),
    ("GET", "/api/smtp-monitors?" + "&".join(f"{name}=1" for name in list(MANY)[:500]), None, ""),
]


@pytest.mark.parametrize(("method", "path", "body", "where"), EVERYWHERE)
async def test_ten_unknown_keys_are_named_and_the_rest_is_counted(
    api: Api, method: str, path: str, body: object, where: str
) -> None:
    response = await api.call(method, path, json=body, headers={"Accept-Language": "en"})
    answer = await response.json()
    dot = f"{where}." if where else ""
    named = [f"{dot}zzz{number:04}" for number in range(10)]
    rest = 490 if method == "GET" else 3990
    assert response.status == 400
    assert [wrong["field"] for wrong in answer["errors"]] == [*named, where or ""]
    assert [wrong["code"] for wrong in answer["errors"]] == ["unknown_field"] * 10 + ["unknown_fields"]
    assert answer["errors"][-1]["message"] == f"{rest} more unknown fields"
    assert answer["message"] == f"Invalid fields: {', '.join(named)}, {where or '…'}"


async def test_a_long_key_is_cut(api: Api) -> None:
    answer = await (await api.patch({"k" * 60_000: 1, "port": 0})).json()
    assert [wrong["field"] for wrong in answer["errors"]] == ["port", f"{'k' * 64}…"]
    nested = await (await api.patch({"smtpConfig": {"k" * 60_000: 1}})).json()
    assert [wrong["field"] for wrong in nested["errors"]] == [f"smtpConfig.{'k' * 64}…"]
