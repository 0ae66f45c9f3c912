"""One's own account in the console: password, second factor, and who must enrol in one."""

import re

import pyotp

from tests.conftest import PASSWORD, Api, becomes
from tests.console.visiting import visit

ENGLISH = {"Accept-Language": "en"}


async def enrol(api: Api, who: str) -> tuple[str, str]:
    """The secret and the recovery codes as the pages show them."""
    begun = await (await visit(api, "/account", who, form={"action": "begin"})).text()
    url = re.search(r'name="otpauthUrl" value="([^"]+)"', begun)
    shown = re.search(r'<code id="secret">([^<]+)</code>', begun)
    assert url is not None
    assert shown is not None
    # the policy of pages allows no styles inside them
    assert ('<svg width="' in begun, "style=" in begun) == (True, False)
    kept = {"action": "confirm", "otpauthUrl": url[1].replace("&amp;", "&")}
    wrong = await visit(api, "/account/two-factor", who, form={**kept, "code": "1"})
    again = await wrong.text()
    assert (wrong.status, shown[1] in again, 'aria-invalid="true"' in again) == (400, True, True)
    code = pyotp.TOTP(shown[1].replace(" ", "")).now()
    codes = await (await visit(api, "/account/two-factor", who, form={**kept, "code": code})).text()
    return shown[1], codes.partition('<code id="codes">')[2].partition("</code>")[0]


async def test_a_second_factor_is_set_up_and_removed(api: Api) -> None:
    _, codes = await enrol(api, "user")
    assert len(set(codes.split())) == 10
    page = await (await visit(api, "/account", "user", headers=ENGLISH)).text()
    assert "10 recovery codes left" in page
    form = {"action": "remove", "currentPassword": PASSWORD}
    wrong = await visit(api, "/account", "user", form={**form, "code": "000000"})
    assert (wrong.status, PASSWORD in await wrong.text()) == (400, False)
    right = await visit(api, "/account", "user", form={**form, "code": codes.split()[0]})
    assert right.headers["Location"] == "/account?notice=account.done_removed"


async def test_a_stale_session_needs_the_password_to_begin(api: Api) -> None:
    await api.token("user")
    await api.db.execute("UPDATE sessions SET created_at = now() - interval '16 minutes'")
    asked = await visit(api, "/account", "user", form={"action": "begin"})
    assert (asked.status, 'id="begin-currentPassword"' in await asked.text()) == (400, True)
    begun = await visit(api, "/account", "user", form={"action": "begin", "currentPassword": PASSWORD})
    assert 'class="qr"' in await begun.text()


async def test_who_must_enrol_lands_here(api: Api) -> None:
    await api.db.execute("UPDATE organizations SET require_two_factor = true WHERE id = 1")
    sent = await visit(api, "/users")
    assert (sent.status, sent.headers["Location"]) == (303, "/account?notice=account.must_enrol")
    page = await (await visit(api, "/account?notice=account.must_enrol", headers=ENGLISH)).text()
    assert "The organization requires a second factor" in page
    await enrol(api, "admin")

    async def status() -> int:
        return (await visit(api, "/users")).status

    await becomes(200, status)  # a worker may know it a moment later


async def test_the_own_password_is_changed(api: Api) -> None:
    form = {"action": "change", "currentPassword": PASSWORD, "password": "entirely another phrase"}
    weak = await visit(api, "/account", form={**form, "password": "short"}, headers=ENGLISH)
    text = await weak.text()
    assert (weak.status, "must have 12 to 1024 characters" in text, PASSWORD in text) == (400, True, False)
    assert (await visit(api, "/account", form=form)).headers["Location"] == "/account?notice=account.done_changed"
    logged_in = {"email": "admin@example.com", "password": form["password"]}
    assert (await api.call("POST", "/api/sessions", None, json=logged_in)).status == 201
