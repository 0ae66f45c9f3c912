"""Whatever a client sends: never a 500, and never a change with a 4xx."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from server.resources.smtp_monitors import FIELDS, SERVER_SET
from tests.conftest import MONITOR, Api

PATCH = f"/api/smtp-monitors/{MONITOR}"
JSON = {"Content-Type": "application/json"}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
configs = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("secure", "ignoreTls", "requireTls"), values),
        "auth": values | st.fixed_dictionaries({}, optional={"user": values, "pass": values}),
    },
)
bodies = st.dictionaries(st.sampled_from([*FIELDS, *SERVER_SET]) | st.text(max_size=12), values | configs, max_size=5)


def examples(strategy: st.SearchStrategy[Any], count: int = 150) -> list[Any]:
    """Values that hypothesis makes up, for a test that awaits between them."""
    found: list[Any] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate])
    @given(strategy)
    def collect(value: object) -> None:
        found.append(value)

    collect()
    return found


async def judged(api: Api, method: str, path: str, **options: Any) -> None:
    before = await api.db.fetchval("SELECT smtp_monitors::text FROM smtp_monitors WHERE id = 200")
    try:
        response = await api.call(method, path, **options)
    except ValueError:
        return  # the client itself would not send that
    assert response.status < 500, await response.text()
    if response.status >= 400:
        assert (await response.json())["statusCode"] == response.status
        after = await api.db.fetchval("SELECT smtp_monitors::text FROM smtp_monitors WHERE id = 200")
        assert after == before


async def test_any_values_in_any_fields(api: Api) -> None:
    for body in examples(bodies, 300):
        await judged(api, "PATCH", PATCH, data=json.dumps(body).encode(), headers=JSON)


async def test_any_bytes_as_a_body(api: Api) -> None:
    for data in examples(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-16"))):
        await judged(api, "PATCH", PATCH, data=data, headers=JSON)


async def test_any_header(api: Api) -> None:
    names = ["If-Match", "If-None-Match", "Prefer", "Accept-Language", "X-Request-Id", "Content-Type", "Expect"]
    names += ["Content-Encoding", "Cookie", "Authorization"]
    latin = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
    for name, value in examples(st.tuples(st.sampled_from(names), latin)):
        await judged(api, "PATCH", PATCH, data=b"{}", headers={**JSON, name: value})
        await judged(api, "GET", PATCH, headers={name: value})


async def test_any_path_and_query(api: Api) -> None:
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    keys = st.sampled_from(["page", "perPage", "search", "status", "customerId", "organizationId"])
    for path, key, value in examples(st.tuples(anything, keys | anything, anything)):
        await judged(api, "PATCH", f"/api/smtp-monitors/{quote(path, safe='')}", json={})
        await judged(api, "GET", f"/api/smtp-monitors?{quote(key)}={quote(value)}")


async def test_any_log_in(api: Api) -> None:
    credentials = st.fixed_dictionaries({}, optional={"email": values, "password": st.none() | st.integers()})
    for body in examples(values | credentials):
        await judged(api, "POST", "/api/sessions", data=json.dumps(body).encode(), headers=JSON)


@pytest.mark.parametrize(
    "data",
    [
        b'{"name":"a\\u0000b"}',
        b'{"name":"\\ud800"}',
        b'{"port":18446744073709551616}',
        b'{"port":1e999}',
        b'{"port":NaN}',
        b'{"port":-Infinity}',
        b"[" * 50_000,
        b'{"smtpConfig":' * 4000 + b"{}" + b"}" * 4000,
        b'\xef\xbb\xbf{"port":25}',
        '{"port":25}'.encode("utf-16"),
        b'{"name":"\xff"}',
        b'{"port":25}{"port":26}',
        b'{"port":25,}',
        b"{'port':25}",
        b"null",
        b'"status"',
        b" ",
        b"{" + b",".join(b'"k%d":1' % number for number in range(5000)) + b"}",
    ],
)
async def test_what_is_known_to_hurt(api: Api, data: bytes) -> None:
    before = await (await api.get()).text()
    response = await api.call("PATCH", PATCH, data=data, headers=JSON)
    assert response.status == 400, await response.text()
    assert await (await api.get()).text() == before


async def test_of_two_equal_keys_the_last_counts(api: Api) -> None:
    response = await api.call("PATCH", PATCH, data=b'{"port":0,"port":26}', headers=JSON)
    assert (await response.json())["port"] == 26
