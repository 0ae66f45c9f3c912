"""Every role, at every endpoint, for everything it may or may not reach."""

from uuid import uuid4

import pytest

import sql
from tests.api.endpoints import ENDPOINTS, MANY, ROLES
from tests.conftest import ABSENT, MONITOR, OTHER_CUSTOMERS, STRANGERS, Api

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


INCIDENT = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
    VALUES ($1, $2, 'connect', 'connect_refused', '', '{}') RETURNING id
"""


async def made_for(api: Api, what: str, who: str | None) -> object:
    """The id of what is named in a path: a user, or something made for this call."""
    kind, _, owner = what.partition(" of ")
    if kind == "customer":
        return (await sql.customers.insert(api.db, int(owner), "Spare"))["id"]
    if kind == "incident":
        monitor = await api.db.fetchval("SELECT min(id) FROM smtp_monitors WHERE organization_id = $1", int(owner))
        await api.db.execute("UPDATE incidents SET closed_at = now(), close_reason = 'recovered'")
        return await api.db.fetchval(INCIDENT, int(owner), monitor)
    if kind == "page":
        customer_id = None if owner == "1" else int(owner)
        values = {"slug": str(uuid4()), "title": "Spare"}
        return await sql.status_pages.insert(api.db, 1, customer_id, values)
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


async def message_on(api: Api, page_id: object) -> int:
    values = {"kind": "info", "title": "Spare", "body": "Spare"}
    made = await sql.status_page_messages.insert(api.db, 1, page_id, values)  # type: ignore[arg-type]
    return int(made["id"])


@pytest.mark.parametrize(("method", "path", "body", "statuses"), ENDPOINTS)
async def test_what_a_role_may_do_around_monitors(
    api: Api, method: str, path: str, body: object, statuses: str
) -> None:
    answered = {}
    for who in ROLES:
        target = path
        if "{" in path:
            head, _, rest = path.partition("{")
            what, _, tail = rest.partition("}")
            made = await made_for(api, what, who)
            tail = tail.replace("{message}", str(await message_on(api, made))) if "{message}" in tail else tail
            target = f"{head}{made}{tail}"
        sent = body
        if path == "/api/status-pages" and isinstance(body, dict):
            sent = {**body, "slug": str(uuid4())}
        if path in ("/api/users", "/api/organizations") and isinstance(body, dict):
            sent = {**body, "email": f"{uuid4()}@example.com"} if path == "/api/users" else {"name": str(uuid4())}
        response = await api.call(method, target, who, json=sent)
        answered[who] = (response.status, await response.text() if response.status == 404 else "")
    assert {who: status for who, (status, _) in answered.items()} == dict(
        zip(ROLES, map(int, statuses.split()), strict=True)
    )
    if path != MANY:  # where the answer names the ids that were asked for
        assert {text for status, text in answered.values() if status == 404} <= {NOT_FOUND}
