from sql.connection import Executor


async def ensure(db: Executor, name: str) -> int:
    """The id of the organization of that name, made if there is none."""
    query = """
        INSERT INTO organizations (name)
        VALUES ($1)
            ON CONFLICT (name) DO UPDATE SET name = excluded.name
        RETURNING id
    """
    [row] = await db.fetch(query, name)
    return int(row["id"])


async def select_any(db: Executor) -> bool:
    """Whether there is an organization at all."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM organizations)"))
