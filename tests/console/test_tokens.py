"""API tokens in the console: made and shown once, listed, ended."""

import re

from tests.conftest import PASSWORD, Api
from tests.console.visiting import visit


async def test_a_token_is_shown_once_and_ended(api: Api) -> None:
    form = {"action": "make", "name": "Robot", "expiresInDays": "30", "customerId": "10"}
    made = await (await visit(api, "/tokens/new", "user", form=form)).text()
    found = re.search(r'<code id="token">([^<]+)</code>', made)
    assert found is not None
    bearer = {"Authorization": f"Bearer {found[1]}"}
    listed = await api.call("GET", "/api/customers", None, headers=bearer)
    assert [one["id"] for one in (await listed.json())["items"]] == [10]
    shown = await (await visit(api, "/tokens", "user")).text()
    assert [words in shown for words in ("Robot", "Example customer", found[1])] == [True, True, False]
    path = re.search(r'action="(/tokens/[^"]+/end)"', shown)
    assert path is not None
    # another's is not there, but an administrator's to end
    assert (await visit(api, path[1], "readonly", form={})).status == 404
    ended = await visit(api, path[1], form={})
    assert ended.headers["Location"] == "/tokens?notice=tokens.done_ended"
    assert "Robot" not in await (await visit(api, "/tokens", "user")).text()


async def test_a_token_without_an_end_needs_a_fresh_password(api: Api) -> None:
    await api.token("user")
    await api.db.execute("UPDATE sessions SET created_at = now() - interval '16 minutes'")
    form = {"action": "make", "name": "Robot", "expiresInDays": "", "customerId": ""}
    asked = await visit(api, "/tokens/new", "user", form=form)
    text = await asked.text()
    assert (asked.status, 'name="currentPassword"' in text) == (400, True)
    assert '<option value="" selected>' in text
    made = await (await visit(api, "/tokens/new", "user", form={**form, "currentPassword": PASSWORD})).text()
    assert '<code id="token">' in made
    assert await api.db.fetchval("SELECT customer_id FROM sessions WHERE name = 'Robot'") is None
