"""The audit of administration: who did what, from where, with what before and after; and nobody changes it later."""

import json
from collections.abc import Mapping
from uuid import uuid4

import pytest

import sql
from tests.api.test_audit_reading import events
from tests.conftest import MONITOR, PASSWORD, STRANGERS, Api

NEW_PASSWORD = "another long password"
USER = {"name": "New", "email": "new@example.com", "role": "user", "password": NEW_PASSWORD}
CUSTOMERS, WINDOWS, SESSION = "/api/customers", "/api/maintenance-windows", "/api/session"
PAGES = "/api/status-pages"
NIGHT = {"name": "Night", "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-01-01T01:00:00Z"}
CHANGE_PASSWORD = {"currentPassword": PASSWORD, "password": NEW_PASSWORD}
PLACE = {"code": "us-nyc", "name": "New York", "country": "US"}
A, UNTOLD = {"name": "A"}, {"password": None}
Told = Mapping[str, object] | None
# Who does what, and what is told of it: action and resource, before, after. What stands in braces is made before.
CHANGES: list[tuple[str, str, str, object, str, Told, Told]] = [
    ("admin", "POST", CUSTOMERS, A, "created customer", None, A),
    ("admin", "PATCH", f"{CUSTOMERS}/10", A, "updated customer", {"name": "Example customer"}, A),
    ("admin", "DELETE", f"{CUSTOMERS}/{{customer}}", None, "deleted customer", {"name": "Spare"}, None),
    ("admin", "POST", "/api/users", USER, "created user", None, {"email": "new@example.com", "role": "user"}),
    ("admin", "PATCH", "/api/users/{user}", {"role": "admin"}, "updated user", {"role": "user"}, {"role": "admin"}),
    ("admin", "PATCH", "/api/users/{user}", {"password": NEW_PASSWORD}, "updated user", UNTOLD, UNTOLD),
    ("admin", "DELETE", "/api/users/{user}", None, "deleted user", {"role": "user", "active": True}, None),
    ("user", "POST", "/api/tokens", {"name": "Robot"}, "created token", None, {"name": "Robot"}),
    ("admin", "DELETE", "/api/tokens/{token}", None, "deleted token", {"name": "Spare"}, None),
    ("admin", "PATCH", "/api/organization", A, "updated organization", {"name": "Example"}, A),
    ("globaladmin", "POST", "/api/organizations", A, "created organization", None, A),
    ("user", "POST", WINDOWS, NIGHT, "created maintenance_window", None, {"name": "Night"}),
    ("user", "PATCH", f"{WINDOWS}/{{window}}", A, "updated maintenance_window", {"name": "Spare"}, A),
    ("user", "DELETE", f"{WINDOWS}/{{window}}", None, "deleted maintenance_window", {"name": "Spare"}, None),
    (
        "user",
        "POST",
        PAGES,
        {"slug": "abc", "title": "A"},
        "created status_page",
        None,
        {"slug": "abc", "monitors": []},
    ),
    ("user", "PATCH", f"{PAGES}/{{page}}", {"title": "A"}, "updated status_page", {"title": "Spare"}, {"title": "A"}),
    ("user", "DELETE", f"{PAGES}/{{page}}", None, "deleted status_page", {"title": "Spare"}, None),
    ("globaladmin", "POST", "/api/locations", PLACE, "created location", None, {"country": "US"}),
    ("globaladmin", "PATCH", "/api/locations/{location}", A, "updated location", {"name": "Spare"}, A),
    ("user", "DELETE", f"/api/smtp-monitors/{MONITOR}", None, "deleted smtp_monitor", {"port": 587}, None),
    ("user", "PATCH", SESSION, CHANGE_PASSWORD, "updated user", UNTOLD, UNTOLD),
    ("user", "DELETE", SESSION, None, "logged_out session", None, None),
]


async def made_for(api: Api, what: str) -> object:
    """The id of something made for the test."""
    if what == "customer":
        return (await sql.customers.insert(api.db, 1, "Spare"))["id"]
    if what == "user":
        email = f"{uuid4()}@example.com"
        made = await sql.users.insert(api.db, 1, email=email, password_hash="", name="Spare", role="user")
        return made["id"]
    if what == "location":
        return (await sql.locations.insert(api.db, "de-fra", name="Spare", country="DE"))["code"]
    if what == "page":
        return await sql.status_pages.insert(api.db, 1, None, {"slug": "spare", "title": "Spare"})
    if what == "window":
        body = {**NIGHT, "name": "Spare"}
        return (await (await api.call("POST", "/api/maintenance-windows", json=body)).json())["id"]
    return (await (await api.call("POST", "/api/tokens", "user", json={"name": "Spare"})).json())["id"]


