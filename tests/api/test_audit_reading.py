"""The audit is read by those it concerns, found by who, what and when, and changed by nobody."""

from typing import Any

import asyncpg
import pytest

import sql
from server.agent import retention
from server.agent.retention import Retention
from sql.connection import create_pool
from tests.conftest import Api


async def events(api: Api, who: str = "globaladmin", **filters: object) -> list[dict[str, Any]]:
    response = await api.call("GET", "/api/audit", who, params={name: str(value) for name, value in filters.items()})
    page = await response.json()
    assert response.status == 200, page
    assert page["total"] >= len(page["items"])
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_an_organization_sees_its_own_events_and_a_global_role_all(api: Api) -> None:
    for who in ("admin", "stranger"):
        await api.call("POST", "/api/customers", who, json={"name": "New"})
    await api.call("PATCH", "/api/organizations/2", "globaladmin", json={"name": "Renamed"})
    organizations = {who: [event["organizationId"] for event in await events(api, who)] for who in SEEING}
    assert organizations == SEEING
    latest, _ = await events(api, "stranger")
    assert latest["actor"]["email"] == "globaladmin@example.com"
    assert await events(api, organizationId=1) == await events(api, "admin")
    assert await events(api, "admin", organizationId=2) == []


SEEING = {"admin": [1], "stranger": [2, 2], "supporter": [2, 2, 1], "globaladmin": [2, 2, 1]}


async def test_events_are_found_by_who_what_and_when(api: Api) -> None:
    await api.call("POST", "/api/customers", json={"name": "First"})
    await api.call("POST", "/api/tokens", "user", json={"name": "Robot"})
    await api.call("PATCH", "/api/customers/10", json={"name": "Second"})
    second, token, first = await events(api, "admin")
    admin = await api.db.fetchval("SELECT id FROM users WHERE email = 'admin@example.com'")
    for filters, expected in [
        ({"actor": "Admin@example.com"}, [second, first]),
        ({"actor": admin}, [second, first]),
        ({"action": "created"}, [token, first]),
        ({"resource": "customer"}, [second, first]),
        ({"resource": "customer", "resourceId": 10}, [second]),
        ({"from": token["happenedAt"]}, [second, token]),
        ({"to": token["happenedAt"]}, [first]),
        ({"perPage": 1, "page": 2}, [token]),
    ]:
        assert await events(api, "admin", **filters) == expected, filters


@pytest.mark.parametrize(
    "query", ["from=yesterday", "action=x", "resource=x", "organizationId=x", "page=0", "who=x", "actor="]
)
async def test_a_wrong_filter_is_400(api: Api, query: str) -> None:
    assert (await api.call("GET", f"/api/audit?{query}")).status == 400


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET actor_email = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"],
)
async def test_no_statement_changes_the_audit(api: Api, statement: str) -> None:
    await api.call("POST", "/api/customers", json={"name": "New"})
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await api.db.execute(statement)
    assert len(await events(api)) == 1


async def test_retention_alone_takes_away_what_is_old(api: Api) -> None:
    await sql.audit_events.insert(api.db, 1, action="created", resource="user", address="old")
    await api.db.execute("""
        ALTER TABLE audit_events DISABLE TRIGGER USER;
        UPDATE audit_events SET happened_at = now() - interval '31 days';
        ALTER TABLE audit_events ENABLE TRIGGER USER
    """)
    await sql.audit_events.insert(api.db, 1, action="created", resource="user", address="new")
    pool = await create_pool(api.config.database_url)
    await retention.purge(pool, Retention(audit=30))
    await pool.close()
    assert [event["address"] for event in await events(api)] == ["new"]
