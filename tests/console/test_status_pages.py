"""Status pages in the console: made, filled with monitors under chosen names, written on, deleted; and who may."""

import re
from html import unescape
from typing import Any

from tests.conftest import MONITOR, OTHER_CUSTOMERS, STRANGERS, Api
from tests.console.status_page import made
from tests.console.visiting import visit

ENGLISH = {"Accept-Language": "en"}
SETTINGS = {"action": "make", "customerId": "", "title": "Mail", "slug": "mail", "description": "One\r\nTwo"}
SETTINGS |= {"logoUrl": "", "language": "en", "visibility": "off", "showResponseTimes": "on"}
MESSAGE = {"kind": "incident", "title": "Slow", "body": "We look.", "startsAt": "2026-01-01T10:00", "endsAt": ""}


def chosen(*rows: tuple[str, ...]) -> list[tuple[str, str]]:
    """A form of monitors: each with its id, ``shown`` if it is ticked, its place and its name."""
    return [("action", "choose"), *(("monitors", text) for row in rows for text in row)]


def input_value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return unescape(found[1])


async def page_of(api: Api, number: int) -> dict[str, Any]:
    answer = await api.call("GET", f"/api/status-pages/{number}")
    page: dict[str, Any] = await answer.json()
    return page


async def test_a_page_is_made_filled_published_and_deleted(api: Api) -> None:
    answer = await visit(api, "/status-pages/new", "user", form=SETTINGS)
    path, _, notice = answer.headers["Location"].partition("?")
    assert (answer.status, notice) == (303, "notice=status_pages.done_made")
    number = int(path.rpartition("/")[2])
    page = await page_of(api, number)
    assert (page["description"], page["logoUrl"], page["customerId"]) == ("One\nTwo", None, None)
    assert (page["visibility"], page["showHostnames"], page["showResponseTimes"]) == ("off", False, True)
    # monitors are offered under their own names, and none is shown before it is ticked
    text = await (await visit(api, path, "user", headers=ENGLISH)).text()
    assert f'value="{MONITOR}"' in text
    assert re.search(r'value="shown" autocomplete="off" aria-label="Show: Outbound SMTP \(Primary\)">', text)
    assert STRANGERS not in text
    rows = chosen((MONITOR, "shown", "2", "Out & in"), (OTHER_CUSTOMERS, "shown", "1", "Spare"))
    assert (await visit(api, path, "user", form=rows)).status == 303
    names = [monitor["name"] for monitor in (await page_of(api, number))["monitors"]]
    assert names == ["Spare", "Out & in"]
    # what was shown comes back unchanged, so only the visibility is sent
    text = await (await visit(api, path)).text()
    saved = {**SETTINGS, "action": "save", "was": input_value(text, "was"), "visibility": "public"}
    assert (await visit(api, path, form=saved)).status == 303
    assert (await page_of(api, number))["visibility"] == "public"
    assert (await visit(api, "/status/mail", None)).status == 200
    text = await (await visit(api, "/status-pages", "readonly", headers=ENGLISH)).text()
    assert ('<img src="/status/mail/badge.svg"' in text, 'href="/status/mail"' in text) == (True, True)
    gone = await visit(api, path, form={"action": "delete"})
    assert gone.headers["Location"] == "/status-pages?notice=form.deleted"
    assert (await visit(api, path)).status == 404


async def test_monitors_that_are_refused_are_named_in_their_rows(api: Api) -> None:
    path = f"/status-pages/{(await made(api))['id']}"
    rows = chosen((MONITOR, "shown", "9", " "), (OTHER_CUSTOMERS, "3", "Left out"), (STRANGERS, "shown", "1", "Theirs"))
    answer = await visit(api, path, form=rows, headers=ENGLISH)
    text = await answer.text()
    assert answer.status == 400
    wrong = re.findall(r'<li class="wrong">.*?value="([0-9a-f-]{36})".*?id="choose-monitors-(\d)-more">', text, re.S)
    assert wrong == [(MONITOR, "1")]  # the second that would be shown
    assert "monitors[" not in text
    rows = chosen((MONITOR, "shown", "1", "Mail"), (STRANGERS, "shown", "2", "Theirs"))
    text = await (await visit(api, path, form=rows, headers=ENGLISH)).text()
    assert re.findall(r'<li class="wrong">.*?value="([0-9a-f-]{36})"', text, re.S) == [STRANGERS]
    assert len((await page_of(api, int(path.rpartition("/")[2])))["monitors"]) == 2


