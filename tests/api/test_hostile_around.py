"""Whatever is sent to the endpoints around a monitor: never a 500, and never a change with a 4xx."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import strategies as st

from server.resources import customers, organizations, status_pages, tokens, users
from server.resources.smtp_monitors import CREATE_FIELDS, FIELDS
from tests.api.test_hostile import JSON, examples, values
from tests.conftest import ABSENT, MONITOR, Api

LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
IDS = st.lists(st.sampled_from([MONITOR, ABSENT, "x"]) | values, max_size=4) | values
CREDENTIALS = ["currentPassword", "password", "name"]
ENDPOINTS: list[tuple[str, str, list[str]]] = [
    ("POST", "/api/customers", [*customers.CREATE_FIELDS, *customers.SERVER_SET]),
    ("PATCH", "/api/customers/10", [*customers.FIELDS, *customers.SERVER_SET]),
    ("POST", "/api/users", [*users.CREATE_FIELDS, *users.SERVER_SET]),
    ("PATCH", "/api/users/{user}", [*users.FIELDS, *users.SERVER_SET]),
    ("POST", "/api/tokens", list(tokens.FIELDS)),
    ("POST", "/api/organizations", list(organizations.FIELDS)),
    ("PATCH", "/api/organizations/1", [*organizations.FIELDS, *organizations.SERVER_SET]),
    ("PATCH", "/api/session", CREDENTIALS),
    ("POST", "/api/smtp-monitors", list(CREATE_FIELDS)),
    ("POST", "/api/status-pages", [*status_pages.CREATE_FIELDS, *status_pages.SERVER_SET]),
]
STATE = """
    SELECT md5(string_agg(t, '' ORDER BY t))
      FROM (SELECT organizations::text FROM organizations UNION ALL
            SELECT customers::text FROM customers UNION ALL
            SELECT users::text FROM users UNION ALL
            SELECT logins::text FROM logins UNION ALL
            SELECT sessions::text FROM sessions WHERE name IS NOT NULL UNION ALL
            SELECT status_pages::text FROM status_pages UNION ALL
            SELECT idempotency_keys::text FROM idempotency_keys UNION ALL
            SELECT smtp_monitors::text FROM smtp_monitors) AS everything (t)
"""
plausible: st.SearchStrategy[Any] = st.sampled_from(
    [1, 10, "10", "x", "x@example.com", "admin", "user", True, None, [10], [], {}, "a long enough password", 2**63]
)


async def judged(api: Api, method: str, path: str, **options: Any) -> None:
    before = await api.db.fetchval(STATE)
    try:
        response = await api.call(method, path, "globaladmin", **options)
    except ValueError:
        return  # the client itself would not send that
    assert response.status < 500, await response.text()
    if response.status >= 400:
        assert (await response.json())["statusCode"] == response.status
        assert await api.db.fetchval(STATE) == before


@pytest.mark.parametrize(("method", "path", "fields"), ENDPOINTS)
async def test_any_values_in_any_fields(api: Api, method: str, path: str, fields: list[str]) -> None:
    user_id = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")
    keys = st.sampled_from(fields) | st.text(max_size=12)
    bodies = st.dictionaries(keys, plausible | values, max_size=6) | values
    for body in examples(bodies, 120):
        await judged(api, method, path.format(user=user_id), data=json.dumps(body).encode(), headers=JSON)


async def test_any_patch_of_many(api: Api) -> None:
    changes = st.dictionaries(st.sampled_from([*FIELDS]) | st.text(max_size=12), values, max_size=4) | values
    bodies = st.fixed_dictionaries({}, optional={"ids": IDS, "changes": changes, "x": values})
    for body in examples(bodies, 200):
        await judged(api, "PATCH", "/api/smtp-monitors", data=json.dumps(body).encode(), headers=JSON)


async def test_any_id_and_query(api: Api) -> None:
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    keys = st.sampled_from(["page", "perPage", "search", "organizationId"]) | anything
    nouns = st.sampled_from(["customers", "users", "tokens", "organizations"])
    numbers = st.integers(-(2**70), 2**70).map(str)
    for noun, named, key, value in examples(st.tuples(nouns, anything | numbers, keys, anything | numbers)):
        for method in ("GET", "PATCH", "DELETE"):
            await judged(api, method, f"/api/{noun}/{quote(named, safe='')}", json={})
        await judged(api, "GET", f"/api/{noun}?{quote(key)}={quote(value)}")


async def test_any_key_and_origin(api: Api) -> None:
    body = {"customerId": 10, "name": "x", "hostname": "x.example"}
    for value in examples(LATIN):
        headers = {"Idempotency-Key": value, "Origin": value, "X-Forwarded-For": value}
        await judged(api, "POST", "/api/smtp-monitors", json=body, headers=headers)
