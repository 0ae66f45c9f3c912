"""The pages of incidents: the open ones, the story of one, and who may take it over."""

import asyncpg
import pytest

from tests.conftest import MONITOR, Api
from tests.console.visiting import visit

MADE = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
    SELECT organization_id, id, 'connect', 'connect_refused', '<b>said</b>', '{de-nbg}'
      FROM smtp_monitors WHERE public_id = $1
    RETURNING id
"""


@pytest.mark.parametrize("language", ["de", "en"])
async def test_an_incident_is_read_and_taken_over(api: Api, db: asyncpg.Connection, language: str) -> None:
    headers = {"Accept-Language": language}
    incident = await db.fetchval(MADE, MONITOR)
    listed = await (await visit(api, "/incidents", headers=headers)).text()
    assert f'href="/incidents/{incident}"' in listed
    path = f"/incidents/{incident}"
    for who, offered in (("admin", True), ("user", True), ("readonly", False), ("supporter", False)):
        page = await (await visit(api, path, who, headers=headers)).text()
        assert ('name="reason"' in page) is offered, who
        assert "<b>said" not in page
        assert "&lt;b&gt;said" in page
    assert (await visit(api, path, "readonly", form={"reason": "x"}, headers=headers)).status == 403
    taken = await visit(api, path, "user", form={"reason": "provider"}, headers=headers)
    assert taken.status == 303
    after = await (await visit(api, taken.headers["Location"], headers=headers)).text()
    assert ("provider" in after, "user@example.com" in after, 'name="reason"' in after) == (True, True, False)
    await db.execute("UPDATE incidents SET closed_at = now(), close_reason = 'disabled'")
    assert f'href="{path}"' not in await (await visit(api, "/incidents", headers=headers)).text()
    assert f'href="{path}"' in await (await visit(api, "/incidents?status=", headers=headers)).text()
    assert (await visit(api, path, headers=headers)).status == 200


async def test_the_wall_shows_what_fails(api: Api, db: asyncpg.Connection) -> None:
    assert f"/monitors/{MONITOR}" not in await (await visit(api, "/wall")).text()
    await db.execute("UPDATE smtp_monitors SET status = 'active' WHERE id = 200")
    await db.execute("UPDATE smtp_monitor_states SET state = 'down' WHERE smtp_monitor_id = 200")
    await db.execute("INSERT INTO unindexed_smtp_monitors VALUES (1, 200)")
    for who, shown in (("admin", True), ("restricted", True), ("stranger", False), ("supporter", True)):
        assert (f"/monitors/{MONITOR}" in await (await visit(api, "/wall", who)).text()) is shown, who
