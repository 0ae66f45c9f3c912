import asyncpg

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


async def select_secrets(db: Executor, *, not_under: bytes) -> list[asyncpg.Record]:
    """Every secret whose key id is not *not_under*; an organization has one at most."""
    query = "SELECT organization_id, secret FROM webhooks WHERE substr(secret, 1, 4) <> $1"
    return await db.fetch(query, not_under)


async def replace_secret(db: Executor, organization_id: int, old: bytes, new: bytes) -> bool:
    """Swap one ciphertext for another, unless the organization has a new secret since."""
    query = "UPDATE webhooks SET secret = $3 WHERE organization_id = $1 AND secret = $2"
    return await db.execute(query, organization_id, old, new) == "UPDATE 1"
