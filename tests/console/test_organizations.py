"""Settings of an organization in the console, its limits, and organizations for global admins."""

import re

from tests.conftest import PASSWORD, Api
from tests.console.visiting import visit

SETTINGS = {"action": "save", "was": "{}", "failureConfirmations": "2", "recoveryConfirmations": "2"}
SETTINGS |= {"locationSharePercent": "50", "reminderIntervalMinutes": "", "name": "Example"}


async def test_an_administrator_changes_settings_and_sees_limits(api: Api) -> None:
    page = await (await visit(api, "/organization", headers={"Accept-Language": "en"})).text()
    assert re.search(r'name="failureConfirmations" value="2" type="number"', page)
    assert ('name="maxUsers"' in page, "7 of 1,000" in page, "2 of 10,000" in page) == (False, True, True)
    form = {**SETTINGS, "reminderIntervalMinutes": "60"}
    assert (await visit(api, "/organization", form=form)).headers["Location"] == "/organization?notice=form.saved"
    query = "SELECT reminder_interval_minutes, require_two_factor FROM organizations WHERE id = 1"
    assert tuple(await api.db.fetchrow(query) or ()) == (60, False)
    assert (await visit(api, "/organization", form={**SETTINGS, "reminderIntervalMinutes": "1"})).status == 400
    assert (await visit(api, "/organization", form=SETTINGS)).status == 303
    assert tuple(await api.db.fetchrow(query) or ()) == (None, False)


async def test_a_reader_sees_settings_and_no_form(api: Api) -> None:
    page = await (await visit(api, "/organization", "readonly")).text()
    assert ("failureConfirmations" in page, 'name="action"' in page, "10.000" in page) == (False, False, True)
    assert (await visit(api, "/organization", "readonly", form=SETTINGS)).status == 303
    assert await api.db.fetchval("SELECT name FROM organizations WHERE id = 1") == "Example"


async def test_a_global_admin_makes_limits_and_deletes_an_organization(api: Api) -> None:
    made = await visit(api, "/organizations/new", "globaladmin", form={"action": "make", "name": "Third"})
    assert made.headers["Location"] == "/organizations?notice=organizations.done_made"
    number = await api.db.fetchval("SELECT id FROM organizations WHERE name = 'Third'")
    path = f"/organizations/{number}"
    assert f'href="{path}"' in await (await visit(api, "/organizations?search=thi", "globaladmin")).text()
    limits = {"maxSmtpMonitors": "7", "maxCustomers": "7", "maxUsers": "7", "maxTokens": "7"}
    form = {**SETTINGS, **limits, "maxMaintenanceWindows": "7", "name": "Third"}
    assert (await visit(api, path, "globaladmin", form=form)).status == 303
    assert await api.db.fetchval("SELECT max_tokens FROM organizations WHERE id = $1", number) == 7
    assert 'value="delete"' not in await (await visit(api, "/organizations/1", "globaladmin")).text()
    gone = await visit(api, path, "globaladmin", form={"action": "delete", "currentPassword": PASSWORD})
    assert gone.headers["Location"] == "/organizations?notice=form.deleted"
    assert (await visit(api, path, "globaladmin")).status == 404
