"""Slugs are unique over all cells: the directory says whose each one is.

A slug is claimed before its page is written, in the same transaction where the page lives in cell 0. Afterwards, claims
without a page are freed. All this happens under a lock of the organization, so a claim is never freed while its page is
being written. A claim that a crash has left behind is freed by the next write of its organization.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg

import sql
from server.access.cells import Cell
from server.http.errors import ApiError, FieldError
from server.resources import audit
from server.resources.audit import Actor, Record
from sql.connection import UNAVAILABLE, Connection, Executor
from sql.outages import outage


@dataclass(frozen=True, slots=True)
class Writing:
    """A transaction in which an organization's pages are written."""

    connection: Connection
    record: Record
    organization_id: int
    directory: Executor

    async def claim(self, slug: str) -> None:
        """ApiError 409 if another organization has the slug."""
        if not await sql.status_page_slugs.claim(self.directory, self.organization_id, slug):
            raise ApiError(409, "conflict", fields=[FieldError("slug", "already_taken", {})])


@contextlib.asynccontextmanager
async def writing(directory: asyncpg.Pool, cell: Cell, actor: Actor, organization_id: int) -> AsyncIterator[Writing]:
    try:
        async with audit.recording(cell.pool, actor) as (connection, record):
            await sql.status_pages.lock(connection, organization_id)
            # a second connection of the same pool could be waited for in vain
            yield Writing(connection, record, organization_id, directory if cell.number else connection)
            if cell.number == 0:
                await _free_unused(connection, connection, organization_id)
    finally:
        if cell.number:
            await _settle(directory, cell, organization_id)


async def _settle(directory: asyncpg.Pool, cell: Cell, organization_id: int) -> None:
    try:
        async with cell.pool.acquire() as connection, connection.transaction():
            await sql.status_pages.lock(connection, organization_id)
            await _free_unused(connection, directory, organization_id)
    except UNAVAILABLE as error:
        outage.passed("freeing slugs", error)


async def _free_unused(connection: Connection, directory: Executor, organization_id: int) -> None:
    used = await sql.status_pages.select_slugs(connection, organization_id)
    if used is not None:
        await sql.status_page_slugs.keep_only(directory, organization_id, used)
