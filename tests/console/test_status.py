"""Status pages as everybody sees them: what they tell, to whom, and how little of it the database has to do."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from server.resources.shown_status_pages import occurrences
from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api
from tests.console.status_page import made, shown
from tests.console.visiting import visit

ATOM = {"a": "http://www.w3.org/2005/Atom"}
FACTS = """
    UPDATE smtp_monitors SET status = 'active' WHERE organization_id = 1;
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, state) SELECT 1, id, 'up' FROM smtp_monitors
     WHERE organization_id = 1
        ON CONFLICT (organization_id, smtp_monitor_id) DO UPDATE SET state = 'up';
    INSERT INTO smtp_check_days
    SELECT 1, 200, date_trunc('day', now(), 'UTC') - n * interval '1 day', 100, (n = 3)::integer * 10, 0, 90, 900, 1, 99
      FROM generate_series(1, 120) AS n;
    UPDATE smtp_check_rollups SET rolled_up_to = date_trunc('day', now(), 'UTC') WHERE granularity = 'day';
    UPDATE smtp_check_rollups SET rolled_up_to = date_trunc('hour', now(), 'UTC') WHERE granularity = 'hour';
    INSERT INTO incidents (organization_id, id, smtp_monitor_id, opened_at, closed_at, close_reason, phase, code,
                           detail, location_codes)
    VALUES (1, 7, 200, now() - interval '3 days', now() - interval '2 days', 'recovered', 'connect', 'timeout',
            'secret', '{}');
    INSERT INTO maintenance_windows (organization_id, smtp_monitor_id, name, starts_at, ends_at)
    VALUES (1, 200, 'secret', now() + interval '1 day', now() + interval '25 hours')
