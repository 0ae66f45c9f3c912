"""Log-in and its cookie, forged requests, and what a page does when the API refuses."""

import re
from http.cookies import SimpleCookie

import pyotp
import pytest
from aiohttp import ClientResponse

from tests.conftest import PASSWORD, Api, becomes
from tests.console.visiting import OURS, visit

ADMIN = {"email": "admin@example.com", "password": PASSWORD}


def cookie_of(answer: ClientResponse) -> str:
    return SimpleCookie(answer.headers["Set-Cookie"])["session"].value


async def test_a_log_in_gives_a_cookie_that_no_script_and_no_other_site_can_use(api: Api) -> None:
    answer = await visit(api, "/login?next=/incidents", None, form=ADMIN)
    assert (answer.status, answer.headers["Location"]) == (303, "/incidents")
    morsel = SimpleCookie(answer.headers["Set-Cookie"])["session"]
    assert (morsel["path"], morsel["httponly"], morsel["samesite"], morsel["max-age"]) == ("/", True, "Strict", "")
    token = {"Cookie": f"session={morsel.value}"}
    assert (await visit(api, "/", None, headers=token)).status == 200
    # the API knows no cookies
    assert (await visit(api, "/api/session", None, headers=token)).status == 401
    left = await visit(api, "/logout", None, form={}, headers=token)
    assert cookie_of(left) == ""

    async def leads_to() -> str | None:
        return (await visit(api, "/", None, headers=token)).headers.get("Location")

    await becomes("/login?next=/", leads_to)


async def test_a_tls_proxy_makes_the_cookie_secure(api: Api) -> None:
    plain = await visit(api, "/login", None, form=ADMIN)
    behind = await visit(api, "/login", None, form=ADMIN, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" not in plain.headers["Set-Cookie"]
    assert "Secure" in behind.headers["Set-Cookie"]


@pytest.mark.parametrize("form", [{}, {**ADMIN, "password": "wrong"}, {**ADMIN, "organizationId": "x"}, b"\xff=%00"])
async def test_a_wrong_log_in_shows_the_form_again(api: Api, form: object) -> None:
    answer = await visit(api, "/login", None, form=form)
    right = isinstance(form, dict) and form.get("password") == PASSWORD
    assert answer.status in ((303,) if right else (400, 401))
    assert right or 'name="password"' in await answer.text()


async def test_a_second_factor_is_asked_for_after_the_password(api: Api) -> None:
    begun = await (await api.call("POST", "/api/session/two-factor", json={})).json()
    codes = pyotp.TOTP(begun["secret"])
    confirmed = await api.call("POST", "/api/session/two-factor/confirmation", json={"code": codes.now()})
    recovery = (await confirmed.json())["recoveryCodes"][0]
    asked = await visit(api, "/login", None, form=ADMIN)
    text, pending = await asked.text(), {"Cookie": f"session={cookie_of(asked)}"}
    assert 'name="code"' in text
    assert PASSWORD not in text
    assert PASSWORD not in pending["Cookie"]
    assert (await visit(api, "/", None, headers=pending)).status == 303
    wrong = await visit(api, "/login", None, form={"code": "000000"}, headers=pending)
    assert (wrong.status, 'name="code"' in await wrong.text()) == (401, True)
    right = await visit(api, "/login", None, form={"code": recovery}, headers=pending)
    assert (right.status, right.headers["Location"]) == (303, "/")
    stolen = {"Cookie": "session=pending." + "00" * 40}
    assert (await visit(api, "/login", None, form={"code": recovery}, headers=stolen)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.example.com"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Origin": "http://evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/login", "/logout", "/language"])
async def test_a_forged_request_is_refused(api: Api, path: str, headers: dict[str, str]) -> None:
    cookie = {"Cookie": f"session={await api.token('admin')}"}
    answer = await api.call("POST", path, None, data={"action": "pause"}, headers=cookie | headers)
    assert answer.status == 403
    assert (await api.call("GET", "/api/session")).status == 200


async def test_a_browser_without_fetch_metadata_says_its_origin(api: Api) -> None:
    own = {"Origin": str(api.client.make_url("/")).rstrip("/")}
    answer = await api.call("POST", "/login", None, data=ADMIN, headers=own, allow_redirects=False)
    assert answer.status == 303
    nothing = await api.call("POST", "/login", None, data=ADMIN, allow_redirects=False)
    assert nothing.status == 403


async def test_a_link_from_another_site_finds_its_way_in(api: Api) -> None:
    """A strict cookie is not sent with it; the page that is answered asks again, as one of ours."""
    answer = await visit(api, "/?state=down", None, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, 'http-equiv="refresh"' in await answer.text()) == (200, True)


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: 1"])
async def test_a_log_in_leads_to_no_other_site(api: Api, elsewhere: str) -> None:
    answer = await api.call(
        "POST", "/login", None, params={"next": elsewhere}, data=ADMIN, headers=OURS, allow_redirects=False
    )
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(("language", "word"), [("de", "Monitore"), ("en", "Monitors")])
async def test_a_page_speaks_the_language_that_was_chosen(api: Api, language: str, word: str) -> None:
    chosen = await visit(api, "/language", form={"language": language, "next": "/?page=1"})
    assert chosen.headers["Location"] == "/?page=1"
    kept = f"session={await api.token('admin')}; {chosen.headers['Set-Cookie'].split(';')[0]}"
    answer = await api.call("GET", "/", None, headers={"Cookie": kept, "Accept-Language": "fr"})
    text = await answer.text()
    assert (f'<html lang="{language}">' in text, f"<h1>{word}</h1>" in text) == (True, True)
    assert answer.headers["Content-Language"] == language


async def test_what_the_api_refuses_is_a_page(api: Api) -> None:
    answer = await visit(api, "/?page=0")
    assert (answer.status, answer.content_type) == (400, "text/html")


async def test_a_form_that_is_too_large_is_a_page(api: Api) -> None:
    answer = await visit(api, "/", form={"id": "x" * 70_000})
    assert (answer.status, answer.content_type) == (413, "text/html")


async def test_files_of_a_version_are_kept(api: Api) -> None:
    page = await (await visit(api, "/")).text()
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(found) >= 3
    for path in found:
        answer = await visit(api, path, None)
        assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True)
    assert (await visit(api, "/static/old/console.js", None)).headers["Cache-Control"] == "no-cache"
    assert (await visit(api, "/static/x/..%2Fvisit.py", None)).status == 404
