"""An organization moves between two databases of one server while it is patched, and nothing acknowledged is lost."""

import asyncio

import pytest

import sql
from server.access.key_ring import KeyRing
from server.access.sessions import open_session
from server.access.signer import Signer
from server.cli import move_ends
from server.cli.environment import ConfigError
from server.resources import status_page_cache
from server.serving.app import create_app
from server.serving.config import Config
from sql.loops import running
from tests.cells.pair import KEY, Pair
from tests.cells.writing import Writer, check_whole
from tests.conftest import PASSWORD, PASSWORD_HASH, AiohttpClient, Api


async def test_it_moves_and_comes_back_while_it_is_patched(pair: Pair, writer: Writer) -> None:
    for target in (1, 0):
        async with writer.writing():
            status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--to", str(target))
        assert (status, output.splitlines()[-1]) == (0, "done"), output
        assert await pair.home(writer.organization_id) == target
        await check_whole(pair, writer, target)
    assert writer.refused


async def test_its_users_notice_nothing_but_a_moment(
    pair: Pair, writer: Writer, aiohttp_client: AiohttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their tokens, entity tags and passwords are as before, and every worker finds the new home by itself."""
    async with pair.connected(0) as db:
        await db.execute(
            "UPDATE logins SET password_hash = $2 WHERE organization_id = $1", writer.organization_id, PASSWORD_HASH
        )
        config = Config(database_url=pair.urls[0], jwt_secret="x" * 64, key_ring=KeyRing.parse(KEY))
        api = Api(await aiohttp_client(create_app(config)), db, config)
        user = (await sql.users.select_logins(db, "mover@example.com", writer.organization_id))[0]
        api.tokens["mover"], _ = await open_session(db, user, Signer(config.jwt_secret), hours=1)
        monitor = str(writer.monitors[0])
        monkeypatch.setattr(status_page_cache, "FRESH_SECONDS", 0.0)
        monkeypatch.setattr(status_page_cache, "STALE_SECONDS", 0.0)
        [page] = (await (await api.call("GET", "/api/status-pages", "mover")).json())["items"]
        path, public = f"/api/status-pages/{page['id']}", {"visibility": "public", "slug": "moving"}
        assert (await api.call("PATCH", path, "mover", json=public)).status == 200
        assert (await (await api.call("GET", "/status/moving.json", None)).json())["title"] == "Page"
        before = await api.get("mover", monitor=monitor)
        statuses: set[int] = set()

        async def patch_for_ever() -> None:
            while True:
                statuses.add((await api.patch({"port": 26}, "mover", monitor=str(writer.monitors[1]))).status)

        async with running(patch_for_ever()):
            assert (await asyncio.to_thread(pair.run, writer.organization_id, "--to", "1", settle=1.5))[0] == 0
        assert statuses <= {200, 503}
        after = await api.get("mover", monitor=monitor)
        assert (after.status, await after.json()) == (200, await before.json())
        for tag, status in ((before.headers["ETag"], 200), (before.headers["ETag"], 412)):
            headers = {"If-Match": tag}
            assert (await api.patch({"port": 25}, "mover", monitor=monitor, headers=headers)).status == status
        body = {"email": "mover@example.com", "password": PASSWORD, "organizationId": writer.organization_id}
        for credentials in (body, {key: body[key] for key in ("email", "password")}):
            response = await api.call("POST", "/api/sessions", None, json=credentials)
            # the password was right; the wrong one would be told from a missing code
            assert (response.status, (await response.json())["code"]) == (401, "two_factor_required")
        assert (await api.call("PATCH", path, "mover", json={"title": "Moved"})).status == 200
        assert (await (await api.call("GET", "/status/moving.json", None)).json())["title"] == "Moved"
        found = await (await api.call("GET", "/api/smtp-monitors?search=mail-7.", "mover")).json()
        assert found["total"] == 1


async def test_every_row_is_the_same_in_its_new_cell(pair: Pair, writer: Writer) -> None:
    before = await pair.contents(0, writer.organization_id)
    assert [table for table, rows in before.items() if not rows] == ["smtp_monitor_changes"]
    assert pair.run(writer.organization_id, "--to", "1")[0] == 0
    assert await pair.contents(1, writer.organization_id) == before
    assert await pair.traces() == {"departures in 0": 1, "departed monitors in 0": len(writer.monitors)}


async def test_it_waits_for_checks_and_alerts_under_way(pair: Pair, writer: Writer) -> None:
    async with pair.connected(0) as db:
        running_until = "UPDATE smtp_monitor_locations SET running_until = now() + interval '4 seconds'"
        await db.execute(f"{running_until} WHERE organization_id = $1", writer.organization_id)
        leased = "UPDATE alerts SET attempts = 2, next_attempt_at = now() + interval '4 seconds'"
        await db.execute(f"{leased} WHERE organization_id = $1", writer.organization_id)
    status, output = pair.run(writer.organization_id, "--to", "1")
    assert (status, f"waiting for {len(writer.monitors)} checks and 1 alerts under way" in output) == (0, True), output


async def test_a_target_that_cannot_be_reached_from_is_told(pair: Pair, writer: Writer) -> None:
    async with pair.connected(0) as source, pair.connected(1) as target:
        await sql.organization_copies.publish(source, "told", writer.organization_id)
        with pytest.raises(ConfigError, match=r"cell 1 cannot reach cell 0: "), move_ends.worded(1, 0):
            await sql.organization_copies.subscribe(target, "told", "host=/nowhere dbname=here")
        await target.execute("CREATE ROLE weak; SET ROLE weak")
        words = r"cell 1: permission denied to create subscription DETAIL: Only roles with privileges of"
        with pytest.raises(ConfigError, match=words), move_ends.worded(1, 0):
            await sql.organization_copies.subscribe(target, "told", pair.urls[0])
        await target.execute("RESET ROLE; DROP ROLE weak")
        await sql.organization_copies.drop_publication(source, "told")
