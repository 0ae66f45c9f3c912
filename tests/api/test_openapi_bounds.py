"""The bounds that the document gives a field are the server's: accepted at them, refused beyond them."""

from collections.abc import Iterator
from typing import Any

import pytest

import sql
from server.openapi.document import describe
from tests.conftest import MONITOR, Api

SCHEMAS = describe()["components"]["schemas"]
# schema, method, path and what the body needs beside the field
ENDPOINTS: list[tuple[str, str, str, dict[str, object]]] = [
    ("SmtpMonitorPatch", "PATCH", f"/api/smtp-monitors/{MONITOR}", {}),
    ("OrganizationPatch", "PATCH", "/api/organizations/1", {}),
    ("CustomerPatch", "PATCH", "/api/customers/10", {}),
    ("UserPatch", "PATCH", "/api/users/{user}", {}),
    ("StatusPagePatch", "PATCH", "/api/status-pages/{page}", {}),
    ("NewToken", "POST", "/api/tokens", {"name": "x"}),
    ("NewOrganization", "POST", "/api/organizations", {"name": "Another"}),
    ("LogIn", "POST", "/api/sessions", {"email": "nobody@example.com", "password": "x"}),
]
FIELDS = [
    pytest.param(method, path, body, field, schema, id=f"{name}.{field}")
    for name, method, path, body in ENDPOINTS
    for field, schema in SCHEMAS[name]["properties"].items()
    if not schema.get("readOnly")
]


def judged(schema: dict[str, Any]) -> Iterator[tuple[object, bool]]:
    """Values at the schema's bounds and just beyond, each with whether it is within."""
    if "anyOf" not in schema:
        yield None, "type" not in schema or "null" in schema["type"]
    if "minimum" in schema:
        low, high = schema["minimum"], schema["maximum"]
        yield from ((low - 1, False), (low, True), (high, True), (high + 1, False))
    if "enum" in schema:
        yield from ((value, True) for value in schema["enum"])
        yield from (("other", False), (schema["enum"][0].upper(), False))
    if "maxLength" in schema and "format" not in schema:
        low, high = schema["minLength"], schema["maxLength"]
        yield from (
            ("x" * low, True),
            ("x" * high, True),
            ("x" * (high + 1), False),
            ("x\nx", r"\n" in schema["pattern"]),
        )
        if low > 0:
            yield "x" * (low - 1), False
    if "maxItems" in schema:
        yield from (([10] * schema["maxItems"], True), ([10] * (schema["maxItems"] + 1), False))


@pytest.mark.parametrize(("method", "path", "body", "field", "schema"), FIELDS)
async def test_a_field_has_the_documented_bounds(
    api: Api, method: str, path: str, body: dict[str, object], field: str, schema: dict[str, Any]
) -> None:
    user = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")
    page = await sql.status_pages.insert(api.db, 1, None, {"slug": "abc", "title": "x"})
    for value, within in judged(schema):
        response = await api.call(method, path.format(user=user, page=page), "globaladmin", json={**body, field: value})
        answer = await response.text()
        assert response.status != 500, value
        assert (response.status == 400 and f'"field":"{field}"' in answer) == (not within), (value, answer)


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "additionalProperties" in schema])
def test_no_schema_leaves_keys_open(name: str) -> None:
    assert SCHEMAS[name]["additionalProperties"] is False


async def test_at_most_so_many_at_once(api: Api) -> None:
    ids = SCHEMAS["SmtpMonitorsPatch"]["properties"]["ids"]
    for count, status in ((0, 400), (ids["minItems"], 200), (ids["maxItems"], 200), (ids["maxItems"] + 1, 400)):
        body = {"ids": [MONITOR] * count, "changes": {}}
        assert (await api.call("PATCH", "/api/smtp-monitors", json=body)).status == status


async def test_the_reference_pages_example_is_accepted_and_answered_as_shown(api: Api) -> None:
    operation = describe()["paths"]["/api/smtp-monitors/{smtpMonitorPublicId}"]["patch"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    shown = operation["responses"]["200"]["content"]["application/json"]["examples"]["monitor"]["value"]
    for example in ("all", "status"):
        response = await api.patch(examples[example]["value"])
        assert response.status == 200
    monitor = await response.json()
    assert list(monitor) == list(shown)
    changed = {"updatedAt": monitor["updatedAt"], "allowedCheckCountryCodes": ["DE", "US"]}
    assert monitor == {**shown, **changed}
