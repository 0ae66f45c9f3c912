"""Every role, at every endpoint, for everything it may or may not reach."""

from uuid import uuid4

import pytest

import sql
from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, PASSWORD, STRANGERS, Api

MANY = "/api/smtp-monitors"
NOT_FOUND = '{"statusCode":404,"statusMessage":"Not Found","message":"Not found","code":"not_found"}'

MONITORS = {"own": MONITOR, "other customer's": OTHER_CUSTOMERS, "stranger's": STRANGERS, "absent": ABSENT}
ORGANIZATION = {"own", "other customer's"}
EVERYTHING = {"own", "other customer's", "stranger's"}
REACH = {
    "admin": ORGANIZATION,
    "user": ORGANIZATION,
    "readonly": ORGANIZATION,
    "restricted": {"own"},
    "restricted-readonly": {"own"},
    "supporter": EVERYTHING,
    "globaladmin": EVERYTHING,
    "stranger": {"stranger's"},
}
READONLY = {"readonly", "restricted-readonly"}
CALLS = {
    "read": ("GET", None),
    "patch status": ("PATCH", {"status": "active"}),
    "patch name": ("PATCH", {"name": "New"}),
    "patch both": ("PATCH", {"status": "active", "name": "New"}),
    "patch nothing": ("PATCH", {}),
    "delete": ("DELETE", None),
}


def expected(who: str | None, call: str, monitor: str) -> int:
    if who is None:
        return 401
    if who == "supporter" and call != "read":
        return 403
    if who in READONLY and call in ("patch name", "patch both", "delete"):
        return 403
    if monitor not in REACH[who]:
        return 404
    return 204 if call == "delete" else 200


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", [*REACH, None])
async def test_what_a_role_may_do(api: Api, who: str | None, call: str) -> None:
    method, body = CALLS[call]
    for monitor, public_id in MONITORS.items():
        response = await api.call(method, f"/api/smtp-monitors/{public_id}", who, json=body)
        assert response.status == expected(who, call, monitor), monitor
        if response.status in (401, 403, 404):
            assert (await response.json())["message"] in ("Unauthorized", "Forbidden", "Not found")


async def test_a_strangers_monitor_answers_exactly_like_none(api: Api) -> None:
    for call, (method, body) in CALLS.items():
        paths = [f"/api/smtp-monitors/{public_id}" for public_id in (STRANGERS, ABSENT)]
        foreign, absent = [await api.call(method, path, json=body) for path in paths]
        assert foreign.status == absent.status == 404, call
        assert await foreign.read() == await absent.read()
        assert foreign.headers.keys() == absent.headers.keys()


@pytest.mark.parametrize("who", REACH)
async def test_whose_monitors_a_list_shows(api: Api, who: str) -> None:
    page = await (await api.call("GET", "/api/smtp-monitors", who)).json()
    assert {item["publicId"] for item in page["items"]} == {MONITORS[monitor] for monitor in REACH[who]}
    assert page["total"] == len(REACH[who])


@pytest.mark.parametrize("who", REACH)
async def test_for_whose_customers_a_role_makes_monitors(api: Api, who: str) -> None:
    customers = {10: "own", 11: "other customer's", 20: "stranger's", 999: "absent"}
    for customer, monitor in customers.items():
        body = {"customerId": customer, "name": "New", "hostname": "new.example.com"}
        response = await api.call("POST", "/api/smtp-monitors", who, json=body)
        refused = 403 if who in READONLY or who == "supporter" else 400
        assert response.status == (201 if refused == 400 and monitor in REACH[who] else refused), monitor


@pytest.mark.parametrize("who", REACH)
async def test_who_sees_a_password(api: Api, who: str) -> None:
    public_id = STRANGERS if who == "stranger" else MONITOR
    await api.patch({"smtpConfig": {"auth": {"user": "u", "pass": "p"}}}, "globaladmin", monitor=public_id)
    monitor = await (await api.get(who, monitor=public_id)).json()
    masked = who in READONLY or who == "supporter"
    assert monitor["smtpConfig"] == {"auth": {"user": "u", "pass": None if masked else "p"}}
    assert monitor["config"] == monitor["smtpConfig"]