async def test_other_monitors_are_found(api: Api) -> None:
    path = f"/status-pages/{(await made(api, monitors=[]))['id']}"
    text = await (await visit(api, f"{path}?search=outbound")).text()
    assert (f'value="{MONITOR}"' in text, f'value="{OTHER_CUSTOMERS}"' in text) == (True, False)


async def test_messages_are_written_continued_and_ended(api: Api) -> None:
    page = await made(api)
    path = f"/status-pages/{page['id']}/messages"
    answer = await visit(api, f"{path}/new", "user", form={"action": "make", **MESSAGE})
    assert answer.headers["Location"] == f"{path}?notice=status_messages.done_made"
    listed = await (await visit(api, path, "supporter", headers=ENGLISH)).text()
    found = re.search(rf'href="({path}/[0-9]+)">Slow</a>', listed)
    assert found is not None
    assert "Going on" in listed
    one = found[1]
    assert (await visit(api, one, form={"action": "add", "body": "Found\r\nit."})).status == 303
    text = await (await visit(api, one, "readonly", headers=ENGLISH)).text()
    assert ("Found\nit." in text, 'name="action"' in text) == (True, False)
    text = await (await visit(api, one)).text()
    saved = {**MESSAGE, "action": "save", "was": input_value(text, "was"), "body": "We looked."}
    assert (await visit(api, one, form=saved)).status == 303
    ended = await visit(api, one, form={"action": "end"})
    assert ended.headers["Location"] == f"{one}?notice=status_messages.done_ended"
    [message] = (await (await api.call("GET", f"/api{path}")).json())["items"]
    assert (message["body"], [update["body"] for update in message["updates"]]) == ("We looked.", ["Found\nit."])
    assert message["endsAt"] is not None
    assert 'value="end"' not in await (await visit(api, one)).text()
    refused = await visit(api, one, form={"action": "add", "body": ""}, headers=ENGLISH)
    assert (refused.status, 'id="add-body-more"' in await refused.text()) == (400, True)
    assert (await visit(api, one, form={"action": "delete"})).headers["Location"] == f"{path}?notice=form.deleted"


async def test_who_may_not_write_sees_no_forms_and_sends_none(api: Api) -> None:
    page = await made(api, customerId=10, monitors=[{"smtpMonitorId": MONITOR, "name": "Mail"}])
    whole = await made(api, slug="whole")
    path = f"/status-pages/{page['id']}"
    for who in ("readonly", "restricted-readonly", "supporter"):
        text = await (await visit(api, path, who)).text()
        assert ('name="action"' in text, "Outbound SMTP (Primary)" in text) == (False, True)
        # there is no form for them, so nothing is asked
        await visit(api, path, who, form={"action": "delete"})
        await visit(api, f"{path}/messages", who)
        written = await visit(api, f"{path}/messages/new", who, form={"action": "make", **MESSAGE})
        assert written.status == 403
    assert (await page_of(api, page["id"]))["title"] == page["title"]
    statuses = [
        (await visit(api, f"/status-pages/{one['id']}", who)).status
        for who in ("restricted", "globaladmin", "stranger")
        for one in (page, whole)
    ]
    assert statuses == [200, 404, 200, 200, 404, 404]
    assert (await visit(api, "/status-pages/new", "restricted", form={**SETTINGS, "customerId": "10"})).status == 303
    assert (await visit(api, "/status-pages/new", "restricted", form={**SETTINGS, "slug": "all"})).status == 400
    listed = await (await visit(api, "/status-pages", "globaladmin")).text()
    assert "/status-pages/new" in listed
    forged = await visit(api, path, form={"action": "delete"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status == 403
