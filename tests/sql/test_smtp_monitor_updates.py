"""Whichever statement PostgreSQL's version allows, the same is written, answered and kept."""

from uuid import UUID

import asyncpg
import pytest

import sql
from sql.smtp_monitor_patches import Change, Patch, render_many, render_one

IDS = [UUID(int=n) for n in range(1, 4)]
SHAPES: list[dict[str, object]] = [
    {"name": "After", "smtp_config": '{"secure":true}', "smtp_password": b"new"},
    {"port": None, "smtp_password": None, "smtp_config": "{}"},
    {"port": 25},
]


@pytest.mark.parametrize("version", [15, 18])
@pytest.mark.parametrize("alone", [True, False])
async def test_a_change_is_kept_with_what_it_replaced(db: asyncpg.Connection, version: int, alone: bool) -> None:
    if sql.servers.release(db) < version:
        pytest.skip("this PostgreSQL returns no replaced rows")
    for public_id in IDS:
        values = {"name": "Before", "hostname": "a.example", "port": 587, "smtp_password": b"old"}
        await sql.smtp_monitors.insert(db, 1, 10, public_id, values)
    patches = [
        Patch(1, public_id, None, None, shape, frozenset(shape), Change('{"userId": 1}', "192.0.2.1", f'"{public_id}"'))
        for public_id, shape in zip(IDS, SHAPES, strict=True)
    ]

    if alone:
        statements = [render_one(one, version) for one in patches]
        rows = [row for query, values in statements for row in await db.fetch(query, *values)]
    else:
        query, [arrays] = render_many([patches], version)
        rows = sorted(await db.fetch(query, *arrays), key=lambda row: row["n"])

    assert [row["version"] for row in rows] == [2, 2, 2]
    assert [row["name"] for row in rows] == ["After", "Before", "Before"]
    kept = await db.fetch("""
        SELECT h.before ->> 'name' AS name, h.before ->> 'port' AS port, h.after, h.before_password, h.after_password,
               h.public_id, h.changed_at = m.updated_at AS at_once
          FROM smtp_monitor_changes h
          JOIN smtp_monitors m ON m.organization_id = h.organization_id AND m.id = h.smtp_monitor_id
         WHERE h.version = 2
         ORDER BY m.public_id
    """)
    assert [row["after"] for row in kept] == [f'"{public_id}"' for public_id in IDS]
    assert all(row["at_once"] for row in kept)
    assert [(row["before_password"], row["after_password"], row["public_id"]) for row in kept] == [
        (b"old", b"new", IDS[0]),
        (b"old", None, IDS[1]),
        (None, None, None),
    ]
    assert all(named(row, shape) for row, shape in zip(kept, SHAPES, strict=True))


def named(row: asyncpg.Record, shape: dict[str, object]) -> bool:
    """Whether what was named stands before as it was."""
    before = {"name": "Before", "port": "587"}
    return all(row[column] == before[column] for column in shape.keys() & before.keys())


@pytest.mark.parametrize("version", [15, 18])
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    "shapes",
    [
        [{"status": "disabled"}, {"port": 25}, {"hostname": "b.example", "port": 25}],
        [{"name": "After", "port": 1}, {"name": "Then", "port": 2}, {"name": "Last", "port": 3}],
        [{"check_interval": 61}, {"check_interval": 62}, {"check_interval": 63}],
    ],
)
async def test_what_has_to_be_indexed_again_is_named(
    db: asyncpg.Connection, version: int, kept: bool, alone: bool, shapes: list[dict[str, object]]
) -> None:
    if sql.servers.release(db) < version:
        pytest.skip("this PostgreSQL returns no replaced rows")
    for public_id in IDS:
        await sql.smtp_monitors.insert(db, 1, 10, public_id, {"name": "Before", "hostname": "a.example"})
    await db.execute("DELETE FROM unindexed_smtp_monitors")
    change = Change("{}", "192.0.2.1", "{}") if kept else None
    patches = [
        Patch(1, public_id, None, None, shape, frozenset(shape), change)
        for public_id, shape in zip(IDS, shapes, strict=True)
    ]

    if alone:
        for one in patches:
            query, values = render_one(one, version)
            await db.fetch(query, *values)
    else:
        query, [arrays] = render_many([patches], version)
        await db.fetch(query, *arrays)

    found = await db.fetch("""
        SELECT m.public_id
          FROM unindexed_smtp_monitors u
          JOIN smtp_monitors m ON m.organization_id = u.organization_id AND m.id = u.smtp_monitor_id
         ORDER BY m.public_id
    """)
    expected = [patch.public_id for patch in patches if patch.columns & {"name", "hostname", "status"}]
    assert [row["public_id"] for row in found] == expected
