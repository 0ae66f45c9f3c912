"""Maintenance windows in the console: for whom, when, ended now, deleted."""

import re
from datetime import UTC, datetime, timedelta

from tests.conftest import MONITOR, Api
from tests.console.visiting import visit

ENGLISH = {"Accept-Language": "en"}
WINDOW = {"action": "make", "name": "Move", "repeat": "", "repeatUntil": "", "timeZone": "Europe/Berlin"}


def window(hours: int = 2, **changes: str) -> dict[str, str]:
    """A form for a window that is open now."""
    starts_at = datetime.now(UTC) - timedelta(minutes=10)
    times = {"startsAt": starts_at, "endsAt": starts_at + timedelta(hours=hours)}
    return {**WINDOW, **{name: f"{time:%Y-%m-%dT%H:%M}" for name, time in times.items()}, **changes}


async def test_a_window_for_a_customer_is_made_and_ended_now(api: Api) -> None:
    form = window(customerId="10")
    made = await visit(api, "/windows/new", "restricted", form=form)
    assert made.headers["Location"] == "/windows?notice=windows.done_made"
    row = await api.db.fetchrow("SELECT id, customer_id, starts_at, time_zone FROM maintenance_windows")
    assert row is not None
    assert (row["customer_id"], row["time_zone"]) == (10, "Europe/Berlin")
    # without scripts, times are UTC
    assert f"{row['starts_at']:%Y-%m-%dT%H:%M}" == form["startsAt"]
    shown = await (await visit(api, "/windows", "readonly", headers=ENGLISH)).text()
    assert ("Customer: Example customer" in shown, 'class="state maintenance"' in shown) == (True, True)
    path = f"/windows/{row['id']}"
    assert 'name="action"' in await (await visit(api, path, "restricted")).text()
    assert 'name="action"' not in await (await visit(api, path, "readonly")).text()
    ended = await visit(api, path, form={"action": "end"})
    assert ended.headers["Location"] == "/windows?notice=windows.done_ended"
    assert 'class="state maintenance"' not in await (await visit(api, "/windows")).text()
    assert (await visit(api, path, form={"action": "delete"})).status == 303
    assert await api.db.fetchval("SELECT count(*) FROM maintenance_windows") == 0


async def test_a_monitor_is_found_and_silenced(api: Api) -> None:
    found = await (await visit(api, "/windows/new?search=outbound", "user")).text()
    assert f'href="/windows/new?smtpMonitorId={MONITOR}"' in found
    path = f"/windows/new?smtpMonitorId={MONITOR}"
    assert 'name="customerId"' not in await (await visit(api, path, "user")).text()
    assert (await visit(api, path, "user", form=window(repeat="daily"))).status == 303
    query = "SELECT smtp_monitor_id, repeat, id FROM maintenance_windows"
    row = await api.db.fetchrow(query)
    assert row is not None
    number = row["id"]
    assert (row["smtp_monitor_id"], row["repeat"]) == (200, "daily")
    assert "Outbound SMTP (Primary)" in await (await visit(api, "/windows")).text()
    # one that repeats would open again tomorrow
    await visit(api, f"/windows/{number}", form={"action": "end"})
    assert (
        await api.db.fetchval("SELECT is_open(w, now()) OR is_open(w, now() + '1 day') FROM maintenance_windows w")
        is False
    )


async def test_a_window_of_the_organization_is_not_for_who_has_some_customers(api: Api) -> None:
    await visit(api, "/windows/new", form=window(customerId=""))
    path = f"/windows/{await api.db.fetchval('SELECT id FROM maintenance_windows')}"
    offered = ['name="action"' in await (await visit(api, path, who)).text() for who in ("restricted", "user")]
    assert offered == [False, True]
    assert (await visit(api, "/windows/new", "restricted", form=window(customerId=""))).status == 400


async def test_an_edit_keeps_the_seconds_that_it_does_not_show(api: Api) -> None:
    await api.db.execute(
        """INSERT INTO maintenance_windows (organization_id, id, name, starts_at, ends_at, time_zone)
           VALUES (1, 1, 'Move', '2027-01-01T21:00:30.5Z', '2027-01-01T23:00:30Z', 'CET')"""
    )
    page = await (await visit(api, "/windows/1")).text()
    was = re.search(r'name="was" value="([^"]*)"', page)
    assert was is not None
    assert '<option value="CET" selected>' in page  # though it is not offered
    assert 'value="2027-01-01T21:00" type="datetime-local"' in page
    form = {**WINDOW, "action": "save", "was": was[1].replace("&#34;", '"'), "timeZone": "CET"}
    form |= {"startsAt": "2027-01-01T21:00", "endsAt": "2027-01-02T01:30"}
    assert (await visit(api, "/windows/1", form=form)).status == 303
    row = await api.db.fetchrow("SELECT starts_at, ends_at FROM maintenance_windows")
    times = [time.isoformat() for time in row or ()]
    assert times == ["2027-01-01T21:00:30.500000+00:00", "2027-01-02T01:30:00+00:00"]
    wrong = await visit(api, "/windows/1", form={**form, "endsAt": "soon"}, headers=ENGLISH)
    assert wrong.status == 400
    assert re.search(r'id="save-endsAt" name="endsAt" value="soon"[^>]* aria-invalid="true"', await wrong.text())
