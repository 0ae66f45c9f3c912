from sql.connection import Executor


async def upsert(db: Executor, organization_id: int, *, url: str, secret: bytes) -> None:
    """Set the address that the organization's alerts are posted to. *secret* is encrypted."""
    query = """
        INSERT INTO webhooks (organization_id, url, secret)
        VALUES ($1, $2, $3)
            ON CONFLICT (organization_id) DO UPDATE SET url = excluded.url, secret = excluded.secret
    """
    await db.execute(query, organization_id, url, secret)


async def delete(db: Executor, organization_id: int) -> bool:
    """Whether there was one."""
    return await db.execute("DELETE FROM webhooks WHERE organization_id = $1", organization_id) == "DELETE 1"
