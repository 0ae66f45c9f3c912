"""What every page of the console has, in a real browser: log-in, language, themes, small windows, keyboard."""

import json
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Error, expect

from tests.console.browsing import PHONE, THEMES, Window
from tests.console.running import Console
from tests.product.process import wait_until

pytestmark = pytest.mark.slow
Open = Callable[..., Window]


def test_a_visitor_logs_in_and_out(window: Window) -> None:
    window.log_in(path="/?search=Demo")
    expect(window.page.locator("tbody tr")).to_have_count(1)
    # no script can read the cookie, so neither can one that an attacker brings in
    assert window.page.evaluate("document.cookie") == ""
    window.page.get_by_role("button", name="Log out").click()
    expect(window.page.get_by_role("status")).to_have_text("The session has ended.")
    window.page.go_back()
    expect(window.page.locator("input[name=password]")).to_be_visible()
    assert window.path == "/login?next=/?search%3DDemo"


def test_a_wrong_password_is_told_in_words(window: Window) -> None:
    window.go("/login")
    window.page.locator("input[name=email]").fill("admin@example.com")
    window.page.locator("input[name=password]").fill("wrong")
    window.expect_status(401)
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("alert")).to_be_visible()
    assert window.page.locator("input[name=email]").input_value() == "admin@example.com"
    assert window.page.locator("input[name=password]").input_value() == ""
    assert window.barriers() == []


def test_a_second_factor_is_asked_for(console: Console, window: Window) -> None:
    email = "two-factor@example.com"
    console.add_user(email)
    begun = console.api("POST", "/api/session/two-factor", {}, who=email)
    code = pyotp.TOTP(begun["secret"]).now()
    confirmed = console.api("POST", "/api/session/two-factor/confirmation", {"code": code}, who=email)
    window.go("/login")
    window.page.locator("input[name=email]").fill(email)
    window.page.locator("input[name=password]").fill(console.passwords[email])
    window.page.keyboard.press("Enter")
    window.page.locator("input[name=code]").fill("000000")
    assert window.barriers() == []
    window.expect_status(401)
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("alert")).to_be_visible()
    window.page.locator("input[name=code]").fill(confirmed["recoveryCodes"][0])
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(f"{console.url}/")


def test_a_window_without_scripts_does_the_same(open_window: Open) -> None:
    window = open_window(java_script_enabled=False)
    window.log_in("user@example.com")
    window.page.get_by_role("searchbox").fill("Outbound")
    window.page.get_by_role("button", name="Show").click()
    expect(window.page.locator("tbody tr")).to_have_count(1)
    window.page.set_viewport_size(PHONE)
    window.page.get_by_text("Menu").click()
    expect(window.page.get_by_role("link", name="Incidents")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "words", "other"), [("de-AT", "Monitore", "English"), ("en", "Monitors", "Deutsch")]
)
def test_a_page_speaks_as_the_browser_does_until_another_language_is_chosen(
    open_window: Open, locale: str, words: str, other: str
) -> None:
    window = open_window(locale=locale)
    window.log_in_at_once()
    window.go("/?search=Demo")
    expect(window.page.get_by_role("heading", level=1)).to_have_text(words)
    window.page.get_by_role("button", name=other).click()
    expect(window.page.locator("html")).to_have_attribute("lang", "en" if locale == "de-AT" else "de")
    assert window.path == "/?search=Demo"


def test_a_page_is_as_dark_as_the_system_wishes(window: Window) -> None:
    window.go("/login")
    bright = []
    for theme in THEMES:
        window.page.emulate_media(color_scheme=theme)
        colour = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
        bright.append(sum(json.loads(f"[{colour.removeprefix('rgb(').removesuffix(')')}]")) > 3 * 128)
    assert bright == [True, False]


def test_a_page_needs_no_mouse(window: Window) -> None:
    window.go("/login")
    window.tab_to(window.page.get_by_role("link", name="Skip to content"))
    window.page.keyboard.press("Enter")
    window.tab_to(window.page.locator("input[name=email]"))
    window.page.keyboard.type("readonly@example.com")
    window.tab_to(window.page.locator("input[name=password]"))
    window.page.keyboard.type(window.console.passwords["readonly@example.com"])
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(f"{window.console.url}/")
    window.tab_to(window.page.get_by_role("searchbox"))
    window.page.keyboard.type("Demo")
    window.page.keyboard.press("Enter")
    expect(window.page.locator("tbody tr")).to_have_count(1)
    window.tab_to(window.page.get_by_role("link", name="Demo SMTP"))


def test_a_session_that_has_ended_leads_to_the_log_in_and_back(console: Console, window: Window) -> None:
    email = "locked-out@example.com"
    console.add_user(email)
    window.log_in(email, "/?page=1")
    console.give_password(email)

    def is_out() -> bool:
        window.page.reload()
        return window.path == "/login?next=/?page%3D1"

    wait_until(is_out)  # at once on one worker, within a second on the others
    window.log_in(email, "/?page=1")


def test_what_no_page_may_do_is_noticed(window: Window) -> None:
    window.go("/login")
    window.page.evaluate("""() => {
        console.log("a message");
        setTimeout(() => { throw new Error("an error") });
        document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>"); // the policy forbids it
        return fetch("/absent").then(() => fetch("http://other.example/")).catch(() => null);
    }""")
    with pytest.raises(Error, match="NAME_NOT_RESOLVED"):
        window.page.goto("http://other.example/")
    told = " ".join(window.problems)
    for problem in ("a message", "an error", "inline style", "404 for GET", "Refused to connect", "to another host"):
        assert problem in told
    window.problems.clear()
