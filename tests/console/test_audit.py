"""The audit in the console: who did what, before and after, and its filters."""

import re

import pytest

from server.resources import audit
from server.resources.audit import ACTIONS, OPERATOR, RESOURCES
from tests.conftest import PASSWORD, Api
from tests.console.visiting import visit

ENGLISH = {"Accept-Language": "en"}


async def test_a_change_is_shown_with_before_and_after(api: Api) -> None:
    await visit(api, "/customers/10", form={"action": "save", "was": "{}", "name": "<b>Renamed</b>"})
    await api.call("POST", "/api/sessions", None, json={"email": "user@example.com", "password": PASSWORD})
    hook = {"id": 1}
    await audit.record(api.db, OPERATOR, "webhook", 1, before=hook, after=hook, secrets=("url", "secret"))
    page = await (await visit(api, "/audit", headers=ENGLISH)).text()
    plain = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "before: Example customer → after: &lt;b&gt;Renamed&lt;/b&gt;" in plain
    assert "url changed, not shown" in plain
    assert "Operator, at the command line" in plain
    assert "user@example.com" in plain
    only = await (await visit(api, "/audit?action=updated&resource=customer&actor=ADMIN@example.com")).text()
    rows = only.partition("<tbody>")[2].partition("</tbody>")[0]
    assert (rows.count("<tr>"), 'href="/customers/10"' in rows) == (1, True)
    # without scripts, times are UTC
    assert "Renamed" in await (await visit(api, "/audit?from=2020-01-01T00:00&to=2199-01-01T00:00")).text()
    assert "Renamed" not in await (await visit(api, "/audit?to=2020-01-01T00:00")).text()


@pytest.mark.parametrize(("query", "name"), [("from=soon", "from"), ("action=eaten", "action")])
async def test_a_wrong_filter_is_marked(api: Api, query: str, name: str) -> None:
    answer = await visit(api, f"/audit?{query}")
    assert answer.status == 400
    assert re.search(rf'id="filter-{name}" name="{name}"[^>]* aria-invalid="true"', await answer.text())


async def test_every_kind_of_event_has_words(api: Api) -> None:
    for number, resource in enumerate(RESOURCES, 1):
        await audit.record(api.db, OPERATOR, resource, 1, before={"id": number, "seenAt": None, "list": [1]})
    page = await (await visit(api, "/audit")).text()
    assert page.count("<strong>Gelöscht</strong>") == len(RESOURCES)
    assert page.count('<option value="') >= len(RESOURCES) + len(ACTIONS)
