"""Who sees a status page, and how little of it the database has to do."""

import asyncio
from typing import Any

import pytest

from server.handlers.keys import STATUS_PAGES
from server.resources import status_page_cache
from tests.conftest import MONITOR, Api, becomes
from tests.console.status_page import made, shown
from tests.console.visiting import visit


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are read anew whenever somebody asks."""
    monkeypatch.setattr(status_page_cache, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(status_page_cache, "STALE_SECONDS", 0.0)
    monkeypatch.setattr(status_page_cache, "RETRY_SECONDS", 0.0)


async def test_who_sees_a_page(api: Api, impatient: None) -> None:
    page = await made(api, customerId=10, monitors=[], visibility="members")
    path = f"/api/status-pages/{page['id']}"
    for visibility, seeing in (
        ("off", set[str | None]()),
        ("members", {"admin", "readonly", "restricted", "supporter"}),
        ("public", {"admin", "readonly", "restricted", "supporter", "stranger", None}),
    ):
        await api.call("PATCH", path, json={"visibility": visibility})
        for who in ("admin", "readonly", "restricted", "supporter", "stranger", None):
            for form in ("", ".json", ".rss", "/badge.svg"):
                answer = await visit(api, f"/status/example{form}", who)
                assert (answer.status == 200) == (who in seeing), (visibility, who, form)
                if answer.status == 200 and visibility == "members":
                    assert answer.headers["Cache-Control"] == "no-store"
    bearer = {"Authorization": f"Bearer {await api.token('restricted')}"}
    await api.call("PATCH", path, json={"visibility": "members"})
    assert (await visit(api, "/status/example.json", None, headers=bearer)).status == 200


async def test_a_page_that_may_not_be_seen_is_like_none(api: Api) -> None:
    await made(api, visibility="members")
    answers = [await visit(api, f"/status/{slug}", None) for slug in ("example", "exampel")]
    assert [answer.status for answer in answers] == [404, 404]
    one, other = [(await answer.text()).replace("exampel", "example") for answer in answers]
    assert one == other
    assert "/login?next=" in one
    link = await visit(api, "/status/example", None, headers={"Sec-Fetch-Site": "cross-site"})
    assert 'http-equiv="refresh"' in await link.text()


async def test_many_visitors_are_one_read(api: Api) -> None:
    await made(api)
    assert api.client.app is not None
    pages = api.client.app[STATUS_PAGES]
    reads: list[str] = []
    read = pages._read

    async def counted(slug: str, before: Any) -> Any:
        reads.append(slug)
        return await read(slug, before)

    pages._read = counted
    paths = ["/status/example", "/status/example.json", "/status/absent", "/status/absent.json"] * 10
    await asyncio.gather(*[visit(api, path, None) for path in paths])
    assert sorted(reads) == ["absent", "example"]


async def test_a_change_is_shown_and_the_old_page_stays_while_the_database_is_away(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await made(api)
    assert "Out" in await shown(api)
    monkeypatch.setattr(status_page_cache, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(status_page_cache, "RETRY_SECONDS", 0.0)
    await api.call("PATCH", f"/api/status-pages/{page['id']}", json={"title": "Renamed"})

    async def renamed() -> bool:
        return "Renamed" in await shown(api)

    await becomes(True, renamed)
    monkeypatch.setattr(status_page_cache, "STALE_SECONDS", 0.0)
    async with api.db.transaction():
        await api.db.execute("LOCK TABLE status_page_slugs IN ACCESS EXCLUSIVE MODE")
        assert "Renamed" in await shown(api)
        assert (await visit(api, "/status/another", None)).status == 503


@pytest.mark.parametrize(("kept", "expected"), [("MAX_ABSENT", 404), ("MAX_PAGES", 200)])
async def test_what_is_kept_is_bounded(api: Api, monkeypatch: pytest.MonkeyPatch, kept: str, expected: int) -> None:
    monkeypatch.setattr(status_page_cache, kept, 2)
    for n in range(4):
        if expected == 200:
            values = {"slug": f"page-{n}", "title": "A", "visibility": "public"}
            assert (await api.call("POST", "/api/status-pages", json=values)).status == 201
        assert (await visit(api, f"/status/page-{n}", None)).status == expected
    assert api.client.app is not None
    pages = api.client.app[STATUS_PAGES]
    assert len(pages._absent) + len(pages._pages) == 2


async def test_a_large_page_is_made_once_for_all(api: Api) -> None:
    await api.db.execute("""
        INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, public_id)
        SELECT 1, 10, 'Monitor ' || n, 'a.example', format('77777777-7777-4777-8777-%s', 100000000000 + n)::uuid
          FROM generate_series(1, 60) AS n
    """)
    ids = [f"77777777-7777-4777-8777-{100000000000 + n}" for n in range(1, 61)]
    await made(api, monitors=[{"smtpMonitorId": one, "name": f"Service {n}"} for n, one in enumerate(ids)])
    texts = await asyncio.gather(*[shown(api, "") for _ in range(10)])
    assert len(set(texts)) == 1
    assert texts[0].count('<svg class="days"') == 60
    assert (await visit(api, f"/status/example/badge.svg?monitor={MONITOR}", None)).status == 404
    assert api.client.app is not None
    kept = await api.client.app[STATUS_PAGES].get("example")
    assert kept is not None
    assert set(kept.making) == {None}, "a badge of a monitor that is not shown leaves nothing behind"


async def test_made_up_slugs_make_no_known_page_unavailable(
    api: Api, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(api)
    assert "Out" in await shown(api)
    monkeypatch.setattr(status_page_cache, "WAITING", 0)
    assert (await visit(api, "/status/made-up", None)).status == 503
    assert "Out" in await shown(api)
