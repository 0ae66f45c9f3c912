"""Prefer (RFC 7240): its preferences are read one by one; those that are not known, or malformed, change nothing."""

import time

import pytest
from multidict import CIMultiDict

from server.http.preferences import prefers_minimal
from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api

MINIMAL = [
    ["return=minimal"],
    ["RETURN=Minimal"],
    ['return="minimal"'],
    ['return="min\\imal"'],
    ["return = minimal"],
    ["return\t=\tminimal;"],
    ["return=minimal; foo=bar"],
    ['return=minimal ; foo="a, return=representation" ; bar'],
    ["respond-async, return=minimal"],
    ["respond-async, wait=10 , , return=minimal, handling=lenient"],
    ["respond-async", "return=minimal"],
    ['foo="return=representation", return=minimal'],
    ["return=minimal, return=representation"],
    ['foo="a\\"b", return=minimal'],
    [",return=minimal,"],
]
WHOLE = [
    ["return=representation"],
    ["return"],
    ['return=""'],
    ["return=minimalist"],
    ["xreturn=minimal"],
    ["x-return=minimal"],
    ["return=minimal=x"],
    ['foo="return=minimal"'],
    ['foo="a, return=minimal"'],
    ["foo; return=minimal"],
    ["return=representation, return=minimal"],
    ["return=representation", "return=minimal"],
    ["handling=lenient; return=minimal"],
    ["minimal"],
    ["return minimal"],
    ["return=minimal foo"],
    ['return="minimal'],
    ["return=minimal, ="],
    ["return=min/imal"],
    [""],
]


@pytest.mark.parametrize(("headers", "minimal"), [(one, True) for one in MINIMAL] + [(one, False) for one in WHOLE])
async def test_each_preference_is_read_for_itself(api: Api, headers: list[str], minimal: bool) -> None:
    token = await api.token("admin")
    sent = CIMultiDict([("Authorization", f"Bearer {token}"), *(("Prefer", value) for value in headers)])
    response = await api.client.patch(f"/api/smtp-monitors/{MONITOR}", json={"port": 25}, headers=sent)
    assert response.status == (204 if minimal else 200)
    assert response.headers.get("Preference-Applied") == ("return=minimal" if minimal else None)


async def test_a_patch_of_many_may_be_answered_without_a_body(api: Api) -> None:
    body = {"ids": [MONITOR, OTHER_CUSTOMERS], "changes": {"port": 26}}
    response = await api.call("PATCH", "/api/smtp-monitors", json=body, headers={"Prefer": "return=minimal"})
    assert (response.status, await response.read()) == (204, b"")
    assert response.headers["Preference-Applied"] == "return=minimal"
    assert (await (await api.get()).json())["port"] == 26


@pytest.mark.parametrize("part", ["return;", " ;", '"\\', "a=;", '"a" ', "=", ",", "\t"])
def test_no_header_takes_long(part: str) -> None:
    started = time.perf_counter()
    prefers_minimal([part * (8000 // len(part))])
    assert time.perf_counter() - started < 0.1
