"""Users in the console: create, change, deactivate, reset, delete; and the password that power asks for."""

import re

from tests.conftest import PASSWORD, Api
from tests.console.visiting import visit

NEW = {"action": "make", "email": "new@example.com", "name": "New", "role": "user"}
PHRASE = "entirely another phrase"
ENGLISH = {"Accept-Language": "en"}


async def number_of(api: Api, email: str) -> int:
    number: int = await api.db.fetchval("SELECT id FROM users WHERE email = $1", email)
    return number


async def test_a_first_password_is_shown_once(api: Api) -> None:
    form = [*NEW.items(), ("customerIds", "limited"), ("customerIds", "11")]
    made = await visit(api, "/users/new", form=form)
    text = await made.text()
    found = re.search(r'<code id="password">([^<]{24})</code>', text)
    assert found is not None
    logged_in = {"email": "new@example.com", "password": found[1]}
    assert (await visit(api, "/login", None, form=logged_in)).status == 303
    assert await api.db.fetchval("SELECT customer_ids FROM users WHERE email = 'new@example.com'") == [11]
    assert found[1] not in await (await visit(api, "/users?search=new")).text()


async def test_an_edit_changes_what_was_changed_alone(api: Api) -> None:
    path = f"/users/{await number_of(api, 'restricted@example.com')}"
    text = await (await visit(api, path)).text()
    sent = {"action": "save", "was": _was(text), "name": "Renamed", "role": "user", "active": "on"}
    form = [*sent.items(), ("customerIds", "limited"), ("customerIds", "10")]
    # somebody else was first with another field
    await api.db.execute("UPDATE users SET role = 'readonly' WHERE email = 'restricted@example.com'")
    assert (await visit(api, path, form=form)).headers["Location"] == "/users?notice=form.saved"
    row = await api.db.fetchrow("SELECT name, role, customer_ids, active FROM users WHERE email LIKE 'restricted@%'")
    assert tuple(row or ()) == ("Renamed", "readonly", [10], True)
    deactivated = [pair for pair in form if pair[0] != "active"]
    await visit(api, path, form=deactivated)
    assert await api.db.fetchval("SELECT active FROM users WHERE email LIKE 'restricted@%'") is False


def _was(text: str) -> str:
    found = re.search(r'name="was" value="([^"]*)"', text)
    assert found is not None
    return found[1].replace("&#34;", '"')


async def test_power_is_given_with_a_fresh_password_alone(api: Api) -> None:
    """The form asks for it once the API does, and never shows a password again."""
    await api.token("admin")
    await api.db.execute("UPDATE sessions SET created_at = now() - interval '16 minutes'")
    form = {**NEW, "role": "admin", "password": PHRASE}
    assert 'name="currentPassword"' not in await (await visit(api, "/users/new")).text()
    asked = await visit(api, "/users/new", form=form, headers=ENGLISH)
    text = await asked.text()
    assert (asked.status, "Please confirm with your own password" in text, PHRASE in text) == (400, True, False)
    assert '<p class="error" id="make-password-more">please type it again</p>' in text
    assert '<option value="admin" selected>' in text
    wrong = await visit(api, "/users/new", form={**form, "currentPassword": "wrong"})
    assert (wrong.status, "wrong" in re.findall(r'value="([^"]*)"', await wrong.text())) == (400, False)
    right = await visit(api, "/users/new", form={**form, "currentPassword": PASSWORD})
    assert right.headers["Location"] == "/users?notice=users.done_made"


async def test_a_second_factor_is_reset_and_a_user_is_deleted(api: Api) -> None:
    number = await number_of(api, "user@example.com")
    await api.db.execute(
        "INSERT INTO second_factors (organization_id, user_id, secret, confirmed_at) VALUES (1, $1, 'x', now())", number
    )
    reset = await visit(api, f"/users/{number}", form={"action": "reset"})
    assert reset.headers["Location"] == "/users?notice=users.done_reset"
    assert await api.db.fetchval("SELECT count(*) FROM second_factors") == 0
    gone = await visit(api, f"/users/{number}", form={"action": "delete"})
    assert gone.headers["Location"] == "/users?notice=form.deleted"
    assert await number_of(api, "user@example.com") is None


async def test_an_administrator_is_offered_no_more_than_the_api_allows(api: Api) -> None:
    own = await (await visit(api, f"/users/{await number_of(api, 'admin@example.com')}")).text()
    assert [words in own for words in ('value="save"', 'name="password"', 'value="delete"')] == [True, False, False]
    assert 'name="globalRole"' not in own
    supporter = f"/users/{await number_of(api, 'supporter@example.com')}"
    beyond = await (await visit(api, supporter)).text()
    assert 'name="action"' not in beyond
    mighty = await (await visit(api, supporter, "globaladmin")).text()
    assert re.search(r'<select id="save-globalRole".*?<option value="supporter" selected>', mighty, re.DOTALL)
    demoted = {"action": "save", "was": _was(mighty), "name": "Supporter", "role": "user", "active": "on"}
    await visit(api, supporter, "globaladmin", form={**demoted, "globalRole": ""})
    assert await api.db.fetchval("SELECT global_role FROM users WHERE email LIKE 'supporter@%'") is None


async def test_the_last_administrator_stays(api: Api) -> None:
    path = f"/users/{await number_of(api, 'admin@example.com')}"
    form = {"action": "save", "was": "{}", "name": "Admin", "role": "user", "active": "on"}
    refused = await visit(api, path, form=form, headers=ENGLISH)
    assert (refused.status, "The organization needs an active administrator" in await refused.text()) == (409, True)
