"""Counts are kept and exact, whatever comes and goes, and pages agree with them."""

import asyncio

import asyncpg
import pytest

from tests.conftest import MONITOR, Api

KEPT = """
    SELECT (SELECT coalesce(sum(smtp_monitors), 0) FROM organization_counts)
           = (SELECT count(*) FROM smtp_monitors)
       AND NOT EXISTS (
            SELECT organization_id, customer_id, sum(n)
              FROM (SELECT organization_id, customer_id, smtp_monitors AS n FROM customer_counts
                     UNION ALL
                    SELECT organization_id, customer_id, -count(*) FROM smtp_monitors GROUP BY 1, 2) AS counts
             GROUP BY 1, 2
            HAVING sum(n) <> 0
       )
"""
MANY = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname)
    SELECT 1, CASE WHEN n % 3 = 0 THEN 11 ELSE 10 END, 'many ' || n, 'many.example' FROM generate_series(1, $1) AS n
"""


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM smtp_monitors",
        "DELETE FROM smtp_monitors WHERE customer_id = 10",
        "DELETE FROM smtp_monitors WHERE false",
        "DELETE FROM customers WHERE id = 10",
        "DELETE FROM organizations WHERE id = 1",
        "INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname) VALUES (2, 20, 'x', 'x')",
        "WITH gone AS (DELETE FROM smtp_monitors RETURNING customer_id) "
        "INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname) SELECT 2, 20, 'x', 'x' FROM gone",
    ],
)
async def test_counts_stay_exact(api: Api, change: str) -> None:
    await api.db.execute(MANY, 20)
    other = await asyncpg.connect(api.config.database_url)  # a backend, and perhaps a stripe, of its own
    try:
        await other.execute(change)
    finally:
        await other.close()
    assert await api.db.fetchval(KEPT)


async def test_a_create_that_is_not_committed_yet_makes_no_other_wait(api: Api) -> None:
    body = {"customerId": 10, "name": "x", "hostname": "x.example"}

    async def create_some() -> set[int]:
        responses = await asyncio.gather(*(api.call("POST", "/api/smtp-monitors", json=body) for _ in range(4)))
        return {response.status for response in responses}

    assert await create_some() == {201}
    other = await with_a_stripe_of_its_own(api)
    try:
        async with other.transaction():
            await other.execute(MANY, 1)
            assert await create_some() == {201}
    finally:
        await other.close()
    assert await api.db.fetchval(KEPT)


async def with_a_stripe_of_its_own(api: Api) -> asyncpg.Connection:
    query = """
        SELECT count(*) = 1
          FROM pg_stat_activity
         WHERE datname = current_database()
           AND pid % 32 = pg_backend_pid() % 32
    """
    tried = []
    while True:
        tried.append(await asyncpg.connect(api.config.database_url))
        if await tried[-1].fetchval(query):
            for connection in tried[:-1]:
                await connection.close()
            return tried[-1]


async def test_a_monitor_cannot_be_moved_behind_the_counts(api: Api) -> None:
    with pytest.raises(asyncpg.RaiseError, match="cannot be moved"):
        await api.db.execute("UPDATE smtp_monitors SET customer_id = 11 WHERE id = 200")


@pytest.mark.parametrize(
    ("who", "query", "where"),
    [
        ("admin", "", "organization_id = 1"),
        ("admin", "customerId=11", "customer_id = 11"),
        ("admin", "customerId=20", "false"),
        ("admin", "status=active", "organization_id = 1 AND status = 'active'"),
        ("admin", "search=many%201", "name LIKE 'many 1%'"),
        ("admin", "search=other%20customer&status=active", "customer_id = 11"),
        ("restricted", "", "customer_id = 10"),
        ("restricted", "customerId=11", "false"),
        ("restricted", "search=many", "customer_id = 10 AND name LIKE 'many%'"),
        ("supporter", "", "true"),
        ("supporter", "organizationId=2", "organization_id = 2"),
        ("supporter", "customerId=20", "customer_id = 20"),
        ("supporter", "customerId=999", "false"),
        ("supporter", "organizationId=1&customerId=20", "false"),
        ("globaladmin", "status=disabled", "status = 'disabled'"),
    ],
)
async def test_pages_are_the_whole_in_pieces(api: Api, who: str, query: str, where: str) -> None:
    await api.db.execute(MANY, 60)
    await api.db.execute("UPDATE users SET customer_ids = '{10,20,999,10}' WHERE email LIKE 'restricted@%'")
    expected = await api.db.fetch(f"SELECT id FROM smtp_monitors WHERE {where} ORDER BY organization_id, id")
    found: list[int] = []
    for page in range(1, 6):
        path = f"/api/smtp-monitors?{query}&perPage=20&page={page}".replace("?&", "?")
        body = await (await api.call("GET", path, who)).json()
        assert body["total"] == len(expected), path
        found += [item["id"] for item in body["items"]]
    assert found == [row["id"] for row in expected]


async def test_a_page_can_be_found_in_an_index_alone(api: Api) -> None:
    await api.db.execute(MANY, 3000)
    # of a small table it may be as cheap to read all of it
    await api.db.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    walk = "SELECT organization_id, id FROM smtp_monitors WHERE organization_id = 1 ORDER BY organization_id, id"
    plan = await api.db.fetch(f"EXPLAIN {walk} LIMIT 50 OFFSET 2000")
    assert "Index Only Scan" in "\n".join(row[0] for row in plan)


async def test_several_customers_of_a_caller_are_merged_in_order(api: Api) -> None:
    await api.db.execute(MANY, 12)
    await api.db.execute("UPDATE users SET customer_ids = '{11,10}' WHERE email LIKE 'restricted@%'")
    body = await (await api.call("GET", "/api/smtp-monitors?perPage=200", "restricted")).json()
    ids = [item["id"] for item in body["items"]]
    assert (ids, body["total"], body["items"][0]["publicId"]) == (sorted(ids), 14, MONITOR)


@pytest.mark.parametrize("who", ["admin", "restricted", "supporter"])
@pytest.mark.parametrize("query", ["", "status=active"])
async def test_far_pages_are_the_whole_in_pieces(api: Api, who: str, query: str) -> None:
    await api.db.execute(MANY, 2500)
    await api.db.execute("UPDATE users SET customer_ids = '{10,11}' WHERE email LIKE 'restricted@%'")
    found: list[int] = []
    for page in range(1, 16):
        body = await (await api.call("GET", f"/api/smtp-monitors?{query}&perPage=180&page={page}", who)).json()
        found += [item["id"] for item in body["items"]]
    assert len(found) == body["total"]
    assert found == sorted(set(found), key=found.index)
    keys = await api.db.fetch(f"""
        SELECT id
          FROM smtp_monitors
         WHERE {"true" if who == "supporter" else "organization_id = 1"}
           AND {"status = 'active'" if query else "true"}
         ORDER BY organization_id, id
    """)
    assert found == [key["id"] for key in keys]


@pytest.mark.parametrize("own", [range(100, 150), [*range(100, 150), 10, 11]])
async def test_a_user_of_many_customers_sees_theirs_alone(api: Api, own: list[int]) -> None:
    """Sparse ones are read customer by customer, dense ones in the organization's order."""
    await api.db.execute("""
        INSERT INTO customers (organization_id, id, name) SELECT 1, n, 'many ' || n FROM generate_series(100, 199) AS n
    """)
    await api.db.execute("""
        INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname)
        SELECT 1, CASE WHEN n < 3000 THEN 10 ELSE 100 + n % 100 END, 'm' || n, 'm' FROM generate_series(1, 3200) AS n
    """)
    await api.db.execute("UPDATE users SET customer_ids = $1 WHERE email LIKE 'restricted@%'", [*own, 20, 999])
    query = "SELECT id FROM smtp_monitors WHERE organization_id = 1 AND customer_id = ANY($1) ORDER BY id"
    expected = [row["id"] for row in await api.db.fetch(query, list(own))]
    found: list[int] = []
    for page in range(1, -(-len(expected) // 150) + 2):
        body = await (await api.call("GET", f"/api/smtp-monitors?perPage=150&page={page}", "restricted")).json()
        found += [item["id"] for item in body["items"]]
    assert (found, body["total"]) == (expected, len(expected))