"""


@pytest.fixture
async def facts(api: Api) -> AsyncIterator[None]:
    """What the pages tell of: days, an outage, maintenance to come."""
    await api.db.execute(FACTS)
    yield
    await api.db.execute("DELETE FROM smtp_check_days; UPDATE smtp_check_rollups SET rolled_up_to = '2026-01-01'")


async def test_a_page_tells_what_was_chosen_and_nothing_else(api: Api, facts: None) -> None:
    page = await made(api)
    message = {"kind": "incident", "title": "Slow", "body": "We <look>."}
    path = f"/api/status-pages/{page['id']}/messages"
    one = await (await api.call("POST", path, json=message)).json()
    await api.call("POST", f"{path}/{one['id']}/updates", json={"body": "Found."})
    document = await (await visit(api, "/status/example.json", None)).json()
    assert list(document) == [
        *("slug", "title", "description", "logoUrl", "language", "state", "readAt", "firstDay"),
        *("monitors", "incidents", "messages", "maintenance"),
    ]
    first, second = document["monitors"]
    assert (first["name"], first["state"], second["state"], document["state"]) == ("Out & in", "up", "up", "up")
    assert (first["id"], first["uptime"], second["uptime"]) == (MONITOR, 99.888, None)
    assert len(first["uptimeByDay"]) == 90
    assert sorted(day for day in first["uptimeByDay"] if day is not None) == [90.0, *[100.0] * 88]
    assert [incident["name"] for incident in document["incidents"]] == ["Out & in"]
    assert [window["names"] for window in document["maintenance"]] == [["Out & in"]]
    assert [update["body"] for update in document["messages"][0]["updates"]] == ["Found."]
    for form in (".json", "", ".rss", ".atom", "/badge.svg"):
        text = await shown(api, form)
        for untold in ("secret", "example.com", "example.org", "timeout", "notification"):
            assert untold not in text.replace("example.org/", ""), (form, untold)
    assert "hostname" not in first
    assert "responseTime" not in first


async def test_hosts_and_response_times_are_told_where_that_was_chosen(api: Api, facts: None) -> None:
    await made(api, showHostnames=True, showResponseTimes=True)
    first, second = (await (await visit(api, "/status/example.json", None)).json())["monitors"]
    assert (second["hostname"], first["responseTime"], second["responseTime"]) == ("other.example.com", 10, None)
    assert "other.example.com" in await shown(api, "")
    assert "10 ms" in await shown(api, f"/badge.svg?kind=response&monitor={MONITOR}")


async def test_the_page_is_html_without_anything_from_elsewhere(api: Api, facts: None) -> None:
    await made(api, description="One\ntwo", logoUrl="/logo.svg")
    answer = await visit(api, "/status/example", None)
    text = await answer.text()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (answer.headers["Content-Language"], answer.headers["Cache-Control"]) == ("en", "public, max-age=5")
    assert "<h1>Mail of &lt;Example&gt;</h1>" in text
    assert "Out &amp; in" in text
    assert not re.search(r"style=|<style|onclick|javascript:|https?://", text)
    assert 'aria-label="Uptime of the last 90 days: 99.89 %. Days with outages: 1"' in text
    again = await visit(api, "/status/example", None, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("form", [".rss", ".atom"])
async def test_feeds_are_xml_with_messages_and_outages(api: Api, facts: None, form: str) -> None:
    page = await made(api)
    body = {"kind": "info", "title": "A & <b>", "body": "One\ntwo"}
    await api.call("POST", f"/api/status-pages/{page['id']}/messages", json=body)
    answer = await visit(api, f"/status/example{form}", None, headers={"Host": "status.example.net"})
    feed = ElementTree.fromstring(await answer.text())
    if form == ".rss":
        titles = [item.findtext("title") for item in feed.iter("item")]
        links = {item.findtext("link") for item in feed.iter("item")}
    else:
        titles = [entry.findtext("a:title", namespaces=ATOM) for entry in feed.iterfind("a:entry", ATOM)]
        links = {link.get("href") for link in feed.iterfind("a:entry/a:link", ATOM)}
    assert titles == ["Notice: A & <b>", "Up again: Out & in"]
    assert links == {"http://status.example.net/status/example"}
    other = await visit(api, f"/status/example{form}", None, headers={"Host": 'x"><b>'})
    assert "<b>" not in (await other.text()).replace("&lt;b&gt;", "") or other.status == 400


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Mail of &lt;Example&gt;: Up"),
        ("?kind=uptime", "Mail of &lt;Example&gt;: 99.89 %"),
        (f"?kind=state&monitor={OTHER_CUSTOMERS}", "Spare: Up"),
        (f"?kind=uptime&monitor={OTHER_CUSTOMERS}", "Spare: –"),
    ],
)
async def test_badges_say_it_in_words(api: Api, facts: None, query: str, words: str) -> None:
    await made(api)
    answer = await visit(api, f"/status/example/badge.svg{query}", None)
    text = await answer.text()
    assert (answer.status, answer.content_type, f'aria-label="{words}"' in text) == (200, "image/svg+xml", True)
    ElementTree.fromstring(text)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?kind=other", 400),
        ("?monitor=x", 400),
        ("?kind=response", 404),
        ("?monitor=66666666-6666-4666-8666-666666666666", 404),
    ],
)
async def test_badges_of_what_is_not_shown(api: Api, query: str, status: int) -> None:
    await made(api)
    assert (await visit(api, f"/status/example/badge.svg{query}", None)).status == status


def test_repeated_maintenance_keeps_to_its_clock() -> None:
    """Berlin's clock is put forward on 29 March: 23:00 there is 21:00 in UTC from then on."""
    start = datetime(2026, 3, 1, 22, tzinfo=UTC)
    window = {
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "repeat": "daily",
        "time_zone": "Europe/Berlin",
    }
    now = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
    times = [opens for opens, _ in occurrences({**window, "repeat_until": datetime(2026, 3, 31, tzinfo=UTC)}, now)]
    assert times == [datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((28, 22), (29, 21), (30, 21))]
    weekly = {**window, "repeat": "weekly", "repeat_until": None}
    assert [opens.day for opens, _ in occurrences(weekly, now)] == [29, 5]
