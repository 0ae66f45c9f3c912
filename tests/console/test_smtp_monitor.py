"""The page of one monitor: what it tells, what its buttons do, and what it never shows."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from server.serving.config import Config
from tests.api.test_check_endpoints import fill
from tests.conftest import MONITOR, Api
from tests.console.visiting import visit
from tests.fleet.engine import mailbox, stationed
from tests.probe.probing import LOOPBACK

PAGE = f"/monitors/{MONITOR}"
SECRET = "in-no-page"
CONFIG = {"requireTls": True, "auth": {"user": "somebody", "pass": SECRET}}

INCIDENT = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
    VALUES (1, 200, 'connect', 'connect_refused', '', '{de-nbg}')
"""
SIGHTINGS = """
    INSERT INTO smtp_monitor_sightings
    SELECT 1, 200, l.id, kind, now() - n * interval '1 day', facts FROM locations l,
           (VALUES ('capabilities', 1, '["8BITMIME"]'::json), ('capabilities', 0, '["CHUNKING"]'), ('tls', 1, $1),
                   ('tls', 0, $1)) AS s (kind, n, facts)
"""
CERTIFICATE = {
    **dict.fromkeys(("subject", "issuer", "serialNumber", "fingerprintSha256"), "CN=<own>"),
    "sans": ["a.example"],
    **dict.fromkeys(("notBefore", "notAfter"), "2026-01-01T12:00:00.000Z"),
}
CHAIN = [{**CERTIFICATE, "subject": "CN=issuer", "notAfter": "2999-01-01T12:00:00.000Z"}]
SEEN = json.dumps({"version": "TLSv1.3", "cipher": "A", "verified": True, "certificate": CERTIFICATE, "chain": CHAIN})


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, probe_allow=LOOPBACK)


async def text_of(api: Api, path: str, who: str = "admin") -> str:
    answer = await visit(api, path, who, headers={"Accept-Language": "en"})
    assert answer.status == 200, path
    return await answer.text()


async def status_of(api: Api) -> str:
    return str((await (await api.get()).json())["status"])


async def press(api: Api, who: str = "admin", **form: object) -> int:
    return (await visit(api, PAGE, who, form=form)).status


async def test_a_page_tells_what_is_known(api: Api, db: asyncpg.Connection) -> None:
    now = datetime.now(UTC)
    async with stationed(db, "de-nbg"):
        await fill(db, now)
        await db.execute("""UPDATE smtp_monitor_locations SET capabilities = '["SIZE 1000", "<b>"]'""")
        await db.execute(INCIDENT)
        await db.execute(SIGHTINGS, SEEN)
        await api.patch({"timeoutSeconds": 21, "smtpConfig": CONFIG})
        before, long_before = [(now - timedelta(days=days)).date() for days in (1, 70)]
        spans = ["", "range=week", "range=month", "range=year", f"range=day&date={before}"]
        dates = f"startDate={long_before}&endDate={now.date()}&notice=monitor.done_pause"
        pages = [await text_of(api, f"{PAGE}?{query}") for query in (*spans, dates)]
        for text in pages:
            assert all(f'class="phase {phase}"' in text for phase in ("dns", "connect", "auth", "quit"))
            assert 'class="phase tls"' not in text
            assert SECRET not in text
            assert "<b>" not in text
            assert text.count('data-date="') == 90
            bars = json.loads(re.search(r"data-bars='([^']+)'", text)[1])  # type: ignore[index]
            assert bars
            assert all(bar[4]["dns"] == 20 for bar in bars if bar[1])
        today, *_, of_dates = pages
        assert 'aria-label="Change 1 by admin@example.com"' in today
        assert re.search(r"Time for one check in seconds</dt>\s*<dd>.*?21", today, re.DOTALL)
        assert "The connection was refused" in today
        assert "<code>SIZE 1000</code>" in today
        assert re.search("New: <code>CHUNKING</code>.*Gone: <code>8BITMIME</code>", today, re.DOTALL)
        assert re.search("Expired [0-9]+ days ago.*CN=&lt;own&gt;.*CN=issuer.*days left", today, re.DOTALL)
        assert "Seen before" in today
        assert "The monitor is paused." in of_dates
        assert "shown to admins alone" not in today
        assert SECRET not in await text_of(api, PAGE, "readonly")


@pytest.mark.parametrize("range_", ["day", "year"])
async def test_any_span_is_shown_or_refused(api: Api, range_: str) -> None:
    for status, dates in (
        (400, ["date=2026-02-30", "date=0001-01-01", "date=9999-12-31", "startDate=2026-02-02&endDate=2026-02-01"]),
        (200, ["date=2000-01-01", "date=2098-06-01", "startDate=2026-02-02", "date="]),
    ):
        for one in dates:
            assert (await visit(api, f"{PAGE}?range={range_}&{one}")).status == status, one
    assert (await visit(api, f"{PAGE}?range=decade")).status == 400


async def test_buttons_do_what_the_api_does(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg"):
        assert (await press(api, action="resume"), await status_of(api)) == (303, "active")
        assert (await press(api, action="pause"), await status_of(api)) == (303, "disabled")
        assert await press(api, action="trigger") == 303
        assert await db.fetchval("SELECT bool_and(triggered) FROM smtp_monitor_locations WHERE smtp_monitor_id = 200")
        assert await press(api, action="silence") == 303
        assert "Maintenance “" in await text_of(api, PAGE)
        [paused, _] = (await (await api.call("GET", f"/api/smtp-monitors/{MONITOR}/changes")).json())["items"]
        assert (await press(api, action="revert", changeId=paused["id"]), await status_of(api)) == (303, "active")
        assert await press(api, action="revert", changeId="../1") == 303  # does nothing
        assert await press(api, action="nonsense") == 303


@pytest.mark.parametrize(("who", "pauses"), [("readonly", True), ("supporter", False)])
async def test_who_only_reads_has_no_other_buttons(api: Api, who: str, pauses: bool) -> None:
    text = await text_of(api, PAGE, who)
    assert ('value="resume"' in text) is pauses
    assert not re.search(r'value="(trigger|silence|look)"|/edit"|/delete"', text)
    assert await press(api, who, action="resume") == (303 if pauses else 403)
    assert ('value="maintain"' in text) is pauses
    assert await press(api, who, action="maintain") == (303 if pauses else 403)
    for action in ("trigger", "silence", "look"):
        assert await press(api, who, action=action) == 403
    assert (await visit(api, f"{PAGE}/delete", who, form={})).status == 403


async def test_a_monitor_is_deleted_by_a_second_page(api: Api) -> None:
    assert "Outbound SMTP (Primary)" in await text_of(api, f"{PAGE}/delete")
    answer = await visit(api, f"{PAGE}/delete", form={})
    assert (answer.status, answer.headers["Location"]) == (303, "/?notice=form.deleted")
    assert (await visit(api, PAGE)).status == 404


async def test_a_look_shows_what_is_not_kept(api: Api) -> None:
    async with mailbox() as server:
        await api.patch({"hostname": "127.0.0.1", "port": server.port, "smtpConfig": {"ignoreTls": True}})
        answer = await visit(api, PAGE, form={"action": "look"}, headers={"Accept-Language": "en"})
        text = await answer.text()
    assert (answer.status, "The server answers" in text, "was not encrypted" in text) == (200, True, True)
