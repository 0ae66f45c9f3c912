"""Who has which slug, in the directory. A page itself is in the cell of its organization."""

from collections.abc import Sequence

from sql.connection import Executor


async def select_organization(directory: Executor, slug: str) -> int | None:
    organization_id: int | None = await directory.fetchval(
        "SELECT organization_id FROM status_page_slugs WHERE slug = $1", slug
    )
    return organization_id


async def claim(directory: Executor, organization_id: int, slug: str) -> bool:
    """Whether the organization has the slug from now on, or had it already."""
    query = """
        INSERT INTO status_page_slugs (organization_id, slug)
        VALUES ($1, $2)
            ON CONFLICT DO NOTHING
    """
    await directory.execute(query, organization_id, slug)
    return await select_organization(directory, slug) == organization_id


async def keep_only(directory: Executor, organization_id: int, slugs: Sequence[str]) -> None:
    """Free all others of the organization."""
    query = "DELETE FROM status_page_slugs WHERE organization_id = $1 AND slug <> ALL($2)"
    await directory.execute(query, organization_id, slugs)