ROLES = ["admin", "user", "readonly", "restricted", "restricted-readonly", "supporter", "globaladmin", "stranger", None]
PASSWORD_TRIAL = {"currentPassword": "wrong", "password": "long enough a password"}
NEW_USER = {"name": "New", "role": "user"}
# method, path, body, and the status for each of ROLES. What stands in braces is made for each caller anew.
ENDPOINTS: list[tuple[str, str, object, str]] = [
    ("GET", "/api/session", None, "200 200 200 200 200 200 200 200 401"),
    ("PATCH", "/api/session", PASSWORD_TRIAL, "400 400 400 400 400 400 400 400 401"),
    ("GET", "/api/customers", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", "/api/customers", {"name": "New"}, "201 403 403 403 403 403 201 201 401"),
    ("POST", "/api/customers", {"name": "New", "organizationId": 1}, "201 403 403 403 403 403 201 400 401"),
    ("POST", "/api/customers", {"name": "New", "organizationId": 2}, "400 403 403 403 403 403 201 201 401"),
    ("POST", "/api/customers", {"name": "New", "organizationId": 9}, "400 403 403 403 403 403 400 400 401"),
    ("GET", "/api/customers/10", None, "200 200 200 200 200 200 200 404 401"),
    ("GET", "/api/customers/11", None, "200 200 200 404 404 200 200 404 401"),
    ("GET", "/api/customers/20", None, "404 404 404 404 404 200 200 200 401"),
    ("GET", "/api/customers/999", None, "404 404 404 404 404 404 404 404 401"),
    ("PATCH", "/api/customers/10", {"name": "New"}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/customers/20", {"name": "New"}, "404 403 403 403 403 403 200 200 401"),
    ("PATCH", "/api/customers/999", {"name": "New"}, "404 403 403 403 403 403 404 404 401"),
    ("DELETE", "/api/customers/10", None, "409 403 403 403 403 403 409 404 401"),
    ("DELETE", "/api/customers/999", None, "404 403 403 403 403 403 404 404 401"),
    ("DELETE", "/api/customers/{customer of 1}", None, "204 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/customers/{customer of 2}", None, "404 403 403 403 403 403 204 204 401"),
    ("GET", "/api/users", None, "200 403 403 403 403 403 200 200 401"),
    ("POST", "/api/users", NEW_USER, "201 403 403 403 403 403 201 201 401"),
    ("POST", "/api/users", {**NEW_USER, "organizationId": 2}, "400 403 403 403 403 403 201 201 401"),
    ("POST", "/api/users", {**NEW_USER, "customerIds": [10]}, "201 403 403 403 403 403 201 400 401"),
    ("POST", "/api/users", {**NEW_USER, "customerIds": [20]}, "400 403 403 403 403 403 400 201 401"),
    ("POST", "/api/users", {**NEW_USER, "globalRole": "admin"}, "403 403 403 403 403 403 201 403 401"),
    ("GET", "/api/users/{user of 1}", None, "200 403 403 403 403 403 200 404 401"),
    ("GET", "/api/users/{user of 2}", None, "404 403 403 403 403 403 200 200 401"),
    ("GET", "/api/users/999999", None, "404 403 403 403 403 403 404 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"role": "admin"}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{user of 2}", {"role": "admin"}, "404 403 403 403 403 403 200 200 401"),
    ("PATCH", "/api/users/999999", {"role": "admin"}, "404 403 403 403 403 403 404 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"customerIds": [11]}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"customerIds": [20]}, "400 403 403 403 403 403 400 404 401"),
    ("PATCH", "/api/users/{user of 1}", {"globalRole": "admin"}, "403 403 403 403 403 403 200 403 401"),
    ("PATCH", "/api/users/{user of 1}", {"globalRole": None}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{supporter}", {"password": PASSWORD}, "403 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{supporter}", {"active": False}, "403 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/users/{stranger}", {"active": False}, "404 403 403 403 403 403 409 409 401"),
    ("PATCH", "/api/users/{self}", {"password": PASSWORD}, "403 403 403 403 403 403 403 403 401"),
    ("DELETE", "/api/users/{user of 1}", None, "204 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/users/{user of 2}", None, "404 403 403 403 403 403 204 204 401"),
    ("DELETE", "/api/users/{supporter}", None, "403 403 403 403 403 403 204 404 401"),
    ("DELETE", "/api/users/{stranger}", None, "404 403 403 403 403 403 409 409 401"),
    ("DELETE", "/api/users/999999", None, "404 403 403 403 403 403 404 404 401"),
    ("GET", "/api/tokens", None, "200 200 200 200 200 403 200 200 401"),
    ("POST", "/api/tokens", {"name": "New"}, "201 201 201 201 201 403 201 201 401"),
    ("POST", "/api/tokens", {"name": "New", "customerId": 10}, "201 201 201 201 201 403 201 400 401"),
    ("POST", "/api/tokens", {"name": "New", "customerId": 11}, "201 201 201 400 400 403 201 400 401"),
    ("POST", "/api/tokens", {"name": "New", "customerId": 20}, "400 400 400 400 400 403 400 201 401"),
    ("DELETE", "/api/tokens/{token of self}", None, "204 204 204 204 204 403 204 204 401"),
    ("DELETE", "/api/tokens/{token of admin}", None, "204 404 404 404 404 403 204 404 401"),
    ("DELETE", f"/api/tokens/{ABSENT}", None, "404 404 404 404 404 403 404 404 401"),
    ("GET", "/api/organization", None, "200 200 200 200 200 200 200 200 401"),
    ("PATCH", "/api/organization", {"failureConfirmations": 3}, "200 403 403 403 403 403 200 200 401"),
    ("GET", "/api/organizations", None, "200 200 200 200 200 200 200 200 401"),
    ("POST", "/api/organizations", {"name": "New"}, "403 403 403 403 403 403 201 403 401"),
    ("GET", "/api/organizations/1", None, "200 200 200 200 200 200 200 404 401"),
    ("GET", "/api/organizations/2", None, "404 404 404 404 404 200 200 200 401"),
    ("GET", "/api/organizations/999", None, "404 404 404 404 404 404 404 404 401"),
    ("PATCH", "/api/organizations/1", {"locationSharePercent": 1}, "200 403 403 403 403 403 200 404 401"),
    ("PATCH", "/api/organizations/2", {"locationSharePercent": 1}, "404 403 403 403 403 403 200 200 401"),
    ("PATCH", "/api/organizations/999", {"locationSharePercent": 1}, "404 403 403 403 403 403 404 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR], "changes": {"status": "active"}}, "200 200 200 200 200 403 200 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR], "changes": {"port": 25}}, "200 200 403 200 403 403 200 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR, OTHER_CUSTOMERS], "changes": {}}, "200 200 200 404 404 403 200 404 401"),
    ("PATCH", MANY, {"ids": [MONITOR, STRANGERS], "changes": {}}, "404 404 404 404 404 403 200 404 401"),
    ("PATCH", MANY, {"ids": [STRANGERS], "changes": {}}, "404 404 404 404 404 403 200 200 401"),
    ("PATCH", MANY, {"ids": [ABSENT], "changes": {}}, "404 404 404 404 404 403 404 404 401"),
]


async def made_for(api: Api, what: str, who: str | None) -> object:
    """The id of what is named in a path: a user, or something made for this call."""
    kind, _, owner = what.partition(" of ")
    if kind == "customer":
        return (await sql.customers.insert(api.db, int(owner), "Spare"))["id"]
    if kind == "user":
        email = f"{uuid4()}@example.com"
        made = await sql.users.insert(api.db, int(owner), email=email, password_hash="", name="Spare", role="user")
        return made["id"]
    name = (who or "admin") if what.endswith("self") else what.removeprefix("token of ")
    user = await api.db.fetchrow("SELECT organization_id, id FROM users WHERE email LIKE $1 || '@%'", name)
    if kind != "token":
        return 999_999 if user is None else user["id"]
    assert user is not None
    query = "INSERT INTO sessions (organization_id, id, user_id, name, expires_at) VALUES ($1, $2, $3, 'x', 'infinity')"
    await api.db.execute(query, user["organization_id"], token_id := uuid4(), user["id"])
    return token_id


@pytest.mark.parametrize(("method", "path", "body", "statuses"), ENDPOINTS)
async def test_what_a_role_may_do_around_monitors(
    api: Api, method: str, path: str, body: object, statuses: str
) -> None:
    answered = {}
    for who in ROLES:
        target = path
        if "{" in path:
            head, _, what = path.rstrip("}").partition("{")
            target = f"{head}{await made_for(api, what, who)}"
        sent = body
        if path in ("/api/users", "/api/organizations") and isinstance(body, dict):
            sent = {**body, "email": f"{uuid4()}@example.com"} if path == "/api/users" else {"name": str(uuid4())}
        response = await api.call(method, target, who, json=sent)
        answered[who] = (response.status, await response.text() if response.status == 404 else "")
    assert {who: status for who, (status, _) in answered.items()} == dict(
        zip(ROLES, map(int, statuses.split()), strict=True)
    )
    if path != MANY:  # where the answer names the ids that were asked for
        assert {text for status, text in answered.values() if status == 404} <= {NOT_FOUND}