@pytest.mark.parametrize(("who", "method", "path", "body", "told", "before", "after"), CHANGES)
async def test_a_change_is_recorded(
    api: Api, who: str, method: str, path: str, body: object, told: str, before: Told, after: Told
) -> None:
    head, _, what = path.rstrip("}").partition("{")
    target = f"{head}{await made_for(api, what)}" if what else path
    await api.db.execute("SELECT purge_audit_events('infinity', 100)")
    response = await api.call(method, target, who, json=body)
    assert response.status in (200, 201, 204), await response.text()
    [event] = await events(api)
    user = await api.db.fetchrow("SELECT id, email FROM users WHERE email LIKE $1 || '@%'", who)
    assert user is not None
    assert event["actor"] == {"userId": user["id"], "email": user["email"], "tokenName": None}
    assert (f"{event['action']} {event['resource']}", event["address"]) == (told, "127.0.0.1")
    assert (event["organizationId"] is None) == (event["resource"] == "location")
    for shown, expected in ((event["before"], before), (event["after"], after)):
        assert (shown is None) == (expected is None)
        if event["action"] == "updated":
            assert shown == expected
        elif expected is not None:
            assert expected.items() <= shown.items()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/api/customers/10", {}, 200),
        ("PATCH", "/api/customers/10", {"name": "Example customer"}, 200),
        ("PATCH", "/api/customers/999", {"name": "New"}, 404),
        ("PATCH", "/api/users/{admin}", {"role": "user"}, 409),
        ("DELETE", "/api/users/{admin}", None, 409),
        ("DELETE", "/api/customers/10", None, 409),
        ("POST", "/api/users", {**USER, "email": "user@example.com"}, 409),
        ("DELETE", f"/api/smtp-monitors/{STRANGERS}", None, 404),
    ],
)
async def test_what_changed_nothing_leaves_no_event(
    api: Api, method: str, path: str, body: object, status: int
) -> None:
    admin = await api.db.fetchval("SELECT id FROM users WHERE email = 'admin@example.com'")
    assert (await api.call(method, path.replace("{admin}", str(admin)), json=body)).status == status
    assert await events(api) == []


async def test_a_change_and_its_event_are_written_together_or_not_at_all(api: Api) -> None:
    await api.token("admin")
    async with api.db.transaction():
        await api.db.execute("LOCK TABLE audit_events IN SHARE MODE")
        assert (await api.call("POST", "/api/customers", json={"name": "New"})).status == 503
    assert await api.db.fetchval("SELECT count(*) FROM customers WHERE name = 'New'") == 0


async def test_log_ins_and_their_failures_are_recorded(api: Api) -> None:
    for email, password in [("user@example.com", "wr0ng-wr0ng"), ("User@Example.com", PASSWORD), ("s3cret", "wr0ng")]:
        await api.call("POST", "/api/sessions", None, json={"email": email, "password": password})
    unknown, success, failure = await events(api, resource="session")
    user_id = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")
    actor = {"userId": user_id, "email": "user@example.com", "tokenName": None}
    assert (failure["action"], failure["actor"], failure["organizationId"]) == ("log_in_failed", actor, 1)
    assert (success["action"], success["actor"], success["organizationId"]) == ("logged_in", actor, 1)
    nobody = {"userId": None, "email": None, "tokenName": None}
    assert (unknown["action"], unknown["actor"], unknown["organizationId"]) == ("log_in_failed", nobody, None)
    assert [event["id"] for event in await events(api, "admin")] == [success["id"], failure["id"]]
    text = json.dumps(await events(api))
    assert "wr0ng" not in text
    assert "s3cret" not in text, "what looks like an address may be a password"


async def test_a_removed_customer_takes_its_tokens_and_restrictions_along(api: Api) -> None:
    customer = await made_for(api, "customer")
    user = await made_for(api, "user")
    await api.call("PATCH", f"/api/users/{user}", json={"customerIds": [10, customer]})
    token = await (await api.call("POST", "/api/tokens", json={"name": "Robot", "customerId": customer})).json()
    assert (await api.call("DELETE", f"/api/customers/{customer}")).status == 204
    told = [(event["action"], event["resource"], event["resourceId"]) for event in (await events(api))[:3]]
    assert sorted(told) == [
        ("deleted", "customer", str(customer)),
        ("deleted", "token", token["id"]),
        ("updated", "user", str(user)),
    ]
    [narrowed] = await events(api, action="updated", resourceId=user, perPage=1)
    assert (narrowed["before"], narrowed["after"]) == ({"customerIds": [10, customer]}, {"customerIds": [10]})


async def test_no_secret_is_in_the_audit(api: Api) -> None:
    made = await (await api.call("POST", "/api/users", json={k: v for k, v in USER.items() if k != "password"})).json()
    token = await (await api.call("POST", "/api/tokens", json={"name": "Robot"})).json()
    await api.call("PATCH", f"/api/users/{made['id']}", json={"password": NEW_PASSWORD})
    await api.patch({"smtpConfig": {"auth": {"user": "u", "pass": "s3cret-s3cret"}}})
    await api.call("DELETE", f"/api/smtp-monitors/{MONITOR}")
    rows = await api.db.fetch("SELECT audit_events::text AS text FROM audit_events")
    assert len(rows) == 4
    hashes = [row["password_hash"] for row in await api.db.fetch("SELECT password_hash FROM logins")]
    for secret in (made["password"], token["token"], NEW_PASSWORD, "s3cret", *hashes):
        assert not any(secret in row["text"] for row in rows)
